"""How people sign in: one module a system."""
