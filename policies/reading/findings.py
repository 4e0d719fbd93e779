"""What a rule hands back."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Report:
    """One line for the user: what is wrong, both values, the remedy.

    Attributes:
        message: The line.
        urn: The resource that the line is shown under.
        is_doubt: Whether it tells of something not judged, rather than of something wrong.
        before_creation: Whether only a preview does not know it.
    """

    message: str
    urn: str
    is_doubt: bool = False
    before_creation: bool = False


@dataclass(frozen=True)
class Findings:
    """A rule's verdict on a stack.

    `judged` counts the things that the rule could form an opinion of; zero with nothing in
    `not_judged` means that the stack holds nothing for this rule.
    """

    judged: int = 0
    violations: list[Report] = field(default_factory=list)
    not_judged: list[Report] = field(default_factory=list)

    @classmethod
    def of(cls, judged: int, reports: Iterable[Report]) -> "Findings":
        """Violations and doubts as they came, told apart."""
        found = list(reports)
        return cls(
            judged,
            [report for report in found if not report.is_doubt],
            [report for report in found if report.is_doubt],
        )


def doubt(what: str, urn: str, *, preview: bool) -> Report:
    """A thing that cannot be judged: not before creation (`preview`), or not at all."""
    when = "not judged before creation" if preview else "not judged"
    return Report(f"{when}: {what}", urn, is_doubt=True, before_creation=preview)
