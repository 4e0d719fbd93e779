"""What requirements.in asks for, what a lock pins, and what of the one the other does not hold.

Whatever makes a lock and the program read it here, so both say the same.
"""

from .differences import Difference, differences, made_for, quoted
from .grammar import Asked, asked, wheel_of
from .lines import CORRECT, logical_lines, text_of
from .pins import Pin, parse_lock, pins_in

__all__ = [
    "CORRECT",
    "Asked",
    "Difference",
    "Pin",
    "asked",
    "differences",
    "logical_lines",
    "made_for",
    "parse_lock",
    "pins_in",
    "quoted",
    "text_of",
    "wheel_of",
]
