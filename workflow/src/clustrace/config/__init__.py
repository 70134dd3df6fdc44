"""Typed experiment description: the one source of defaults, JSON schema and documentation."""
