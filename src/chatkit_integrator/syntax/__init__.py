"""Text to text, one module per language: edits placed by a parser, every byte outside the edit kept."""
