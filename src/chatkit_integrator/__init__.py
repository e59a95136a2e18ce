"""Put OpenAI ChatKit into a repository that already exists, and prove that it works."""

__version__ = "0.1.0"
