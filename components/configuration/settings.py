"""Typed configuration of the program: every problem at once, each with its remedy.

Defaults have their one home in Pulumi.yaml; there are none here.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from ..errors import ConfigurationError, Problem
from ..fargate import MEMORY_FOR_CPU, TaskSize, memory_rule
from ..release import read_lock
from ..source import Source
from . import rules

T = TypeVar("T")
# The name in this repository, under which a renamed fork may have left keys in a stack's file.
_ORIGINAL = "efs-inference"
_LAMBDA_IMAGE = "public.ecr.aws/lambda/python"

# CloudWatch Logs API reference, PutRetentionPolicy.
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def _key(parse: Callable[[str], T], example: str) -> T:
    """A field read from the configuration key of its name in camel case."""
    return cast("T", dataclasses.field(metadata={"parse": parse, "example": example}))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The stack's configuration, checked. Pulumi.yaml describes each key and its unit."""

    mount_path: str = _key(rules.mount_path, "/mnt/models")
    runtime: str = _key(rules.one_of("python3.11", "python3.12", "python3.13"), "python3.11")
    architecture: str = _key(rules.one_of("x86_64", "arm64"), "x86_64")
    memory_mb: int = _key(rules.integer(128, 10_240), "3008")
    timeout_seconds: int = _key(rules.integer(1, 900), "120")
    ephemeral_storage_mb: int = _key(rules.integer(512, 10_240), "512")
    populator_cpu: int = _key(rules.integer_of(*MEMORY_FOR_CPU), "2048")
    populator_memory_mb: int = _key(rules.integer(512, 122_880), "8192")
    populator_ephemeral_storage_gib: int = _key(rules.integer(21, 200), "30")
    populator_timeout_minutes: int = _key(rules.integer(1, 720), "30")
    populator_image: str = _key(rules.image, f"{_LAMBDA_IMAGE}:3.11")
    index_url: str = _key(rules.index_url, "https://pypi.org/simple")
    keep_releases: int = _key(rules.integer(1, 100), "3")
    release_salt: str = _key(rules.word(64), "2026-11-24")
    network_cidr: str = _key(rules.network_cidr, "10.42.0.0/16")
    availability_zones: tuple[str, ...] = _key(rules.availability_zones, "us-east-1a")
    egress: str = _key(rules.one_of("public-ip", "nat"), "public-ip")
    throughput: str = _key(rules.one_of("elastic", "bursting"), "elastic")
    log_retention_days: int = _key(rules.integer_of(*LOG_RETENTION_DAYS), "30")
    protect: bool = _key(rules.boolean, "true")
    tags: Mapping[str, str] = _key(rules.tags, "team=ml")

    @property
    def image(self) -> str:
        """Image of the populate task: the configured one, or AWS's base image of the runtime."""
        return self.populator_image or f"{_LAMBDA_IMAGE}:{self.runtime.removeprefix('python')}"

    @property
    def populator_size(self) -> TaskSize:
        """Size of the populate task."""
        return TaskSize(
            cpu=self.populator_cpu,
            memory_mb=self.populator_memory_mb,
            ephemeral_storage_gib=self.populator_ephemeral_storage_gib,
        )

    @property
    def egress_ports(self) -> tuple[int, ...]:
        """TCP ports by which the populate task reaches the image registry and the package index."""
        registry = re.match(r"[^/@]+:(\d+)/", self.image)
        ports = {443, urlsplit(self.index_url).port, int(registry[1]) if registry else None}
        return tuple(sorted(port for port in ports if port))

    @classmethod
    def from_stack(cls, source: Source) -> Settings:
        """The settings of the stack that Pulumi is running.

        Raises:
            ConfigurationError: With every problem of the configuration.
        """
        project = pulumi.get_project()
        prefix = f"{project}:"
        # pulumi.Config can only be asked for keys that one knows, and the unknown ones matter too.
        stack: dict[str, Any] = {**get_config_env(), **CONFIG.get()}
        values = {
            key.removeprefix(prefix): str(value)
            for key, value in stack.items()
            if key.startswith(prefix)
        }
        left = sorted(key for key in stack if key.startswith(f"{_ORIGINAL}:"))
        if project != _ORIGINAL and left:
            raise ConfigurationError(_of_another_project(key, project) for key in left)
        return cls.load(values, source)

    @classmethod
    def load(cls, values: Mapping[str, str], source: Source) -> Settings:
        """Settings from configuration values as Pulumi hands them over, all of them strings.

        Args:
            values: Key without the project's prefix, and its value; arrays as JSON.
            source: Where the locks lie.

        Raises:
            ConfigurationError: With every problem of the configuration.
        """
        fields = {_camel_case(field.name): field for field in dataclasses.fields(cls)}
        problems = [_unknown(key, fields) for key in sorted(set(values) - set(fields))]
        parsed: dict[str, Any] = {}
        for key, field in fields.items():
            if key not in values:
                problems.append(_missing(key, field.metadata["example"]))
                continue
            try:
                parsed[field.name] = field.metadata["parse"](values[key])
            except rules.BreaksRuleError as error:
                problems.append(
                    _problem(
                        key, error.shown or repr(values[key]), str(error), field.metadata["example"]
                    )
                )
        problems += _fargate_size(parsed) + _lock(parsed, source) + _image(parsed)
        if problems:
            raise ConfigurationError(problems)
        return cls(**parsed)


