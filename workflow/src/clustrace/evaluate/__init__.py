"""Metrics of a clustering, and verdicts against the published numbers."""
