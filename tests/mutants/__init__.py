"""Frauds and accidents that an audit must notice, and honest variations that it must let pass."""
