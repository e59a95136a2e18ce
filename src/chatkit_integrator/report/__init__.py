"""Verdicts and plans, rendered."""
