"""What a rule hands back, and the one way from an answer to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias


@dataclass(frozen=True)
class Open:
    """An answer that stays open: why (the end of a sentence), and if a preview alone leaves it so.

    Who asks for the same cause gets one line together.
    """

    because: str
    preview: bool = False


Answer: TypeAlias = bool | Open


def any_of(answers: Iterable[Answer]) -> Answer:
    """True if one is; open if one that is open might be; else False."""
    left: Answer = False
    for answer in answers:
        if answer is True:
            return True
        left = left or answer
    return left


def all_of(answers: Iterable[Answer]) -> Answer:
    """False if one is; open if one is; else True."""
    return negated(any_of(map(negated, answers)))


def negated(answer: Answer) -> Answer:
    """The opposite; what is open stays so."""
    return answer if isinstance(answer, Open) else not answer


@dataclass(frozen=True)
class Report:
    """One line for the user: what is wrong, both values, the remedy; or what is not judged.

    `left` is why it is not judged. `urn` is the resource that the line is shown under, where that
    is not the one that is judged.
    """

    message: str
    left: Open | None = None
    urn: str = ""


def verdict(answer: Answer, *, wrong: str, what: str, urn: str = "") -> Iterator[Report]:
    """A violation where the answer is no, a doubt about `what` where it is open, else nothing."""
    if isinstance(answer, Open):
        yield Report(what, answer, urn)
    elif not answer:
        yield Report(wrong, urn=urn)


def doubt(what: str, because: str, *, preview: bool = False, urn: str = "") -> Report:
    """What cannot be judged: before creation (`preview`), or not at all."""
    return Report(what, Open(because, preview), urn)


def merged(reports: Iterable[Report]) -> Iterator[Report]:
    """Doubts in words, one line for each cause; it spells out three questions at most."""
    by_cause: dict[Open, list[Report]] = {}
    for report in dict.fromkeys(reports):
        if report.left is not None:
            by_cause.setdefault(report.left, []).append(report)
    for cause, found in by_cause.items():
        own = [report.message for report in found if report.urn == found[0].urn][:3]
        more = len(found) - len(own)
        line = "not judged before creation: " if cause.preview else "not judged: "
        line += ", ".join(own) + (f" (and {more} more of this cause)" if more else "")
        line += f"; {cause.because}." if cause.because else "."
        yield replace(found[0], message=line)
