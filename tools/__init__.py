"""What developers of this repository run; nothing of it is needed for a deployment."""
