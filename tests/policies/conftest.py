"""A bench that shows a pack whatever stack a test describes, without an engine."""

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2
from pulumi.runtime.rpc import UNKNOWN
from pulumi_policy import EnforcementLevel, Policy, policy

from policies.mounts.pack import LOOKED_FOR, RULES
from policies.reading.pack import policies_of, read_once

from .wire import Part, Program
from .wire import Said as Said
from .wire import said as said

FUNCTION = "aws:lambda/function:Function"
TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
ACCESS_POINT = "aws:efs/accessPoint:AccessPoint"
ARN = "arn:aws:elasticfilesystem:eu-central-1:111122223333:access-point/"


@dataclass
class Node:
    """One resource; in `props`, `containerDefinitions` may be a list and travels as JSON."""

    type: str
    name: str
    props: dict[str, Any]
    origins: dict[str, list[str]] = field(default_factory=dict)
    parent: str | None = None
    type_of_parent: str = ""

    @property
    def urn(self) -> str:
        types = f"{self.type_of_parent}${self.type}".lstrip("$")
        return f"urn:pulumi:dev::efs-inference::{types}::{self.name}"

    @property
    def containers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.props["containerDefinitions"]
        return found


class Graph:
    """A stack by the names of its resources; `origins` and `parent` name resources of it."""

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self.nodes = {node.name: node for node in nodes}

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def add(self, node: Node) -> Node:
        self.nodes[node.name] = node
        return node

    def copy_of(self, name: str, new_name: str) -> Node:
        """A second resource like `name`, under a name of its own."""
        twin = copy.deepcopy(self[name])
        twin.name = new_name
        return self.add(twin)

    def created(self) -> "Graph":
        """The same stack after creation: every access point has its id, and so have its users."""
        ids = {
            node.name: f"fsap-{number:017x}"
            for number, node in enumerate(self.nodes.values())
            if node.type == ACCESS_POINT
        }
        for node in self.nodes.values():
            if node.name in ids:
                node.props |= {"id": ids[node.name], "arn": ARN + ids[node.name]}
            for name, origins in node.origins.items():
                known = [ids[origin] for origin in origins if origin in ids]
                if len(known) == 1:
                    arn = ARN if node.type == FUNCTION else ""
                    node.props[name] = _filled(node.props[name], arn + known[0])
        return self

    def wire(self) -> analyzer_pb2.AnalyzeStackRequest:
        """What the engine sends."""
        return Program(self._part(node) for node in self.nodes.values()).wire()

    def _part(self, node: Node) -> Part:
        props = dict(node.props)
        if isinstance(definitions := props.get("containerDefinitions"), list):
            props["containerDefinitions"] = json.dumps(definitions)
        origins = {name: [self[o].urn for o in named] for name, named in node.origins.items()}
        every = [urn for urns in origins.values() for urn in urns]
        parent = "" if node.parent is None else self[node.parent].urn
        return Part(node.type, node.name, node.urn, props, parent, every, origins)


def _filled(value: Any, known: str) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, known) for item in value]
    return known if value == UNKNOWN else value


def function(name: str, access_point: str, path: str, **variables: object) -> Node:
    """A function that mounts an access point of the stack, as a preview shows it."""
    props = {
        "fileSystemConfig": {"arn": UNKNOWN, "localMountPath": path},
        "environment": {"variables": variables},
        "runtime": "python3.11",
    }
    return Node(FUNCTION, name, props, {"fileSystemConfig": [access_point]})


def volume(name: str, access_point_id: str = UNKNOWN) -> dict[str, Any]:
    """A volume of a task definition."""
    authorization = {"accessPointId": access_point_id, "iam": "ENABLED"}
    return {
        "name": name,
        "efsVolumeConfiguration": {
            "fileSystemId": "fs-0123456789abcdef0",
            "transitEncryption": "ENABLED",
            "authorizationConfig": authorization,
        },
    }


def container(name: str, path: str, *command: str) -> dict[str, Any]:
    """A container definition that mounts the volume `efs`."""
    return {
        "name": name,
        "image": "public.ecr.aws/lambda/python:3.11",
        "entryPoint": ["python3", "-c", "import sys"],
        "command": list(command),
        "environment": [{"name": "INSTALLER", "value": "UEsDBBQ/mnt/AAA+"}],
        "mountPoints": [{"sourceVolume": "efs", "containerPath": path, "readOnly": False}],
    }


Judge = Callable[[Graph], list[Said]]


def judge_with(policies: list[Policy]) -> Judge:
    """Judge in this process, as the pack's own does."""
    service = read_once(policy._PolicyAnalyzerServicer)
    servicer: Any = service("pack", "0.0.1", policies, EnforcementLevel.MANDATORY)
    return lambda graph: said(servicer.AnalyzeStack(graph.wire(), None))


@pytest.fixture
def judge_preview() -> Judge:
    """The first rule alone: the stacks of this bench have what that one reads."""
    return judge_with(policies_of(RULES[:1], looked_for=LOOKED_FOR))


@pytest.fixture(params=["in preview", "after creation"])
def judge(request: pytest.FixtureRequest, judge_preview: Judge) -> Judge:
    if request.param == "in preview":
        return judge_preview
    return lambda graph: judge_preview(graph.created())


def compliant_stack() -> Graph:
    """The program's stack as a preview shows it, as far as the pack reads it: nothing is wrong."""
    release = "/mnt/efs/releases/0123456789abcdef"
    populate = container("populate", "/mnt/efs", "--release", release, "--index-url", "https://a/b")
    return Graph(
        [
            Node("efs-inference:index:EfsStore", "store", {}),
            Node(ACCESS_POINT, "libraries", {"posixUser": {"uid": 1000}}, parent="store"),
            Node(
                TASK_DEFINITION,
                "populator",
                {"containerDefinitions": [populate], "volumes": [volume("efs")]},
                {"volumes": ["libraries"]},
            ),
            function("inference", "libraries", "/mnt/efs", RELEASE_PATH=release),
            Node(
                "command:local:Command",
                "populate",
                {"create": "aws ecs run-task --task-definition populator"},
                {"create": ["populator"]},
            ),
        ]
    )


@pytest.fixture
def stack() -> Graph:
    return compliant_stack()
