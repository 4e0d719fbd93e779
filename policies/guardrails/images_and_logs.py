"""Rules on what tasks and functions run and leave behind: images by digest, logs with an end."""

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel

from ..reading.findings import Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.kinds import FUNCTION, TASK_DEFINITION
from ..reading.pack import Parameters, Rule, of_type
from ..reading.values import UNKNOWN, Plain, at, items, number, parsed


def _images(_stack: Stack, resource: Resource, _: Parameters) -> Iterator[Report]:
    for who, image in _named(resource):
        if image is UNKNOWN:
            what = f"whether the image of {who} has a digest"
            yield doubt(what, resource.urn, "it is unknown", preview=True)
        elif isinstance(image, str) and "@sha256:" not in image:
            yield Report(
                f"{who} runs image {image}: what a tag stands for changes without notice. Name it "
                f"by digest, {_without_tag(image)}@sha256:...",
                resource.urn,
            )


def _named(resource: Resource) -> Iterator[tuple[str, Plain]]:
    if resource.type == FUNCTION:
        yield resource.label, resource.given("imageUri")
        return
    definitions = parsed(resource.get("containerDefinitions"), camel_case=True)
    if definitions is UNKNOWN:
        yield f"the containers of {resource.label}", UNKNOWN
        return
    for index, definition in enumerate(items(definitions), 1):
        yield (
            f"container '{at(definition, 'name') or index}' of {resource.label}",
            at(definition, "image"),
        )


def _without_tag(image: str) -> str:
    """The name alone; what follows a colon before a slash is a port."""
    path, slash, name = image.rpartition("/")
    return path + slash + name.partition(":")[0]


def _retention(_stack: Stack, group: Resource, parameters: Parameters) -> Iterator[Report]:
    days = number(group.given("retentionInDays"))
    most = number(parameters["maximumDays"])
    kind = group.given("logGroupClass")
    # CloudWatch Logs keeps those of class DELIVERY for two days, whatever is set.
    if kind == "DELIVERY":
        return
    if UNKNOWN in (days, kind):
        because = "retentionInDays or logGroupClass is unknown"
        yield doubt(f"how long {group.label} keeps events", group.urn, because, preview=True)
    elif not isinstance(days, int) or not days:
        yield Report(
            f"retentionInDays of {group.label} is {'not set' if days is None else days}: it keeps "
            "every event for ever. Set it, for instance to 30.",
            group.urn,
        )
    elif isinstance(most, int) and 0 < most < days:
        yield Report(
            f"retentionInDays of {group.label} is {days}, more than the {most} that parameter "
            "maximumDays allows. Set it to that or less.",
            group.urn,
        )


RULES = (
    Rule(
        name="log-group-has-retention",
        description="A log group has a retention.",
        subjects=of_type("aws:cloudwatch/logGroup:LogGroup"),
        judge=_retention,
        parameters={
            "maximumDays": {
                "type": "integer",
                "minimum": 0,
                "default": 0,
                "description": "Days that events may be kept at most; 0 is any number.",
            }
        },
    ),
    Rule(
        name="image-has-a-digest",
        description="An image is named by its digest.",
        subjects=of_type(TASK_DEFINITION, FUNCTION),
        judge=_images,
        level=EnforcementLevel.ADVISORY,
    ),
)