def _of_another_project(key: str, project: str) -> Problem:
    return Problem(
        subject=key,
        value="set in the stack",
        rule=f"the project is called {project} now, so Pulumi does not count the key as its own",
        remedy=f"write {project}:{key.partition(':')[2]} in the stack's file",
    )


def _camel_case(name: str) -> str:
    return re.sub(r"_(.)", lambda match: match[1].upper(), name)


def _set_command(key: str, example: str) -> str:
    """The command that sets `key`; its arrays are set by index."""
    if key in {"availabilityZones", "tags"}:
        return f"`pulumi config set --path '{key}[0]' {example}`"
    return f"`pulumi config set {key} {example}`"


def _problem(key: str, value: str, rule: str, example: str) -> Problem:
    return Problem(subject=key, value=value, rule=rule, remedy=_set_command(key, example))


def _unknown(key: str, known: Mapping[str, Any]) -> Problem:
    by_lower_case = {name.lower(): name for name in known}
    near = difflib.get_close_matches(key.lower(), by_lower_case, n=1)
    hint = f"; the nearest is {by_lower_case[near[0]]}" if near else ""
    return Problem(
        subject=key,
        value="set in the stack",
        rule=f"there is no such key{hint}",
        remedy=f"`pulumi config rm {key}`",
    )


def _missing(key: str, example: str) -> Problem:
    return _problem(
        key, "not set", "the key has neither a value nor a default in Pulumi.yaml", example
    )


def _fargate_size(parsed: Mapping[str, Any]) -> list[Problem]:
    if not {"populator_cpu", "populator_memory_mb"} <= set(parsed):
        return []
    cpu, memory = parsed["populator_cpu"], parsed["populator_memory_mb"]
    allowed = MEMORY_FOR_CPU[cpu]
    if memory in allowed:
        return []
    nearest = min(allowed, key=lambda size: abs(size - memory))
    rule = f"for populatorCpu {cpu} Fargate allows {memory_rule(cpu)}"
    return [_problem("populatorMemoryMb", str(memory), rule, str(nearest))]


def _lock(parsed: Mapping[str, Any], source: Source) -> list[Problem]:
    """Problems of the lock for the runtime and architecture, when these two are right."""
    if not {"runtime", "architecture"} <= set(parsed):
        return []
    runtime, architecture = parsed["runtime"], parsed["architecture"]
    path = source.lock_path(runtime, architecture)
    if not path.is_file():
        return [
            Problem(
                subject="runtime, architecture",
                value=f"{runtime}, {architecture}",
                rule=f"each pair needs a lock, and {path} does not exist",
                remedy="make it with `make lock`, or choose a pair that has one",
            )
        ]
    try:
        read_lock(source, runtime, architecture)
    except ConfigurationError as error:
        return list(error.problems)
    except UnicodeDecodeError as error:
        rule = f"a lock is UTF-8 text ({error})"
        remedy = "make the lock anew with `make lock`"
        return [Problem(subject=path.name, value="no text", rule=rule, remedy=remedy)]
    return []


def _image(parsed: Mapping[str, Any]) -> list[Problem]:
    """AWS's own base image says its Python in the tag: it has to be the function's."""
    if not {"runtime", "populator_image"} <= set(parsed):
        return []
    runtime, image = parsed["runtime"], parsed["populator_image"]
    version = runtime.removeprefix("python")
    match = re.search(r"(?:^|/)lambda/python:(\d+\.\d+)(?![\d])", image)
    if match is None or match[1] == version:
        return []
    rule = f"its Python is {match[1]}, and libraries for {runtime} need Python {version}"
    return [_problem("populatorImage", repr(image), rule, f"{_LAMBDA_IMAGE}:{version}")]
