"""Which resource a property names: by id, by ARN, or by what its value comes from.

What is named is one of three things, and each has its type: `Here`, a resource of this stack;
`Elsewhere`, made by another program and so not judged here; `NotYet`, what only the creation tells.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from .findings import Open
from .graph import Resource, Stack
from .kinds import Kind
from .values import UNKNOWN, Plain, items, text


@dataclass(frozen=True)
class Here:
    """A resource of this stack."""

    resource: Resource

    @property
    def key(self) -> str:
        """What tells it from others."""
        return self.resource.urn

    @property
    def label(self) -> str:
        """Its name in messages."""
        return self.resource.label


@dataclass(frozen=True)
class Elsewhere:
    """Something that another program makes, or a type of resource that is not read here."""

    key: str
    label: str = field(compare=False)
    given: str = field(default="", compare=False)

    @property
    def open(self) -> Open:
        """Why nothing more is known of it."""
        return Open(f"{self.label} is made elsewhere")


@dataclass(frozen=True)
class NotYet:
    """What only the creation tells: one of the candidates, or something else where none are."""

    candidates: tuple[Here, ...]
    what: str
    because: str = ""
    preview: bool = True

    @property
    def label(self) -> str:
        """Its name in messages."""
        return " or ".join(candidate.label for candidate in self.candidates) or f"a {self.what}"

    @property
    def open(self) -> Open:
        """Why it is not known."""
        why = self.because or f"which {self.what} it is, is unknown"
        return Open(why, self.preview)


Name: TypeAlias = Here | Elsewhere | NotYet
Known: TypeAlias = Here | Elsewhere


@dataclass(frozen=True)
class Several:
    """What a list names.

    Attributes:
        names: All that it names, or may name.
        certain: Whether it names each of them, and nothing else.
    """

    names: tuple[Known, ...]
    certain: bool

    @property
    def labels(self) -> str:
        """Their names in messages."""
        return ", ".join(name.label for name in self.names)


NONE = Several((), certain=True)


class Register:
    """The resources of one kind in a stack, to be found by what a property says of one."""

    def __init__(self, stack: Stack, kind: Kind) -> None:
        self._stack, self._kind = stack, kind
        self._pattern = re.compile(kind.pattern)
        self._by_id: dict[str, dict[Here, None]] = defaultdict(dict)
        self._identified: set[str] = set()
        for resource in stack.of_type(*kind.tokens):
            for name in kind.named_by:
                if isinstance(given := resource.get(name), str):
                    self._by_id[given][Here(resource)] = None
                    self._by_id[self._id(given)][Here(resource)] = None
                    self._identified.add(resource.urn)

    def _id(self, given: str) -> str:
        match = self._pattern.fullmatch(given)
        return match[1] if match else given

    def named(self, value: Plain, resource: Resource, name: str) -> Name | None:
        """What `value`, part of the resource's property `name`, stands for; None for nothing."""
        given = text(value)
        if given is None:
            return None
        if given is not UNKNOWN:
            return self._known(given, resource, name)
        found, others = self._origins(resource, name)
        if len(found) == 1 or (not found and len(others) == 1):
            known: list[Known] = [*found, *others]
            return known[0]
        whose = f"{name} of {resource.label} is unknown"
        if not found:
            whose += f" and comes from no {self._kind.what} of this stack"
        return NotYet(tuple(found), self._kind.what, whose)

    def listed(self, value: Plain, resource: Resource, name: str) -> Several:
        """What the list `value`, part of the resource's property `name`, stands for."""
        found: dict[Known, None] = {}
        unknown, certain = 0, True
        for item in items(value):
            given = text(item)
            if given is UNKNOWN:
                unknown += 1
            elif given is not None:
                known = self._known(given, resource, name)
                certain = certain and not isinstance(known, NotYet)
                found |= dict.fromkeys(candidates(known))
        if not unknown:
            return Several(tuple(found), certain)
        here, others = self._origins(resource, name)
        direct = resource.property_dependencies.get(name, ())
        found |= dict.fromkeys([*here, *others])
        # One origin is it, even where the whole list is unknown; of several it may be some.
        slots = len(value) if isinstance(value, list) else 1
        certain = certain and len(found) == slots and all(origin.key in direct for origin in here)
        return Several(tuple(found), certain)

    def anywhere(self, resource: Resource) -> Several:
        """What any property of a resource comes from; a preview of a dynamic resource has none."""
        found: dict[Known, None] = {}
        certain = True
        for name in resource.property_dependencies:
            if origins := self._origins(resource, name)[0]:
                value = resource.get(name) if name in resource.names else UNKNOWN
                is_text = isinstance(value, str)  # with ids in it
                several = self.listed(UNKNOWN if is_text else value, resource, name)
                found |= dict.fromkeys(several.names or origins)
                certain = certain and several.certain and (not is_text or len(origins) == 1)
        return Several(tuple(found), certain)

    def origins(self, resource: Resource, name: str) -> list[Here]:
        """Resources of this kind that the property `name` comes from."""
        return list(map(Here, self._stack.origins(resource, name, *self._kind.tokens)))

    def _origins(self, resource: Resource, name: str) -> tuple[list[Here], list[Elsewhere]]:
        """Of this stack, and those that it only reads or that another provider makes."""
        foreign = {}
        for urn in resource.property_dependencies.get(name, ()):
            token = urn.split("::")[-2].rpartition("$")[2] if urn.count("::") > 2 else ""
            is_read = token in self._kind.tokens and urn not in self._stack.by_urn
            if is_read or token in self._kind.others:
                what = self._kind.what if is_read else token
                foreign[urn] = Elsewhere(urn, f"{what} '{urn.rpartition('::')[2]}'")
        return self.origins(resource, name), list(foreign.values())

    def _known(self, given: str, resource: Resource, name: str) -> Name:
        found = self._by_id.get(given) or self._by_id.get(self._id(given))
        if found and len(found) == 1:
            return next(iter(found))
        origins = [o for o in self.origins(resource, name) if not found or o in found]
        if found and len(origins) != 1:
            why = f"{name} of {resource.label} is {given}, and several in this stack are"
            return NotYet(tuple(found), self._kind.what, why, preview=False)
        # A name that is known still comes from where it comes from; what has a known id has not.
        is_id = not self._kind.has_names and self._pattern.fullmatch(given)
        if len(origins) == 1 and (found or not (is_id or origins[0].key in self._identified)):
            return origins[0]
        return Elsewhere(self._id(given), f"{self._kind.what} {self._id(given)}", given)


def candidates(name: Name | None) -> tuple[Known, ...]:
    """All that a name may stand for."""
    if name is None:
        return ()
    return name.candidates if isinstance(name, NotYet) else (name,)


def here(name: Name | None) -> Resource | None:
    """The resource of this stack, where it certainly is one."""
    return name.resource if isinstance(name, Here) else None


_BUILDERS: dict[Kind, Callable[[Stack], Register]] = {}


def register(stack: Stack, kind: Kind) -> Register:
    """The register of a kind, made once for a stack."""
    builder = _BUILDERS.setdefault(kind, lambda stack: Register(stack, kind))
    return stack.once(builder)
