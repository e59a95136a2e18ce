"""Frozen values that every other layer speaks in; nothing here reads a disk, a clock or the environment."""
