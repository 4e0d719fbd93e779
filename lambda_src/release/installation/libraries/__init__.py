"""The libraries of a release: installed, compiled, pruned, on the task's own disk."""
