"""Making locks: for which targets, of which wheels, and what is worth saying of the result."""
