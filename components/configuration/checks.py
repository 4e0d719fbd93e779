"""What has to fit together: values among each other, and with the application's locks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..container import MEMORY_FOR_CPU, memory_rule
from ..contract import RUNTIMES, Application, Artifacts, Target, read_lock, runtime
from ..errors import ConfigurationError, Problem
from ..resources import throughput_problems
from . import problems
from .serving import with_command


def fargate_size(parsed: Mapping[str, Any]) -> list[Problem]:
    """Fargate has only some sizes of memory for each of CPU."""
    if not {"populator_cpu", "populator_memory_mb"} <= set(parsed):
        return []
    cpu, memory = parsed["populator_cpu"], parsed["populator_memory_mb"]
    allowed = MEMORY_FOR_CPU[cpu]
    if memory in allowed:
        return []
    nearest = min(allowed, key=lambda size: abs(size - memory))
    rule = f"for populatorCpu {cpu} Fargate allows {memory_rule(cpu)}"
    return [problems.problem("populatorMemoryMb", str(memory), rule, str(nearest))]


def lock(
    parsed: Mapping[str, Any], application: Application
) -> tuple[list[Problem], tuple[str, ...]]:
    """Problems of the lock for runtime and architecture, when these two are right, and its URLs."""
    if not {"runtime", "architecture"} <= set(parsed):
        return [], ()
    target = Target(runtime=parsed["runtime"], architecture=parsed["architecture"])
    try:
        pins, options = read_lock(application, target)
    except ConfigurationError as error:
        return list(error.problems), ()
    urls = {pin.url for pin in pins if pin.url} | set(runtime.indexes_of(options).values())
    return [], tuple(sorted(urls))


def artifacts(application: Application) -> tuple[list[Problem], Artifacts | None]:
    """Problems of artifacts.in and its lock, and what they say."""
    try:
        return [], Artifacts.of(application)
    except ConfigurationError as error:
        return list(error.problems), None


def image(parsed: Mapping[str, Any]) -> list[Problem]:
    """AWS's own base image says its Python in the tag: it has to be the function's."""
    if not {"runtime", "populator_image"} <= set(parsed):
        return []
    runtime, image = parsed["runtime"], parsed["populator_image"]
    version = RUNTIMES[runtime].python
    match = re.search(r"(?:^|/)lambda/python:(\d+\.\d+)(?![\d])", image)
    if match is None or match[1] == version:
        return []
    rule = f"its Python is {match[1]}, and libraries for {runtime} need Python {version}"
    return [problems.problem("populatorImage", repr(image), rule, Target(runtime=runtime).image)]


def throughput(parsed: Mapping[str, Any]) -> list[Problem]:
    """The throughput mode `provisioned` goes with its number, and no other one does."""
    if not {"throughput", "provisioned_throughput_mibps"} <= set(parsed):
        return []
    mode, mibps = parsed["throughput"], parsed["provisioned_throughput_mibps"] or None
    names = ("throughput", "provisionedThroughputMibps")
    return [with_command(each) for each in throughput_problems(mode, mibps, names)]


def subnets(parsed: Mapping[str, Any]) -> list[Problem]:
    """Subnets of the task alone are those of a VPC that nothing names."""
    if parsed.get("subnet_ids") or not parsed.get("populator_subnet_ids"):
        return []
    rule = "subnets of the populate task go with subnetIds, those of function and mount targets"
    value = ", ".join(parsed["populator_subnet_ids"])
    return [problems.problem("populatorSubnetIds", value, rule, "subnet-0123456789abcdef0")]
