"""The first call of a new version, and what its answer and its log say."""

from .first_call import FirstCall, FunctionVersion

__all__ = [
    "FirstCall",
    "FunctionVersion",
]
