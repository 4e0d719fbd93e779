"""The trial import: what it proves, and what it reads for the cold start."""
