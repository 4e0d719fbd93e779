"""What a pack is sent, and what it answers: the one place that speaks the engine's protocol."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.proto import analyzer_pb2


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
    provider: Part | None = None

    @property
    def containers(self) -> list[dict[str, Any]]:
        """The containers of a task definition that are kept as a list, and travel as JSON."""
        found: list[dict[str, Any]] = self.props["containerDefinitions"]
        return found


class Program:
    """A whole stack, to be changed in a property and judged."""

    def __init__(self, parts: Iterable[Part] = ()) -> None:
        self.parts = list(parts)

    def __getitem__(self, names: str | tuple[str, str]) -> Part:
        """The resource with a name; where several have it, of a kind (the end of its type)."""
        kind, name = ("", names) if isinstance(names, str) else names
        [found] = [p for p in self.parts if p.name == name and p.type.endswith(kind and ":" + kind)]
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

    def twin(self, part: Part, name: str) -> Part:
        """A second resource like one, under a name of its own."""
        self.parts.append(copy.deepcopy(part))
        self.parts[-1].name, self.parts[-1].urn = name, f"{part.urn.rpartition('::')[0]}::{name}"
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
            props = dict(part.props)
            if isinstance(containers := props.get("containerDefinitions"), list):
                props["containerDefinitions"] = json.dumps(containers)
            resource.properties.update(props)
            if (provider := part.provider) is not None:
                resource.provider.type, resource.provider.name = provider.type, provider.name
                resource.provider.urn = provider.urn
                resource.provider.properties.update(provider.props)
            resource.dependencies.extend(part.dependencies)
            for name, urns in part.origins.items():
                resource.propertyDependencies[name].urns.extend(urns)
        return request


@dataclass(frozen=True, order=True)
class Said:
    """One line of a pack: the policy, whether it blocks, the resource's name, the message."""

    policy: str
    mandatory: bool
    about: str
    message: str


def said(response: analyzer_pb2.AnalyzeResponse) -> list[Said]:
    """The lines of an answer, without the description that the SDK puts before each message."""
    return [
        Said(
            line.policyName,
            line.enforcementLevel == analyzer_pb2.MANDATORY,
            line.urn.rpartition("::")[2],
            line.message.removeprefix(line.description).lstrip("\n"),
        )
        for line in response.diagnostics
    ]
