"""Tables, learning curves and the summary, rendered from ledgers and histories."""
