"""What is done to a Next.js frontend, one transform a file."""
