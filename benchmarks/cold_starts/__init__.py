"""Importing from a release, and first answers: a module for each part."""
