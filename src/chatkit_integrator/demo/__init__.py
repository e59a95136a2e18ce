"""The whole workflow on a bundled application."""
