"""Rule: a function that imports from EFS has the time and the memory for it."""

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, number
from .functions import loading_functions

# What Lambda takes where nothing is given.
_DEFAULTS = {"timeout": 3, "memorySize": 128}
_UNITS = {"timeout": "s", "memorySize": "MB"}
_NAMES = {"timeout": "minimumTimeoutSeconds", "memorySize": "minimumMemoryMb"}


def judge(stack: Stack, parameters: Parameters) -> Findings:
    """Each function that mounts an access point."""
    functions = loading_functions(stack)
    found = [
        _value(function, name, parameters[parameter])
        for function in functions
        for name, parameter in _NAMES.items()
    ]
    return Findings.of(len(functions), [report for report in found if report is not None])


def _value(function: Resource, name: str, least: object) -> Report | None:
    given = number(function.given(name))
    if given is UNKNOWN:
        return doubt(f"whether {name} of {function.label} is enough.", function.urn, preview=True)
    value = _DEFAULTS[name] if given is None else given
    if not isinstance(least, int | float) or value >= least:
        return None
    unit = _UNITS[name]
    return Report(
        f"{name} of {function.label} is {value} {unit}{'' if given is not None else ' (not set)'}, "
        f"less than the {int(least)} {unit} of parameter {_NAMES[name]}: a cold start that imports "
        f"large libraries from EFS does not get through. Raise {name}, or lower the parameter.",
        function.urn,
    )


RULE = Rule(
    name="function-has-time-and-memory-to-import",
    description="A function that mounts an access point has time and memory for a heavy import.",
    judge=judge,
    parameters={
        "minimumTimeoutSeconds": {
            "type": "integer",
            "minimum": 1,
            "maximum": 900,
            "default": 30,
            "description": "Least time-out of such a function. Lambda's own default is 3.",
        },
        "minimumMemoryMb": {
            "type": "integer",
            "minimum": 128,
            "maximum": 10240,
            "default": 1024,
            "description": "Least memory. TensorFlow alone takes about 530 MB when imported.",
        },
    },
)
