"""Audit: are the results what they claim to be? Shares no code with what computed them."""
