"""Next.js frontends."""
