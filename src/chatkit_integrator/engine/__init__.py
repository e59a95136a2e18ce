"""The machinery: what reads, plans, writes and undoes. It knows nothing of what is being integrated."""
