"""The pack's policies: one per rule, and two that tell of what no rule judged.

A policy has one enforcement level for all that it reports, so what a rule cannot judge goes
through a policy of its own, whose level can then be set alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyResource,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)

from . import one_path
from .findings import Findings, Report
from .graph import Stack


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule's name and description for the user, and the function that judges a stack."""

    name: str
    description: str
    judge: Callable[[Stack], Findings]


RULES: tuple[Rule, ...] = (
    Rule(name=one_path.NAME, description=one_path.DESCRIPTION, judge=one_path.judge),
)


def findings(rule: Rule, resources: list[PolicyResource]) -> Findings:
    """The rule's verdict; a defect of ours is a thing not judged, and never ends the pack."""
    try:
        return rule.judge(Stack(resources))
    except Exception as error:
        defect = (
            f"not judged: rule {rule.name} failed with {type(error).__name__}: {error}. This is a "
            "defect of the policy pack: please report it with the resource that it stopped at."
        )
        return Findings(not_judged=[Report(defect, "")])


def _policy(rule: Rule) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        for report in findings(rule, args.resources).violations:
            report_violation(report.message, report.urn)

    return StackValidationPolicy(rule.name, rule.description, validate)


def _report_not_judged(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    reports = [r for rule in RULES for r in findings(rule, args.resources).not_judged]
    for report in dict.fromkeys(reports):  # several rules may be stopped by the same thing
        report_violation(report.message, report.urn)


def _report_nothing_judged(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    verdicts = [findings(rule, args.resources) for rule in RULES]
    if not any(verdict.judged or verdict.not_judged for verdict in verdicts):
        report_violation(
            f"nothing judged: of the {len(args.resources)} resources none is an "
            "aws.lambda.Function or an aws.ecs.TaskDefinition that mounts an EFS access point. "
            "If one should be, look whether this is the stack that you meant.",
            "",
        )


POLICIES: list[Policy] = [
    *(_policy(rule) for rule in RULES),
    StackValidationPolicy(
        "not-judged",
        "What the rules of this pack could not judge, and why.",
        _report_not_judged,
        enforcement_level=EnforcementLevel.ADVISORY,
    ),
    StackValidationPolicy(
        "nothing-judged",
        "A stack in which no rule of this pack found anything to judge.",
        _report_nothing_judged,
        enforcement_level=EnforcementLevel.ADVISORY,
    ),
]
