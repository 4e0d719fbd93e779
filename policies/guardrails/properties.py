"""Rules on properties of one resource: file systems, functions, their URLs, and log groups."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from pulumi_policy import EnforcementLevel

from ..reading.findings import Report, any_of, doubt, negated, verdict
from ..reading.graph import Resource, Stack, once
from ..reading.kinds import ACCESS_POINTS, FILE_SYSTEM, FILE_SYSTEMS, FUNCTION, token
from ..reading.naming import Here, NotYet, candidates, here, named
from ..reading.pack import Parameters, Rule, of_type
from ..reading.values import UNKNOWN, Plain, at, flag, items, number, text
from .tables import table

_Judge = Callable[[Stack, Resource, Parameters], Iterator[Report]]


def _reads(question: str, *names: str) -> Callable[[Callable[..., Iterable[str | Report]]], _Judge]:
    """The frame of a rule on properties: it is given their values, and left open with one unknown.

    It takes the resource, the parameters and the values, and yields what is wrong.
    """

    def frame(judge: Callable[..., Iterable[str | Report]]) -> _Judge:
        def judged(_stack: Stack, resource: Resource, parameters: Parameters) -> Iterator[Report]:
            values = [resource.given(name) for name in names]
            if UNKNOWN in values:
                because = f"{names[values.index(UNKNOWN)]} is unknown"
                yield doubt(question.format(resource.label), because, preview=True)
                return
            for wrong in judge(resource, parameters, *values):
                yield Report(wrong) if isinstance(wrong, str) else wrong

        return judged

    return frame


@_reads("whether {} is encrypted", "encrypted")
def _encrypted(system: Resource, parameters: Parameters, given: Plain) -> Iterator[str]:
    if flag(given) is not True:
        said = "not set, which means false" if given is None else str(given).lower()
        yield (
            f"encrypted of {system.label} is {said}: its files lie on disk in plain text, and that "
            "can be changed in a new file system only. Set encrypted to true."
        )
    elif parameters["customerManagedKey"] is True and text(system.given("kmsKeyId")) is None:
        yield (
            f"{system.label} is encrypted with the key that AWS manages (kmsKeyId is not set), but "
            "parameter customerManagedKey demands a key of your own. Set kmsKeyId."
        )


@_reads("whether {} is protected")
def _protected(system: Resource, _: Parameters) -> Iterator[str]:
    if not system.protect:
        yield (
            f"{system.label} is not protected: a `pulumi destroy`, or a change that replaces it, "
            "deletes every file. Set the resource option protect."
        )


@_reads("whether {} moves libraries to a slow class", "lifecyclePolicies")
def _fast_class(system: Resource, _: Parameters, given: Plain) -> Iterator[Report]:
    moves = {"transitionToIa": "Infrequent Access", "transitionToArchive": "Archive"}
    loads = _loads(system.stack)
    loaded = any_of(sure for key in (system.urn, "") for sure in loads.get(key, []))
    for policy in items(given):
        for name, where in moves.items():
            if isinstance(when := text(at(policy, name)), str):
                yield from verdict(
                    negated(loaded),
                    what=f"whether functions load from {system.label}, whose files move to {where}",
                    wrong=f"lifecyclePolicies of {system.label} has {name} {when}: libraries that "
                    f"nobody read for that long move to the class {where}, and the next cold start "
                    f"reads each file from there, slowly and for a fee. Leave {name} out.",
                )


def _loading(stack: Stack) -> list[Resource]:
    """Functions that mount an access point."""
    return [f for f in stack.of_type(FUNCTION) if items(f.get("fileSystemConfig"))]


@once
def _loads(stack: Stack) -> dict[str, list[Any]]:
    """By the key of a file system whether functions load from it; of "", from any of them."""
    found: dict[str, list[Any]] = {}
    for function in _loading(stack):
        for config in items(function.get("fileSystemConfig")):
            point = named(function, ACCESS_POINTS, "fileSystemConfig", at(config, "arn"))
            for known in candidates(point) or ((None,) if point else ()):
                resource = here(known)
                system = named(resource, FILE_SYSTEMS, "fileSystemId") if resource else None
                left = system if isinstance(system, NotYet) else point
                sure = left.open if isinstance(left, NotYet) else True
                if isinstance(system, Here | NotYet) or known is None:
                    found.setdefault(system.key if isinstance(system, Here) else "", []).append(
                        sure
                    )
    return found


@_reads("whether {} authenticates", "authorizationType")
def _url(url: Resource, _: Parameters, given: Plain) -> Iterator[str]:
    if given != "AWS_IAM":
        yield (
            f"authorizationType of {url.label} is {given or 'not set'}: whoever knows the URL "
            "calls the function, at your cost. Set it to AWS_IAM."
        )


def _day(given: object) -> date | None:
    try:
        return date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None


@_reads("whether the runtime of {} is supported", "runtime")
def _runtime(function: Resource, parameters: Parameters, runtime: Plain) -> Iterator[str | Report]:
    if not isinstance(runtime, str) or not runtime:
        return
    until = _day(table("runtimes").get(runtime))
    if until is None:
        what = f"whether the runtime of {function.label} is supported"
        yield doubt(what, f"{runtime} is not in the table of this pack")
        return
    given = number(parameters["minimumDaysLeft"])
    least = given if isinstance(given, int) else 0
    left = (until - (_day(parameters["today"]) or datetime.now(UTC).date())).days
    if left <= 0 or left < least:
        why = f"supported until {until.isoformat()}"
        if left > 0:
            why += f", {left} days from now, fewer than the {least} of parameter minimumDaysLeft"
        yield (
            f"{function.label} runs on {runtime}, {why}. Move it to a newer runtime, and what it "
            "loads with it."
        )


def _at_least(name: str, default: int, unit: str, parameter: str) -> _Judge:
    """A judge of a number; `default` is what Lambda takes where none is given."""

    @_reads(f"whether {name} of {{}} is enough", name)
    def judge(function: Resource, parameters: Parameters, value: Plain) -> Iterator[str]:
        given, least = number(value), parameters[parameter]
        known = given if isinstance(given, int) else default
        if isinstance(least, int | float) and known < least:
            yield (
                f"{name} of {function.label} is {known} {unit}"
                f"{' (not set)' if given is None else ''}, less than the {int(least)} {unit} "
                f"of parameter {parameter}: a cold start that imports large libraries from EFS "
                f"does not get through. Raise {name}, or lower the parameter."
            )

    return judge


_SIZES = (
    _at_least("timeout", 3, "s", "minimumTimeoutSeconds"),
    _at_least("memorySize", 128, "MB", "minimumMemoryMb"),
)


def _sizing(stack: Stack, function: Resource, parameters: Parameters) -> Iterator[Report]:
    for size in _SIZES:
        yield from size(stack, function, parameters)


@_reads("whether {} is limited", "reservedConcurrentExecutions")
def _concurrency(function: Resource, _: Parameters, given: Plain) -> Iterator[str]:
    reserved = number(given)
    if not isinstance(reserved, int) or reserved < 0:
        yield (
            f"{function.label} has no reservedConcurrentExecutions: a burst of cold starts takes "
            "the whole account's concurrency, and reads the libraries once for each. Set a number."
        )


@_reads("how long {} keeps events", "logGroupClass", "retentionInDays")
def _retention(group: Resource, parameters: Parameters, kind: Plain, given: Plain) -> Iterator[str]:
    days, most = number(given), number(parameters["maximumDays"])
    # CloudWatch Logs keeps those of class DELIVERY for two days, whatever is set.
    if kind == "DELIVERY":
        return
    if not isinstance(days, int) or not days:
        yield (
            f"retentionInDays of {group.label} is {'not set' if days is None else days}: it keeps "
            "every event for ever. Set it, for instance to 30."
        )
    elif isinstance(most, int) and 0 < most < days:
        yield (
            f"retentionInDays of {group.label} is {days}, more than the {most} that parameter "
            "maximumDays allows. Set it to that or less."
        )


def _parameter(default: object, description: str, **limits: int) -> dict[str, Any]:
    kinds = {bool: "boolean", int: "integer", str: "string"}
    return {"type": kinds[type(default)], **limits, "default": default, "description": description}


RULES = (
    Rule(
        name="file-system-is-encrypted",
        description="An EFS file system is encrypted at rest.",
        subjects=of_type(FILE_SYSTEM),
        judge=_encrypted,
        parameters={
            "customerManagedKey": _parameter(
                False, "Whether the key has to be a customer managed one."
            )
        },
    ),
    Rule(
        name="libraries-stay-in-the-fast-class",
        description="No lifecycle rule moves libraries to a slow storage class.",
        subjects=of_type(FILE_SYSTEM),
        judge=_fast_class,
    ),
    Rule(
        name="file-system-is-protected",
        description="A file system is protected from deletion.",
        subjects=of_type(FILE_SYSTEM),
        judge=_protected,
        level=EnforcementLevel.ADVISORY,
    ),
    Rule(
        name="function-url-authenticates",
        description="A function URL authenticates its callers.",
        subjects=of_type(token("lambda", "FunctionUrl")),
        judge=_url,
    ),
    Rule(
        name="runtime-is-supported",
        description="A function's runtime is within its support dates.",
        subjects=of_type(FUNCTION),
        judge=_runtime,
        parameters={
            "minimumDaysLeft": _parameter(
                0, "Days of support that a runtime still has to have.", minimum=0
            ),
            "today": _parameter("", "The day to judge for, as 2026-12-31; empty is today."),
        },
    ),
    Rule(
        name="function-has-time-and-memory-to-import",
        description="A function with an access point has time and memory for a heavy import.",
        subjects=_loading,
        judge=_sizing,
        parameters={
            "minimumTimeoutSeconds": _parameter(
                *(30, "Least timeout of such a function. Lambda's own default is 3."),
                minimum=1,
                maximum=900,
            ),
            "minimumMemoryMb": _parameter(
                *(1024, "Least memory. TensorFlow alone takes about 530 MB when imported."),
                minimum=128,
                maximum=10240,
            ),
        },
    ),
    Rule(
        name="function-has-reserved-concurrency",
        description="A function that mounts an access point has a reserved concurrency.",
        subjects=_loading,
        judge=_concurrency,
        level=EnforcementLevel.ADVISORY,
    ),
    Rule(
        name="log-group-has-retention",
        description="A log group has a retention.",
        subjects=of_type(token("cloudwatch", "LogGroup")),
        judge=_retention,
        parameters={
            "maximumDays": _parameter(
                0, "Days that events may be kept at most; 0 is any number.", minimum=0
            )
        },
    ),
)
