"""A pack's policies: one per rule, and three that tell of what no rule judged.

A policy has one enforcement level for all that it reports, so what a rule cannot judge goes
through policies of their own, whose levels can then be set alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)

from .findings import Report, doubt, merged
from .graph import Resource, Stack
from .sources import from_sdk
from .values import texts

Parameters = Mapping[str, Any]

_EXEMPT = {
    "exempt": {
        "type": "array",
        "items": {"type": "string"},
        "default": [],
        "description": "Names or URNs of resources that a rule leaves alone; * is anything.",
    }
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule.

    Attributes:
        name: Its name, which is its policy's name too.
        description: What it demands, for the user.
        subjects: What it judges in a stack, one by one.
        judge: What is wrong with one of them, or cannot be judged.
        parameters: JSON schema of each parameter, with its default.
        level: How hard it is, where no configuration says otherwise.
    """

    name: str
    description: str
    subjects: Callable[[Stack], Sequence[Any]]
    judge: Callable[[Stack, Any, Parameters], Iterable[Report]]
    parameters: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    level: EnforcementLevel = EnforcementLevel.MANDATORY

    @property
    def schema(self) -> dict[str, dict[str, Any]]:
        """JSON schema of every parameter, those that all rules have included."""
        return {**self.parameters, **_EXEMPT}


def of_type(*tokens: str) -> Callable[[Stack], list[Resource]]:
    """The subjects of a rule that judges each resource of these types."""
    return lambda stack: stack.of_type(*tokens)


@dataclass(frozen=True)
class Findings:
    """A rule's verdict on a stack: how many subjects it found, and what it has to say."""

    judged: int
    reports: list[Report]

    @property
    def violations(self) -> list[Report]:
        """What is wrong."""
        return [report for report in self.reports if report.left is None]


@dataclass(frozen=True)
class _Analysis:
    """One request of the engine: its stack, and what the rules that ran found."""

    stack: Stack
    found: dict[str, Findings] = field(default_factory=dict)


_ANALYSIS: ContextVar[_Analysis | None] = ContextVar("analysis", default=None)


@contextmanager
def analysis_of(stack: Stack) -> Iterator[None]:
    """Within it every policy judges this stack, whatever the SDK hands to it."""
    token = _ANALYSIS.set(_Analysis(stack))
    try:
        yield
    finally:
        _ANALYSIS.reset(token)


def findings(rule: Rule, stack: Stack, given: Parameters | None = None) -> Findings:
    """The rule's verdict; a defect of ours is a thing not judged, and never ends the pack."""
    defaults = {name: schema.get("default") for name, schema in rule.schema.items()}
    parameters = {**defaults, **(given or {})}
    exempt = texts(parameters["exempt"])
    try:
        subjects = rule.subjects(stack)
    except Exception as error:
        return Findings(0, [_defect(rule, error)])
    found: dict[Report, None] = {}
    for subject in subjects:
        try:
            found |= dict.fromkeys(rule.judge(stack, subject, parameters))
        except Exception as error:  # what is wrong with one says nothing of the rest
            found[_defect(rule, error)] = None
    return Findings(len(subjects), [report for report in found if not _is_exempt(report, exempt)])


def _defect(rule: Rule, error: Exception) -> Report:
    return doubt(
        f"rule {rule.name} failed with {type(error).__name__}: {error}. This is a defect of the "
        "policy pack: please report it with the resource that it stopped at",
        "",
        "",
    )


def _is_exempt(report: Report, exempt: Sequence[str]) -> bool:
    name = report.urn.rpartition("::")[2]
    return any(fnmatchcase(report.urn, p) or fnmatchcase(name, p) for p in exempt)


def policies_of(rules: Sequence[Rule], *, looked_for: str) -> list[Policy]:
    """The policies of a pack; `looked_for` says what its rules look for in a stack."""

    def all_findings(args: StackValidationArgs) -> tuple[int, list[Findings]]:
        analysis = _ANALYSIS.get()
        if analysis is not None:
            return len(analysis.stack.resources), list(analysis.found.values())
        stack = from_sdk(args.resources)
        return len(stack.resources), [findings(rule, stack) for rule in rules]

    def not_judged(before_creation: bool) -> Callable[[StackValidationArgs, ReportViolation], None]:
        def report(args: StackValidationArgs, report_violation: ReportViolation) -> None:
            _, verdicts = all_findings(args)
            for report in merged(r for verdict in verdicts for r in verdict.reports):
                if report.left is not None and report.left.preview == before_creation:
                    report_violation(report.message, report.urn)

        return report

    def nothing_judged(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        count, verdicts = all_findings(args)
        if verdicts and not any(verdict.judged or verdict.reports for verdict in verdicts):
            report_violation(
                f"nothing judged: of the {count} resources none is {looked_for}. If one should be, "
                "look whether this is the stack that you meant.",
                "",
            )

    return [
        *(_policy(rule) for rule in rules),
        StackValidationPolicy(
            "not-judged-before-creation",
            "What the rules of this pack cannot judge in a preview, because it is unknown there.",
            not_judged(before_creation=True),
            enforcement_level=EnforcementLevel.ADVISORY,
        ),
        StackValidationPolicy(
            "not-judged",
            "What the rules of this pack cannot judge at all, and why.",
            not_judged(before_creation=False),
            enforcement_level=EnforcementLevel.ADVISORY,
        ),
        StackValidationPolicy(
            "nothing-judged",
            "A stack in which no rule of this pack found anything to judge.",
            nothing_judged,
            enforcement_level=EnforcementLevel.ADVISORY,
        ),
    ]


def _policy(rule: Rule) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        analysis = _ANALYSIS.get()
        stack = from_sdk(args.resources) if analysis is None else analysis.stack
        verdict = findings(rule, stack, args.get_config())
        if analysis is not None:
            analysis.found[rule.name] = verdict
        for report in verdict.violations:
            report_violation(report.message, report.urn)

    return StackValidationPolicy(
        rule.name,
        rule.description,
        validate,
        enforcement_level=rule.level,
        config_schema=PolicyConfigSchema(rule.schema),
    )
