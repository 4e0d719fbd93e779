"""Rules on properties of one resource: file systems, functions, containers, log groups."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime

from pulumi_policy import EnforcementLevel

from ..reading.findings import Answer, Report, any_of, doubt, negated, verdict
from ..reading.graph import Resource, Stack, once
from ..reading.kinds import (
    ACCESS_POINTS,
    FILE_SYSTEM,
    FILE_SYSTEMS,
    FUNCTION,
    TASK_DEFINITION,
    token,
)
from ..reading.naming import NotYet, candidates, here, named
from ..reading.pack import Parameters, Reports, of_type, parameter, rule
from ..reading.tables import table
from ..reading.values import UNKNOWN, Plain, at, flag, items, number, parsed, text

_PASSWORD = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@:\"]*:[^\s/@\"]+@([^\s/?#\"\\]+)")


@rule(
    of_type(FILE_SYSTEM),
    "encrypted",
    customerManagedKey=parameter(False, "Whether the key has to be a customer managed one."),
)
def file_system_is_encrypted(system: Resource, parameters: Parameters, given: Plain) -> Reports:
    """An EFS file system is encrypted at rest."""
    if flag(given) is not True:
        said = "not set, which means false" if given is None else str(given).lower()
        yield Report(
            f"encrypted of {system.label} is {said}: its files lie on disk in plain text, and that "
            "can be changed in a new file system only. Set encrypted to true."
        )
    elif parameters["customerManagedKey"] is True and text(system.given("kmsKeyId")) is None:
        yield Report(
            f"{system.label} is encrypted with the key that AWS manages (kmsKeyId is not set), but "
            "parameter customerManagedKey demands a key of your own. Set kmsKeyId."
        )


@rule(of_type(FILE_SYSTEM), level=EnforcementLevel.ADVISORY)
def file_system_is_protected(system: Resource) -> Reports:
    """A file system is protected from deletion."""
    if not system.protect:
        yield Report(
            f"{system.label} is not protected: a `pulumi destroy`, or a change that replaces it, "
            "deletes every file. Set the resource option protect."
        )


def _loading(stack: Stack) -> list[Resource]:
    return [f for f in stack.of_type(FUNCTION) if items(f.get("fileSystemConfig"))]


@once
def _loads(stack: Stack) -> dict[str, list[Answer]]:
    """By the key of a file system whether functions load from it; of "", from any of them."""
    found: dict[str, list[Answer]] = defaultdict(list)
    configs = [(f, config) for f in _loading(stack) for config in items(f.get("fileSystemConfig"))]
    for function, config in configs:
        point = named(function, ACCESS_POINTS, "fileSystemConfig", at(config, "arn"))
        for known in candidates(point) or ((None,) if point else ()):
            resource = here(known)
            system = named(resource, FILE_SYSTEMS, "fileSystemId") if resource else None
            left = system if isinstance(system, NotYet) else point
            sure = left.open if isinstance(left, NotYet) else True
            if isinstance(system, Resource | NotYet) or known is None:
                found[system.key if isinstance(system, Resource) else ""].append(sure)
    return found


@rule(of_type(FILE_SYSTEM), "lifecyclePolicies")
def libraries_stay_in_the_fast_class(system: Resource, given: Plain) -> Reports:
    """No lifecycle rule moves libraries to a slow storage class."""
    moves = {"transitionToIa": "Infrequent Access", "transitionToArchive": "Archive"}
    loads = _loads(system.stack)
    loaded = any_of([*loads.get(system.urn, []), *loads.get("", [])])
    for name, where, when in (
        (n, w, text(at(p, n))) for p in items(given) for n, w in moves.items()
    ):
        if isinstance(when, str):
            yield from verdict(
                negated(loaded),
                what=f"whether functions load from {system.label}, whose files move to {where}",
                wrong=f"lifecyclePolicies of {system.label} has {name} {when}: libraries that "
                f"nobody read for that long move to the class {where}, and the next cold start "
                f"reads each file from there, slowly and for a fee. Leave {name} out.",
            )


def _day(given: object) -> date | None:
    try:
        return date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None


@rule(
    of_type(FUNCTION),
    "runtime",
    minimumDaysLeft=parameter(0, "Days of support that a runtime still has to have.", minimum=0),
    today=parameter("", "The day to judge for, as 2026-12-31; empty is the current one."),
)
def runtime_is_supported(function: Resource, parameters: Parameters, runtime: Plain) -> Reports:
    """A function's runtime is within its support dates."""
    until = _day(table("runtimes").get(str(runtime)))
    if until is None and runtime:
        what = f"whether the runtime of {function.label} is supported"
        yield doubt(what, f"{runtime} is not in the table of this pack")
    if until is None:
        return
    given = number(parameters["minimumDaysLeft"])
    least = given if isinstance(given, int) else 0
    left = (until - (_day(parameters["today"]) or datetime.now(UTC).date())).days
    if left <= 0 or left < least:
        why = f"supported until {until.isoformat()}"
        if left > 0:
            why += f", {left} days from now, fewer than the {least} of parameter minimumDaysLeft"
        yield Report(
            f"{function.label} runs on {runtime}, {why}. Move it to a newer runtime, and what it "
            "loads with it."
        )


