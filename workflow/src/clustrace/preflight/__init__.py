"""Whether a machine, or a cluster, can do what a run asks of it: looked at before it starts."""
