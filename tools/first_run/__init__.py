"""The first run on AWS: deploys, changes and destroys a small stack, and reports on it."""
