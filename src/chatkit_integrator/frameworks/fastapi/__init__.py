"""FastAPI backends."""
