"""The table of AWS resource types, for programs outside that import it from here."""

from .provider import KINDS

__all__ = ["KINDS"]
