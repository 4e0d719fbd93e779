"""A program as its author writes it: resources that refer to each other.

From one description come both forms that a pack is shown: the preview, in which whatever only the
creation tells is unknown, and the created stack, in which everything has its value.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from ...wire import Part, Program
from .outputs import GLOBAL, REGION, complete

# Pulumi, sdk/go/common/resource/properties.go: what an object with this key is.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class Ref:
    """An output of a resource."""

    of: R
    name: str


@dataclass(frozen=True)
class Json:
    """JSON text; unknown as a whole where an output in it is unknown, as `Output.json_dumps`."""

    value: Any


@dataclass(frozen=True)
class Join:
    """Texts joined, as `Output.concat`."""

    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Base64:
    """A text in base64."""

    value: Any


@dataclass(frozen=True)
class Secret:
    """A value that is kept out of the logs."""

    value: Any


@dataclass(frozen=True)
class Later:
    """A value that only the creation tells as a whole, as out of an `apply`."""

    value: Any


def join(*parts: Any) -> Join:
    """One text of several."""
    return Join(parts)


@dataclass(eq=False, repr=False)
class R:
    """A resource; `made` are the outputs that only its creation tells."""

    type: str
    name: str
    props: dict[str, Any]
    made: dict[str, Any]
    urn: str
    parent: R | None = None
    after: list[R] = field(default_factory=list)
    protect: bool = False
    provider: R | None = None
    region: str = REGION
    in_preview: bool = True
    elsewhere: bool = False

    def __repr__(self) -> str:
        return f"{self.type} {self.name}"

    @property
    def id(self) -> Ref:
        return Ref(self, "id")

    @property
    def arn(self) -> Ref:
        return Ref(self, "arn")

    def out(self, name: str) -> Ref:
        """Any output."""
        return Ref(self, name)


class Build:
    """A program."""

    def __init__(self) -> None:
        self.resources: list[R] = []
        self._in_apply = False
        self._provider: R | None = None

    def add(
        self,
        type_: str,
        name: str,
        props: Mapping[str, Any] | None = None,
        *,
        made: Mapping[str, Any] | None = None,
        parent: R | None = None,
        after: Iterable[R] = (),
        protect: bool = False,
        provider: R | None = None,
        elsewhere: bool = False,
    ) -> R:
        """A resource; one from `elsewhere` is only read, and no pack is shown it."""
        if self._provider is not None:
            provider, name = self._provider, f"{name}-{self._provider.name}"
        types = f"{parent.type}${type_}" if parent is not None else type_
        given = {key: value for key, value in (props or {}).items() if value is not None}
        region = str(given.get("region") or (provider.props["region"] if provider else REGION))
        one = R(
            type_,
            name,
            given,
            dict(made or {}),
            f"urn:pulumi:dev::acme::{types}::{name}",
            parent,
            list(after),
            protect,
            provider,
            region,
            not self._in_apply,
            elsewhere,
        )
        complete(one)
        self.resources.append(one)
        return one

    @contextmanager
    def in_apply(self) -> Iterator[None]:
        """Resources that a callback makes of a value that the preview does not know."""
        self._in_apply = True
        yield
        self._in_apply = False

    @contextmanager
    def in_region(self, region: str) -> Iterator[None]:
        """Resources of another provider; their names end in the region."""
        self._provider = self.add("pulumi:providers:aws", region, {"region": region})
        yield
        self._provider = None

    def program(self, *, created: bool) -> Program:
        """The stack as a pack is shown it."""
        shown = [one for one in self.resources if not one.elsewhere and (created or one.in_preview)]
        parts = {one.urn: Part(one.type, one.name, one.urn, {}) for one in shown}
        for one in shown:
            _fill(parts[one.urn], one, created=created)
            if one.provider is not None:
                parts[one.urn].provider = parts[one.provider.urn]
        return Program(parts.values())


def _fill(part: Part, one: R, *, created: bool) -> None:
    made = one.made if created else dict.fromkeys(one.made, UNKNOWN)
    if one.type.startswith("pulumi-") and not created:
        made = {}
    given = {key: value_of(value, created=created) for key, value in one.props.items()}
    part.props = {**value_of(made, created=created), **given}
    if one.type.startswith("aws:") and not one.type.startswith(GLOBAL):
        part.props["region"] = one.region  # the provider plans it, so a preview knows it
    part.parent = one.parent.urn if one.parent is not None else ""
    part.protect = one.protect
    for key, value in one.props.items():
        if urns := list(dict.fromkeys(ref.of.urn for ref in _refs(value))):
            part.origins[key] = urns
    every = [urn for urns in part.origins.values() for urn in urns]
    part.dependencies = list(dict.fromkeys([*every, *(other.urn for other in one.after)]))


def value_of(value: Any, *, created: bool) -> Any:
    """A value as it travels."""
    if isinstance(value, dict):
        return {key: value_of(item, created=created) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [value_of(item, created=created) for item in value]
    if isinstance(value, Later):
        return value_of(value.value, created=created) if created else UNKNOWN
    if isinstance(value, Json):
        inner = value_of(value.value, created=created)
        return UNKNOWN if _is_unknown(inner) else json.dumps(inner)
    if isinstance(value, Secret):
        return {_SIGNATURE: _SECRET, "value": value_of(value.value, created=created)}
    if isinstance(value, Base64):
        text = value_of(value.value, created=created)
        return text if text == UNKNOWN else base64.b64encode(text.encode()).decode()
    if isinstance(value, Join):
        known = [value_of(item, created=created) for item in value.parts]
        return UNKNOWN if UNKNOWN in known else "".join(map(str, known))
    if isinstance(value, Ref):
        one = value.of
        if value.name in one.props:
            return value_of(one.props[value.name], created=created)
        known_now = created or one.elsewhere
        return value_of(one.made.get(value.name), created=created) if known_now else UNKNOWN
    return value


def _is_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_unknown, value.values()))
    if isinstance(value, list):
        return any(map(_is_unknown, value))
    return bool(value == UNKNOWN)


def _refs(value: Any) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, Json | Later | Base64 | Secret):
        yield from _refs(value.value)
    elif isinstance(value, Join):
        yield from _refs(list(value.parts))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _refs(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _refs(item)
