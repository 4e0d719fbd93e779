"""Rule: passwords stand in secrets, not in what everybody reads who may describe a resource."""

import re
from collections.abc import Iterator

from pulumi_policy import EnforcementLevel

from ..reading.findings import Report
from ..reading.graph import Resource, Stack
from ..reading.kinds import FUNCTION, TASK_DEFINITION
from ..reading.pack import Parameters, Rule, of_type
from ..reading.values import UNKNOWN, Plain, at, items, parsed

_WITH_PASSWORD = re.compile(
    r"\b([a-z][a-z0-9+.-]*://)[^\s/@:]*:[^\s/@]+@([^\s/?#]+)", re.IGNORECASE
)


def judge(_stack: Stack, resource: Resource, _: Parameters) -> Iterator[Report]:
    """Each URL with a password in containers or variables; the password is not shown."""
    for who, value, remedy in _read_by_many(resource):
        for text in dict.fromkeys(_texts(value)):
            if found := _WITH_PASSWORD.search(text):
                yield Report(
                    f"{who} has a URL with a password in plain text, {found[1]}***@{found[2]}: "
                    f"whoever may describe it reads that, and so does the state. {remedy}",
                    resource.urn,
                )


def _read_by_many(resource: Resource) -> Iterator[tuple[str, Plain, str]]:
    if resource.type == FUNCTION:
        remedy = "Let the function read a secret of Secrets Manager when it starts."
        yield resource.label, at(resource.given("environment"), "variables"), remedy
        return
    definitions = parsed(resource.get("containerDefinitions"), camel_case=True)
    if definitions is UNKNOWN:
        return  # other rules say that the containers are unknown
    for index, definition in enumerate(items(definitions), 1):
        who = f"container '{at(definition, 'name') or index}' of {resource.label}"
        yield who, definition, "Name a secret of Secrets Manager by its ARN in `secrets`."


def _texts(value: Plain) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)


RULE = Rule(
    name="passwords-are-secrets",
    description="No container and no function has a URL with a password in plain text.",
    subjects=of_type(TASK_DEFINITION, FUNCTION),
    judge=judge,
    level=EnforcementLevel.ADVISORY,
)
