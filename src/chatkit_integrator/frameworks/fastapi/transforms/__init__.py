"""What is done to a FastAPI backend, one transform a file."""
