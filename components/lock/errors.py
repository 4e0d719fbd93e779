"""Why no lock can be made."""


class LockError(Exception):
    """No lock can be made; the message says for what and why."""
