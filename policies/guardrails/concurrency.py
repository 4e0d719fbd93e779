"""Rule, advisory: functions that load from EFS have a reserved concurrency."""

from pulumi_policy import EnforcementLevel

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, number
from .functions import loading_functions


def judge(stack: Stack, _parameters: Parameters) -> Findings:
    """Each function that mounts an access point."""
    functions = loading_functions(stack)
    found = [_function(function) for function in functions]
    return Findings.of(len(functions), [report for report in found if report is not None])


def _function(function: Resource) -> Report | None:
    reserved = number(function.given("reservedConcurrentExecutions"))
    if reserved is UNKNOWN:
        return doubt(f"whether {function.label} is limited.", function.urn, preview=True)
    if reserved is not None and reserved >= 0:
        return None
    return Report(
        f"{function.label} has no reservedConcurrentExecutions: a burst of cold starts takes the "
        "whole account's concurrency, and reads the libraries once for each. Set a number.",
        function.urn,
    )


RULE = Rule(
    name="function-has-reserved-concurrency",
    description="A function that mounts an access point has a reserved concurrency.",
    judge=judge,
    level=EnforcementLevel.ADVISORY,
)
