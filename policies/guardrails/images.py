"""Rule, advisory: images are named by digest."""

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.identity import FUNCTION, TASK_DEFINITION
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, Plain, at, json_list, text


def judge(stack: Stack, _parameters: Parameters) -> Findings:
    """Each container of each task definition, and each function made from an image."""
    reports: list[Report] = []
    judged = 0
    for task in stack.of_type(TASK_DEFINITION):
        for who, image in _containers(task):
            judged += 1
            reports.extend(_image(task, who, image))
    for function in stack.of_type(FUNCTION):
        if text(image := function.given("imageUri")) is not None:
            judged += 1
            reports.extend(_image(function, function.label, image))
    return Findings.of(judged, reports)


def _containers(task: Resource) -> Iterator[tuple[str, Plain]]:
    definitions = json_list(task.get("containerDefinitions"))
    if definitions is UNKNOWN:
        yield f"the containers of {task.label}", UNKNOWN
        return
    for number, definition in enumerate(definitions or [], 1):
        name = at(definition, "name") or at(definition, "Name") or number
        image = at(definition, "image") or at(definition, "Image")
        if image is not None:
            yield f"container '{name}' of {task.label}", image


def _image(resource: Resource, who: str, image: Plain) -> Iterator[Report]:
    if image is UNKNOWN:
        yield doubt(f"whether the image of {who} has a digest.", resource.urn, preview=True)
    elif isinstance(image, str) and "@sha256:" not in image:
        yield Report(
            f"{who} runs image {image}: what a tag stands for changes without notice. Name it by "
            f"digest, {image.partition(':')[0] if '/' in image else image}@sha256:...",
            resource.urn,
        )


RULE = Rule(
    name="image-has-a-digest",
    description="An image is named by its digest.",
    judge=judge,
    level=EnforcementLevel.ADVISORY,
)
