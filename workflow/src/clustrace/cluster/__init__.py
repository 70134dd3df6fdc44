"""Clustering methods, one module each."""
