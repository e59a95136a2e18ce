"""Next.js frontends: where they are, what they look like, what is done to them."""
