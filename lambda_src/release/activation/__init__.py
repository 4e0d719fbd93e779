"""What runs in the function: imports from a release."""
