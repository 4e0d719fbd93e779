"""Rules on what containers and functions run with: images by digest, no passwords in the open."""

import re
from collections.abc import Iterator

from pulumi_policy import EnforcementLevel

from ..reading.findings import Report, doubt
from ..reading.graph import Resource
from ..reading.kinds import FUNCTION, TASK_DEFINITION
from ..reading.pack import Parameters, of_type, rule
from ..reading.values import UNKNOWN, Plain, at, items, parsed

_WITH_PASSWORD = re.compile(
    r"\b([a-z][a-z0-9+.-]*://)[^\s/@:]*:[^\s/@]+@([^\s/?#]+)", re.IGNORECASE
)


def _containers(task: Resource) -> Iterator[tuple[str, Plain]]:
    """Each container with its name in messages; one that is unknown for those that are."""
    definitions = parsed(task.get("containerDefinitions"), camel_case=True)
    if definitions is UNKNOWN:
        yield f"the containers of {task.label}", UNKNOWN
        return
    for index, definition in enumerate(items(definitions), 1):
        yield f"container '{at(definition, 'name') or index}' of {task.label}", definition


@rule(of_type(TASK_DEFINITION, FUNCTION), level=EnforcementLevel.ADVISORY)
def image_has_a_digest(resource: Resource, _: Parameters) -> Iterator[Report]:
    """An image is named by its digest."""
    found = [(who, at(definition, "image")) for who, definition in _containers(resource)]
    if resource.type == FUNCTION:
        found = [(resource.label, resource.given("imageUri"))]
    for who, image in found:
        if image is UNKNOWN:
            yield doubt(f"whether the image of {who} has a digest", "it is unknown", preview=True)
        elif isinstance(image, str) and "@sha256:" not in image:
            # What follows a colon before a slash is a port.
            untagged = re.sub(r":[^:/]*$", "", image)
            yield Report(
                f"{who} runs image {image}: what a tag stands for changes without notice. Name it "
                f"by digest, {untagged}@sha256:..."
            )


@rule(of_type(TASK_DEFINITION, FUNCTION), level=EnforcementLevel.ADVISORY)
def passwords_are_secrets(resource: Resource, _: Parameters) -> Iterator[Report]:
    """No container and no function has a URL with a password in plain text."""
    found = list(_containers(resource))
    remedy = "Name a secret of Secrets Manager by its ARN in `secrets`."
    if resource.type == FUNCTION:
        found = [(resource.label, at(resource.given("environment"), "variables"))]
        remedy = "Let the function read a secret of Secrets Manager when it starts."
    for who, value in found:
        for text in dict.fromkeys(_texts(value)):
            if match := _WITH_PASSWORD.search(text):
                yield Report(
                    f"{who} has a URL with a password in plain text, {match[1]}***@{match[2]}: "
                    f"whoever may describe it reads that, and so does the state. {remedy}"
                )


def _texts(value: Plain) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


RULES = (image_has_a_digest, passwords_are_secrets)
