"""Jobs on a SLURM cluster: who owns them, what became of them, what they ask for next."""
