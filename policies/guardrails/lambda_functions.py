"""Rules on functions: runtime, time and memory, concurrency, URL."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from pulumi_policy import EnforcementLevel

from ..reading.findings import Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.kinds import FUNCTION
from ..reading.pack import Parameters, Rule, of_type
from ..reading.values import UNKNOWN, number, text
from .loading import loading_functions
from .tables import table

# What Lambda takes where nothing is given; the unit; the parameter.
_SIZES = {
    "timeout": (3, "s", "minimumTimeoutSeconds"),
    "memorySize": (128, "MB", "minimumMemoryMb"),
}


def _day(given: object) -> date | None:
    try:
        return date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None


def _runtime(_stack: Stack, function: Resource, parameters: Parameters) -> Iterator[Report]:
    runtime = text(function.given("runtime"))
    what = f"whether the runtime of {function.label} is supported"
    if runtime is None:
        return
    if runtime is UNKNOWN:
        yield doubt(what, function.urn, "runtime is unknown", preview=True)
        return
    until = _day(table("runtimes").get(runtime))
    if until is None:
        yield doubt(what, function.urn, f"{runtime} is not in the table of this pack")
        return
    given = number(parameters["minimumDaysLeft"])
    least = given if isinstance(given, int) else 0
    left = (until - (_day(parameters["today"]) or datetime.now(UTC).date())).days
    if left > least or (left == least and least > 0):
        return
    why = f"supported until {until.isoformat()}"
    if left > 0:
        why += f", {left} days from now, fewer than the {least} of parameter minimumDaysLeft"
    yield Report(
        f"{function.label} runs on {runtime}, {why}. Move it to a newer runtime, and what it "
        "loads with it.",
        function.urn,
    )


def _sizing(_stack: Stack, function: Resource, parameters: Parameters) -> Iterator[Report]:
    for name, (default, unit, parameter) in _SIZES.items():
        given, least = number(function.given(name)), parameters[parameter]
        if given is UNKNOWN:
            what = f"whether {name} of {function.label} is enough"
            yield doubt(what, function.urn, f"{name} is unknown", preview=True)
            continue
        value = default if given is None else given
        if isinstance(least, int | float) and value < least:
            yield Report(
                f"{name} of {function.label} is {value} {unit}"
                f"{'' if given is not None else ' (not set)'}, less than the {int(least)} {unit} "
                f"of parameter {parameter}: a cold start that imports large libraries from EFS "
                f"does not get through. Raise {name}, or lower the parameter.",
                function.urn,
            )


def _concurrency(_stack: Stack, function: Resource, _: Parameters) -> Iterator[Report]:
    reserved = number(function.given("reservedConcurrentExecutions"))
    if reserved is UNKNOWN:
        because = "reservedConcurrentExecutions is unknown"
        yield doubt(f"whether {function.label} is limited", function.urn, because, preview=True)
    elif reserved is None or reserved < 0:
        yield Report(
            f"{function.label} has no reservedConcurrentExecutions: a burst of cold starts takes "
            "the whole account's concurrency, and reads the libraries once for each. Set a number.",
            function.urn,
        )


def _url(_stack: Stack, url: Resource, _: Parameters) -> Iterator[Report]:
    given = url.get("authorizationType")
    if given is UNKNOWN:
        because = "authorizationType is unknown"
        yield doubt(f"whether {url.label} authenticates", url.urn, because, preview=True)
    elif given != "AWS_IAM":
        yield Report(
            f"authorizationType of {url.label} is {given or 'not set'}: whoever knows the URL "
            "calls the function, at your cost. Set it to AWS_IAM.",
            url.urn,
        )


RULES = (
    Rule(
        name="function-url-authenticates",
        description="A function URL authenticates its callers.",
        subjects=of_type("aws:lambda/functionUrl:FunctionUrl"),
        judge=_url,
    ),
    Rule(
        name="runtime-is-supported",
        description="A function's runtime is within its support dates.",
        subjects=of_type(FUNCTION),
        judge=_runtime,
        parameters={
            "minimumDaysLeft": {
                "type": "integer",
                "minimum": 0,
                "default": 0,
                "description": "Days of support that a runtime still has to have.",
            },
            "today": {
                "type": "string",
                "default": "",
                "description": "The day to judge for, as 2026-12-31; empty is the current one.",
            },
        },
    ),
    Rule(
        name="function-has-time-and-memory-to-import",
        description="A function with an access point has time and memory for a heavy import.",
        subjects=loading_functions,
        judge=_sizing,
        parameters={
            "minimumTimeoutSeconds": {
                "type": "integer",
                "minimum": 1,
                "maximum": 900,
                "default": 30,
                "description": "Least timeout of such a function. Lambda's own default is 3.",
            },
            "minimumMemoryMb": {
                "type": "integer",
                "minimum": 128,
                "maximum": 10240,
                "default": 1024,
                "description": "Least memory. TensorFlow alone takes about 530 MB when imported.",
            },
        },
    ),
    Rule(
        name="function-has-reserved-concurrency",
        description="A function that mounts an access point has a reserved concurrency.",
        subjects=loading_functions,
        judge=_concurrency,
        level=EnforcementLevel.ADVISORY,
    ),
)
