"""What requirements.in asks for, and what of it a lock does not hold.

Whatever makes a lock and the program read it here, so both say the same.
"""

from .differences import Difference, differences, made_for, quoted, versions_of
from .grammar import Asked, asked, wheel_of
from .lines import RequirementsError, logical_lines, text_of

__all__ = [
    "Asked",
    "Difference",
    "RequirementsError",
    "asked",
    "differences",
    "logical_lines",
    "made_for",
    "quoted",
    "text_of",
    "versions_of",
    "wheel_of",
]
