"""A pack's policies: one per rule, and three that tell of what no rule judged.

A policy has one enforcement level for all that it reports, so what a rule cannot judge goes
through policies of their own, whose levels can then be set alone.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
    policy,
)

from .findings import Report, doubt, merged
from .graph import Resource, Stack
from .sources import from_request, from_sdk
from .values import UNKNOWN, texts

Parameters: TypeAlias = Mapping[str, Any]
Subjects: TypeAlias = Callable[[Stack], Sequence[Any]]
Reports: TypeAlias = Iterator[Report]


def parameter(default: object, description: str, **limits: object) -> dict[str, Any]:
    """The JSON schema of a rule's parameter."""
    kinds = {bool: "boolean", int: "integer", str: "string", list: "array"}
    return {"type": kinds[type(default)], **limits, "default": default, "description": description}


# What the provider fills in where the program says nothing, so that a preview has it unknown.
_COMPUTED = ("encrypted", "logGroupClass")
_EXEMPT = parameter(
    *([], "Names or URNs of resources that a rule leaves alone; * is anything."),
    items={"type": "string"},
)


@dataclass(frozen=True)
class Rule:
    """A rule, and the policy of its name.

    `subjects` is what it judges one by one, anything with a URN, or reports as such; `judge` tells
    what is wrong with one. `parameters` has the JSON schema of each, with its default.
    """

    name: str
    description: str
    subjects: Subjects
    judge: Callable[[Any, Parameters], Iterable[Report]]
    parameters: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    level: EnforcementLevel = EnforcementLevel.MANDATORY

    @property
    def schema(self) -> dict[str, dict[str, Any]]:
        """JSON schema of every parameter, that which all rules have included."""
        return {**self.parameters, "exempt": _EXEMPT}


def rule(
    subjects: Subjects,
    *reads: str,
    level: EnforcementLevel = EnforcementLevel.MANDATORY,
    **parameters: dict[str, Any],
) -> Callable[[Callable[..., Iterable[Report]]], Rule]:
    """The rule that a function judges: its name is the rule's, its docstring the description.

    The function takes a subject, the parameters if there are some, and the values of properties
    that it reads; where one of these is unknown, that is all there is to say.
    """

    def made(judge: Callable[..., Iterable[Report]]) -> Rule:
        name = getattr(judge, "__name__", "").replace("_", "-")

        def judged(subject: Any, given: Parameters) -> Iterable[Report]:
            values = [subject.given(p) if p in _COMPUTED else subject.get(p) for p in reads]
            if UNKNOWN not in values:
                return judge(subject, *([given] if parameters else []), *values)
            unknown = reads[values.index(UNKNOWN)]
            what = f"whether {unknown} of {subject.label} is as it should be"
            return [doubt(what, f"{unknown} is unknown", preview=True)]

        return Rule(name, " ".join(str(judge.__doc__).split()), subjects, judged, parameters, level)

    return made


def of_type(*tokens: str) -> Callable[[Stack], list[Resource]]:
    """The subjects of a rule that judges each resource of these types."""
    return lambda stack: stack.of_type(*tokens)


@dataclass(frozen=True)
class Findings:
    """A rule's verdict on a stack: how many subjects it found, and what it has to say."""

    judged: int
    reports: list[Report]


def findings(rule: Rule, stack: Stack, given: Parameters | None = None) -> Findings:
    """The rule's verdict; a defect of ours is a thing not judged, and never ends the pack."""
    defaults = {name: schema.get("default") for name, schema in rule.schema.items()}
    parameters = {**defaults, **(given or {})}
    found: dict[Report, None] = {}
    subjects: Sequence[Any] = ()
    try:
        subjects = rule.subjects(stack)
    except Exception as error:
        found[_defect(rule, error)] = None
    for subject in subjects:
        if isinstance(subject, Report):
            found[subject] = None
            continue
        try:
            reports = rule.judge(subject, parameters)
            found |= dict.fromkeys(replace(one, urn=one.urn or subject.urn) for one in reports)
        except Exception as error:  # what is wrong with one says nothing of the rest
            found[_defect(rule, error)] = None
    exempt = texts(parameters["exempt"])
    return Findings(len(subjects), [report for report in found if not _is_exempt(report, exempt)])


