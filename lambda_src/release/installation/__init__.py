"""What runs in the populate task: makes and verifies releases."""
