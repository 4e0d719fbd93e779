"""Weights and other data: fetched, checked, and unpacked where that is asked for."""
