"""Paperback, a small bookshop."""
