"""Rule: a function's runtime is within its support dates."""

from datetime import UTC, date, datetime

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.identity import FUNCTION
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, number, text

# Runtime -> the day from which AWS no longer supports it. Source: AWS, "Lambda runtimes",
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, as cfn-lint 1.58.0 has it
# (LmbdRuntimeLifecycle.json, 2026-11).
SUPPORTED_UNTIL = {
    "dotnet10": "2028-11-14",
    "dotnet6": "2024-12-20",
    "dotnet8": "2026-11-10",
    "dotnet9": "2026-11-10",
    "dotnetcore1.0": "2019-06-27",
    "dotnetcore2.0": "2019-05-30",
    "dotnetcore2.1": "2022-01-05",
    "dotnetcore3.1": "2023-04-03",
    "go1.x": "2024-01-08",
    "java11": "2027-06-30",
    "java17": "2027-06-30",
    "java21": "2029-06-30",
    "java25": "2029-06-30",
    "java8": "2024-01-08",
    "java8.al2": "2027-06-30",
    "nodejs": "2016-08-30",
    "nodejs10.x": "2021-07-30",
    "nodejs12.x": "2023-03-31",
    "nodejs14.x": "2023-12-04",
    "nodejs16.x": "2024-06-12",
    "nodejs18.x": "2025-09-01",
    "nodejs20.x": "2026-04-30",
    "nodejs22.x": "2027-04-30",
    "nodejs24.x": "2028-04-30",
    "nodejs4.3": "2020-03-05",
    "nodejs4.3-edge": "2020-03-05",
    "nodejs6.10": "2019-08-12",
    "nodejs8.10": "2020-03-06",
    "provided": "2024-01-08",
    "provided.al2": "2026-07-31",
    "provided.al2023": "2029-06-30",
    "python2.7": "2021-07-15",
    "python3.10": "2026-10-31",
    "python3.11": "2027-06-30",
    "python3.12": "2028-10-31",
    "python3.13": "2029-06-30",
    "python3.14": "2029-06-30",
    "python3.6": "2022-07-18",
    "python3.7": "2023-12-04",
    "python3.8": "2024-10-14",
    "python3.9": "2025-12-15",
    "ruby2.5": "2021-07-30",
    "ruby2.7": "2023-12-07",
    "ruby3.2": "2026-03-31",
    "ruby3.3": "2027-03-31",
    "ruby3.4": "2028-03-31",
    "ruby4.0": "2029-03-31",
}


def judge(stack: Stack, parameters: Parameters) -> Findings:
    """Each function of the stack that has a runtime."""
    functions = [f for f in stack.of_type(FUNCTION) if text(f.given("runtime")) is not None]
    today = _day(parameters["today"]) or datetime.now(UTC).date()
    least = number(parameters["minimumDaysLeft"])
    days = least if isinstance(least, int) else 0
    found = [_function(function, today, days) for function in functions]
    return Findings.of(len(functions), [report for report in found if report is not None])


def _day(given: object) -> date | None:
    try:
        return date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None


def _function(function: Resource, today: date, least: int) -> Report | None:
    runtime = text(function.given("runtime"))
    if runtime is UNKNOWN:
        return doubt(
            f"whether the runtime of {function.label} is supported.", function.urn, preview=True
        )
    until = _day(SUPPORTED_UNTIL.get(str(runtime)))
    if until is None:
        return doubt(
            f"whether runtime {runtime} of {function.label} is supported; it is not in the table "
            "of this pack.",
            function.urn,
            preview=False,
        )
    left = (until - today).days
    if left > least or (left == least and least > 0):
        return None
    why = f"supported until {until.isoformat()}"
    if left > 0:
        why += f", {left} days from now, fewer than the {least} of parameter minimumDaysLeft"
    return Report(
        f"{function.label} runs on {runtime}, {why}. Move it to a newer runtime, and what it "
        "loads with it.",
        function.urn,
    )


RULE = Rule(
    name="runtime-is-supported",
    description="A function's runtime is within its support dates.",
    judge=judge,
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
)
