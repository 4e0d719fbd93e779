"""Whole programs by the local engine, created nowhere, and what the packs say of them."""

import copy
import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel, policy

from components.gates.smoke_invocation import FirstCall
from components.gates.task_run import TaskRun
from local import engine
from local.project import Project
from local.provider import AwsProvider
from policies.guardrails.pack import POLICIES as GUARDRAILS
from policies.mounts.pack import POLICIES
from policies.reading.serve import read_once

from .conftest import Said, said

ROOT = Path(__file__).resolve().parents[2]
_IDS = {
    "AccessPoint": "fsap",
    "DefaultSecurityGroup": "sg",
    "FileSystem": "fs",
    "InternetGateway": "igw",
    "NatGateway": "nat",
    "RouteTable": "rtb",
    "SecurityGroup": "sg",
    "Subnet": "subnet",
    "Vpc": "vpc",
}
_ARNS = {
    "AccessPoint": "elasticfilesystem:us-east-1:123456789012:access-point/",
    "FileSystem": "elasticfilesystem:us-east-1:123456789012:file-system/",
    "Role": "iam::123456789012:role/",
}


class ImaginaryAws(AwsProvider):
    """Creates nothing, and answers as if it had."""

    def __init__(self) -> None:
        super().__init__("us-east-1", cloud=False)

    def create(self, type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        kind = type_.rpartition(":")[2]
        digits = hashlib.sha256(f"{type_} {name}".encode()).hexdigest()[:17]
        id_ = inputs.get("name") or inputs.get("family") or name
        if kind in _IDS:
            id_ = f"{_IDS[kind]}-{digits}"
        given = {"id", "region", *inputs, "availabilityZoneName", "availabilityZoneId"}
        outputs = {k: f"{k}-{digits}" for k in self.planned(type_, inputs) if k not in given}
        if "arn" in outputs:
            known = _ARNS.get(kind, "made-up:us-east-1:123456789012:")
            outputs["arn"] = f"arn:aws:{known}{id_}"
        return id_, outputs


class Silent:
    """Watches a run of the engine without a word."""

    def log(self, severity: str, message: str) -> None:
        assert severity != "error", message

    def created(self, resource: engine.Resource, seconds: float) -> None:
        """Nothing to say."""


@dataclass
class Part:
    """One resource of a program."""

    type: str
    name: str
    urn: str
    props: dict[str, Any]
    parent: str = ""
    dependencies: list[str] = field(default_factory=list)
    origins: dict[str, list[str]] = field(default_factory=dict)
    protect: bool = False


class Program:
    """A whole stack, to be changed in a property and judged."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = list(parts)

    def __getitem__(self, names: tuple[str, str]) -> Part:
        """The resource of a kind (the end of its type) with a name."""
        kind, name = names
        [found] = [p for p in self.parts if p.name == name and p.type.endswith(":" + kind)]
        return found

    def remove(self, part: Part) -> None:
        """Take a resource out, and forget that anything depends on it."""
        self.parts.remove(part)
        self.forget(part)

    def forget(self, part: Part, *dependents: Part) -> None:
        """Let `dependents`, or everything, no longer depend on a resource."""
        for other in dependents or self.parts:
            other.dependencies = [urn for urn in other.dependencies if urn != part.urn]
            other.origins = {k: [u for u in v if u != part.urn] for k, v in other.origins.items()}

    def add(self, type_: str, name: str, props: dict[str, Any], **origins: Part) -> Part:
        """A further resource; `origins` say what its properties come from."""
        urn = f"urn:pulumi:dev::efs-inference::{type_}::{name}"
        named = {key: [part.urn] for key, part in origins.items()}
        self.parts.append(Part(type_, name, urn, props, origins=named))
        return self.parts[-1]

    def edit(self, part: Part, name: str, change: Callable[[Any], Any]) -> None:
        """Change a property that is JSON text."""
        value = json.loads(part.props[name])
        changed = change(value)
        part.props[name] = json.dumps(value if changed is None else changed)

    def wire(self) -> analyzer_pb2.AnalyzeStackRequest:
        """What the engine sends."""
        request = analyzer_pb2.AnalyzeStackRequest()
        for part in self.parts:
            resource = request.resources.add(
                type=part.type, name=part.name, urn=part.urn, parent=part.parent
            )
            resource.options.protect = part.protect
            resource.properties.update(part.props)
            resource.dependencies.extend(part.dependencies)
            for name, urns in part.origins.items():
                resource.propertyDependencies[name].urns.extend(urns)
        return request


@functools.cache
def _run(created: bool, config: tuple[tuple[str, str], ...]) -> engine.Result:
    project = Project.load(ROOT, "dev", dict(config))
    run = engine.up if created else engine.preview
    with (
        mock.patch.object(TaskRun, "__init__", return_value=None),
        mock.patch.object(TaskRun, "complete", return_value={"outcome": "published"}),
        mock.patch.object(FirstCall, "complete", return_value={"seconds": 1.0, "answer": "{}"}),
    ):
        result = run(project, ImaginaryAws(), Silent())
    assert result.error is None
    return result


def program(*, created: bool, **config: str) -> Program:
    """The real program by the local engine: as a preview shows it, or as it is once created."""
    result = _run(created, tuple(sorted(config.items())))
    return Program(
        Part(
            r.type,
            r.name,
            r.urn,
            copy.deepcopy(dict(r.outputs)),
            r.parent,
            list(r.dependencies),
            {name: list(urns) for name, urns in r.property_dependencies.items()},
            r.protect,
        )
        for r in result.resources
    )


def judge_program(
    whole: Program, pack: str = "mounts", config: Mapping[str, Mapping[str, Any]] | None = None
) -> list[Said]:
    """What one of the two packs says of a program, configured as the engine does it."""
    policies = {"mounts": POLICIES, "guardrails": GUARDRAILS}[pack]
    service = read_once(policy._PolicyAnalyzerServicer)
    servicer: Any = service(pack, "0.0.1", policies, EnforcementLevel.MANDATORY)
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    for one in policies:
        given = request.policyConfig[one.name]
        level = one.enforcement_level or EnforcementLevel.MANDATORY
        given.enforcementLevel = getattr(analyzer_pb2, level.name)
        given.properties.update((config or {}).get(one.name, {}))
    servicer.Configure(request, None)
    return said(servicer.AnalyzeStack(whole.wire(), None))
