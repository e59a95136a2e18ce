"""Agents that a repository already has: one module a framework."""
