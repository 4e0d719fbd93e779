"""What a rule hands back."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Report:
    """One line for the user: what is wrong, both values, the remedy.

    `urn` is the resource that the line is shown under.
    """

    message: str
    urn: str


@dataclass(frozen=True)
class Findings:
    """A rule's verdict on a stack.

    `judged` counts the things that the rule could form an opinion of; zero with nothing in
    `not_judged` means that the stack holds nothing for this rule.
    """

    judged: int = 0
    violations: list[Report] = field(default_factory=list)
    not_judged: list[Report] = field(default_factory=list)
