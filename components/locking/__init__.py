"""Locks, step by step: targets, resolution, advice, and what changed."""
