"""What is done to FastAPI backends, one transform a file."""
