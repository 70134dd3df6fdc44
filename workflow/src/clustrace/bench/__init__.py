"""Benchmarks: time and memory of this project, beside its peers and its goals."""
