"""Where results come from: code identity, environment, git state, job records."""
