"""Answers that may stay open: True, False, `UNKNOWN` before creation, None outside the subset."""

from collections.abc import Iterable
from typing import TypeAlias

from .values import UNKNOWN, Unknown

Answer: TypeAlias = bool | Unknown | None


def any_of(answers: Iterable[Answer]) -> Answer:
    """True if one is; open if one that is open might be; else False."""
    found = set(answers)
    for answer in (True, UNKNOWN, None):
        if answer in found:
            return answer
    return False


def all_of(answers: Iterable[Answer]) -> Answer:
    """False if one is; open if one is; else True."""
    found = set(answers)
    for answer in (False, UNKNOWN, None):
        if answer in found:
            return answer
    return True


def if_certain(answer: Answer, certain: bool) -> Answer:
    """A yes that only holds if something else does is open."""
    return UNKNOWN if answer is True and not certain else answer
