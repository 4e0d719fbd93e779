"""Releases on the file system: claimed, published, verified, removed."""
