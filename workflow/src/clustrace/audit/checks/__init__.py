"""The checks, filed by what they look at."""
