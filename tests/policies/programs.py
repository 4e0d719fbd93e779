"""Whole programs by the local engine, created nowhere, and what the packs say of them."""

from __future__ import annotations

import copy
import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel, Policy, policy

from components.gates import RetainedVersionsProvider
from components.gates.call import FirstCall
from components.gates.task import TaskRun
from local import engine
from local.project import Project
from local.provider import AwsProvider
from policies.guardrails.pack import POLICIES as GUARDRAILS
from policies.mounts.pack import POLICIES
from policies.reading.pack import read_once

from .wire import Part as Part
from .wire import Program as Program
from .wire import Said, said

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


@functools.cache
def _run(created: bool, config: tuple[tuple[str, str], ...]) -> engine.Result:
    project = Project.load(ROOT, "dev", dict(config))
    run = engine.up if created else engine.preview
    with (
        mock.patch.object(TaskRun, "__init__", return_value=None),
        mock.patch.object(TaskRun, "complete", return_value={"outcome": "published"}),
        mock.patch.object(FirstCall, "complete", return_value={"seconds": 1.0, "answer": "{}"}),
        mock.patch.object(RetainedVersionsProvider, "complete", return_value=("inference", {})),
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


Config = Mapping[str, Mapping[str, Any]]


def judge_program(whole: Program, pack: str = "mounts", config: Config | None = None) -> list[Said]:
    """What one of the two packs says of a program, configured as the engine does it."""
    return judged_by({"mounts": POLICIES, "guardrails": GUARDRAILS}[pack], whole, config)


def judged_by(policies: list[Policy], whole: Program, config: Config | None = None) -> list[Said]:
    """What these policies say of a program, in this process."""
    service = read_once(policy._PolicyAnalyzerServicer)
    servicer: Any = service("pack", "0.0.1", policies, EnforcementLevel.MANDATORY)
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    for one in policies:
        given = request.policyConfig[one.name]
        level = one.enforcement_level or EnforcementLevel.MANDATORY
        given.enforcementLevel = getattr(analyzer_pb2, level.name)
        given.properties.update((config or {}).get(one.name, {}))
    servicer.Configure(request, None)
    return said(servicer.AnalyzeStack(whole.wire(), None))
