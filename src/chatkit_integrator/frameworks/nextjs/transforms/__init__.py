"""What is done to Next.js frontends, one transform a file."""