def _defect(rule: Rule, error: Exception) -> Report:
    return doubt(
        f"rule {rule.name} failed with {type(error).__name__}: {error}. This is a defect of the "
        "policy pack: please report it with the resource that it stopped at",
        because="",
    )


def _is_exempt(report: Report, exempt: Sequence[str]) -> bool:
    names = (report.urn, report.urn.rpartition("::")[2])
    return any(fnmatchcase(name, pattern) for name in names for pattern in exempt)


@dataclass(frozen=True)
class _Analysis:
    """One request of the engine: its stack, and what the rules that ran found."""

    stack: Stack
    found: dict[str, Findings] = field(default_factory=dict)


_ANALYSIS: ContextVar[_Analysis | None] = ContextVar("analysis", default=None)


def policies_of(rules: Sequence[Rule], *, looked_for: str) -> list[Policy]:
    """The policies of a pack; `looked_for` says what its rules look for in a stack."""

    def analysis(args: StackValidationArgs) -> _Analysis:
        if (known := _ANALYSIS.get()) is not None:
            return known
        stack = from_sdk(args.resources)
        return _Analysis(stack, {rule.name: findings(rule, stack) for rule in rules})

    def not_judged(*, preview: bool) -> Callable[[StackValidationArgs, ReportViolation], None]:
        def report_all(args: StackValidationArgs, report: ReportViolation) -> None:
            for one in merged(r for found in analysis(args).found.values() for r in found.reports):
                if one.left is not None and one.left.preview == preview:
                    report(one.message, one.urn)

        return report_all

    def nothing_judged(args: StackValidationArgs, report: ReportViolation) -> None:
        whole = analysis(args)
        if whole.found and not any(one.judged or one.reports for one in whole.found.values()):
            report(
                f"nothing judged: of the {len(whole.stack.resources)} resources none is "
                f"{looked_for}. If one should be, look whether this is the stack that you meant.",
                "",
            )

    others = {
        "not-judged-before-creation": (
            "What the rules of this pack cannot judge in a preview, because it is unknown there.",
            not_judged(preview=True),
        ),
        "not-judged": (
            "What the rules of this pack cannot judge at all, and why.",
            not_judged(preview=False),
        ),
        "nothing-judged": (
            "A stack in which no rule of this pack found anything to judge.",
            nothing_judged,
        ),
    }
    advisory = EnforcementLevel.ADVISORY
    return [
        *map(_policy, rules),
        *(StackValidationPolicy(name, *of, advisory) for name, of in others.items()),
    ]


def _policy(rule: Rule) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        analysis = _ANALYSIS.get() or _Analysis(from_sdk(args.resources))
        analysis.found[rule.name] = findings(rule, analysis.stack, args.get_config())
        for one in analysis.found[rule.name].reports:
            if one.left is None:
                report(one.message, one.urn)

    schema = PolicyConfigSchema(rule.schema)
    return StackValidationPolicy(rule.name, rule.description, validate, rule.level, schema)


@contextmanager
def _reading(request: Any) -> Iterator[None]:
    """Within it every policy judges this request's stack, whatever the SDK hands to it.

    No garbage is looked for: in a large stack that takes longer than all rules do.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    token = _ANALYSIS.set(_Analysis(from_request(request)))
    try:
        yield
    finally:
        _ANALYSIS.reset(token)
        if was_enabled:
            gc.enable()


def read_once(servicer: type[Any]) -> type[Any]:
    """The SDK's service, that reads a stack once for all policies instead of once for each."""

    class ReadOnce(servicer):  # type: ignore[misc]
        def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's
            with _reading(request):
                # Nothing to read for the SDK; its part is levels, configuration and the answer.
                return super().AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(), context)

    return ReadOnce


def serve(name: str, description: str, policies: list[Policy]) -> None:
    """Serve the pack until the engine ends it."""
    servicer: Any = getattr(policy, "_PolicyAnalyzerServicer", None)
    # The name is private. Without it the SDK reads the stack for each policy, which only takes
    # longer: a policy that is given resources judges those.
    if hasattr(servicer, "AnalyzeStack"):
        setattr(policy, "_PolicyAnalyzerServicer", read_once(servicer))  # noqa: B010 - no type
    PolicyPack(name, policies, EnforcementLevel.MANDATORY, description=description)