# What Lambda takes where nothing is given; the unit; the parameter.
_SIZES = {
    "timeout": (3, "s", "minimumTimeoutSeconds"),
    "memorySize": (128, "MB", "minimumMemoryMb"),
}


@rule(
    _loading,
    *_SIZES,
    minimumTimeoutSeconds=parameter(
        30, "Least timeout. Lambda's own default is 3.", minimum=1, maximum=900
    ),
    minimumMemoryMb=parameter(
        *(1024, "Least memory. TensorFlow alone takes about 530 MB when imported."),
        minimum=128,
        maximum=10240,
    ),
)
def function_has_time_and_memory_to_import(
    function: Resource, parameters: Parameters, *values: Plain
) -> Reports:
    """A function with an access point has time and memory for a heavy import."""
    for (name, (default, unit, limit)), value in zip(_SIZES.items(), values, strict=True):
        given, least = number(value), parameters[limit]
        known = given if isinstance(given, int) else default
        if isinstance(least, int | float) and known < least:
            yield Report(
                f"{name} of {function.label} is {known} {unit}"
                f"{' (not set)' if given is None else ''}, less than the {int(least)} {unit} "
                f"of parameter {limit}: a cold start that imports large libraries from EFS "
                f"does not get through. Raise {name}, or lower the parameter."
            )


@rule(_loading, "reservedConcurrentExecutions", level=EnforcementLevel.ADVISORY)
def function_has_reserved_concurrency(function: Resource, given: Plain) -> Reports:
    """A function that mounts an access point has a reserved concurrency."""
    reserved = number(given)
    if not isinstance(reserved, int) or reserved < 0:
        yield Report(
            f"{function.label} has no reservedConcurrentExecutions: a burst of cold starts takes "
            "the whole account's concurrency, and reads the libraries once for each. Set a number."
        )


@rule(
    of_type(token("cloudwatch", "LogGroup")),
    "logGroupClass",
    "retentionInDays",
    maximumDays=parameter(0, "Days that events may be kept at most; 0 is any number.", minimum=0),
)
def log_group_has_retention(
    group: Resource, parameters: Parameters, kind: Plain, given: Plain
) -> Reports:
    """A log group has a retention."""
    days, most = number(given), number(parameters["maximumDays"])
    # CloudWatch Logs keeps those of class DELIVERY for two days, whatever is set.
    if kind == "DELIVERY":
        return
    if not isinstance(days, int) or not days:
        yield Report(
            f"retentionInDays of {group.label} is {'not set' if days is None else days}: it keeps "
            "every event for ever. Set it, for instance to 30."
        )
    elif isinstance(most, int) and 0 < most < days:
        yield Report(
            f"retentionInDays of {group.label} is {days}, more than the {most} that parameter "
            "maximumDays allows. Set it to that or less."
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
def image_has_a_digest(resource: Resource) -> Reports:
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
def passwords_are_secrets(resource: Resource) -> Reports:
    """No container and no function has a URL with a password in plain text."""
    found = list(_containers(resource))
    remedy = "Name a secret of Secrets Manager by its ARN in `secrets`."
    if resource.type == FUNCTION:
        found = [(resource.label, at(resource.given("environment"), "variables"))]
        remedy = "Let the function read a secret of Secrets Manager when it starts."
    for who, value in found:
        for scheme, host in dict.fromkeys(_PASSWORD.findall(json.dumps(value, default=str))):
            yield Report(
                f"{who} has a URL with a password in plain text, {scheme}***@{host}: "
                f"whoever may describe it reads that, and so does the state. {remedy}"
            )


RULES = (
    file_system_is_encrypted,
    libraries_stay_in_the_fast_class,
    file_system_is_protected,
    runtime_is_supported,
    function_has_time_and_memory_to_import,
    function_has_reserved_concurrency,
    log_group_has_retention,
    image_has_a_digest,
    passwords_are_secrets,
)
