"""What can go wrong with a task or with a call of AWS, how it is known, and what to do."""

from .cause import Cause, Ending
from .diagnose import CAUSES, REFUSED, UNKNOWN, cause_of, diagnose
from .installer import ABSENT
from .stops import DEADLINE

__all__ = [
    "ABSENT",
    "CAUSES",
    "DEADLINE",
    "REFUSED",
    "UNKNOWN",
    "Cause",
    "Ending",
    "cause_of",
    "diagnose",
]
