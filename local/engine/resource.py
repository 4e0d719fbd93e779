"""What the engine knows of a resource, and what it needs of a provider and of a watcher."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from .sdk import resource_pb2

STACK = "pulumi:pulumi:Stack"
"""Type of the resource that is the stack itself."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A registered resource.

    Attributes:
        request: The registration, as the protocol has it.
        urn: As the real engine makes it.
        inputs: Inputs as on the wire: unknowns are `UNKNOWN`, secrets and assets tagged objects.
        id: The id; empty in a preview and for components.
        outputs: Outputs, in the form of the inputs.
    """

    request: resource_pb2.RegisterResourceRequest
    urn: str
    inputs: Mapping[str, Any]
    id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The type token."""
        return self.request.type

    @property
    def name(self) -> str:
        """The logical name."""
        return self.request.name

    @property
    def custom(self) -> bool:
        """False for components and the stack."""
        return self.request.custom

    @property
    def parent(self) -> str:
        """URN of the parent; empty for the stack."""
        return self.request.parent

    @property
    def protect(self) -> bool:
        """Whether deleting it is refused."""
        return self.request.protect

    @property
    def dependencies(self) -> tuple[str, ...]:
        """URNs of everything that it depends on."""
        return tuple(sorted(self.request.dependencies))

    @property
    def property_dependencies(self) -> dict[str, tuple[str, ...]]:
        """For each input the URNs that its value comes from."""
        found = self.request.propertyDependencies
        return {name: tuple(sorted(origins.urns)) for name, origins in found.items()}


class Provider(Protocol):
    """What the engine needs of a cloud provider. Inputs and outputs are plain JSON-like values."""

    def configured(self, settings: Mapping[str, Any], name: str) -> Self:
        """The same provider with the settings of a provider resource of this name."""

    def check(
        self, type_: str, urn: str, inputs: Mapping[str, Any], instead_of: str = ""
    ) -> dict[str, Any]:
        """Inputs that the provider adds, such as a generated name; another than that of an id."""

    def replaces(self, type_: str, changed: Collection[str], asked: Collection[str]) -> bool:
        """Whether a change makes another resource, by itself or because the program asks for it."""

    def planned(self, type_: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs beside the inputs as a preview has them: `UNKNOWN` where creation tells."""

    def create(self, type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create a resource: its id and its outputs beside the inputs."""

    def update(
        self, type_: str, inputs: dict[str, Any], changed: Collection[str]
    ) -> tuple[str, dict[str, Any]]:
        """Bring a resource to new inputs, of which some changed: as `create`."""

    def puts(self, type_: str) -> bool:
        """Whether one call makes a resource and updates it: a replacement is the same then."""

    def read(self, type_: str, id_: str) -> dict[str, Any]:
        """Inputs and outputs of a resource that is there already."""

    def invoke(self, token: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a function call such as `aws:index/getRegion:getRegion`."""


class Watcher(Protocol):
    """What hears of a run while it runs."""

    def log(self, severity: str, message: str) -> None:
        """A line of the program's log: debug, info, warning or error."""

    def created(self, resource: Resource, seconds: float) -> None:
        """A resource was created (in a preview: planned)."""
