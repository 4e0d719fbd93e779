"""What a rule hands back."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Report:
    """One line for the user: what is wrong, both values, the remedy.

    `urn` is the resource that the line is shown under. `before_creation`: what could not be judged
    is unknown in a preview only.
    """

    message: str
    urn: str
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


def doubt(what: str, urn: str, *, preview: bool) -> Report:
    """A thing that cannot be judged: not before creation (`preview`), or not at all."""
    when = "not judged before creation" if preview else "not judged"
    return Report(f"{when}: {what}", urn, preview)
