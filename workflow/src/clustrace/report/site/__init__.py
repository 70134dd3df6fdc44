"""The results site: static pages from the ledgers, and from what the ledgers point to."""
