"""Which resource a property names: by id, by ARN, or by what its value comes from.

What is named is one of three things, and each has its type: `Here`, a resource of this stack;
`Elsewhere`, made by another program and so not judged here; `NotYet`, what only the creation tells.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from types import EllipsisType
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
    open: Open

    @property
    def label(self) -> str:
        """Its name in messages."""
        return " or ".join(candidate.label for candidate in self.candidates) or f"a {self.what}"


Name: TypeAlias = Here | Elsewhere | NotYet
Known: TypeAlias = Here | Elsewhere


def candidates(name: Name | None) -> tuple[Known, ...]:
    """All that a name may stand for."""
    if name is None:
        return ()
    return name.candidates if isinstance(name, NotYet) else (name,)


def only(name: Name | None) -> Known | None:
    """What a name stands for, where nothing else comes into question."""
    found = candidates(name)
    return found[0] if len(found) == 1 else None


def here(name: Name | None) -> Resource | None:
    """The resource of this stack, where it certainly is one."""
    return name.resource if isinstance(name, Here) else None


@dataclass(frozen=True)
class Several:
    """What a list names, or may; `certain` if it names each of them, and nothing else."""

    names: tuple[Known, ...]
    certain: bool

    @property
    def labels(self) -> str:
        """Their names in messages."""
        return ", ".join(name.label for name in self.names)


NONE = Several((), certain=True)


def named(
    resource: Resource, kind: Kind, name: str, value: "Plain | EllipsisType" = ...
) -> Name | None:
    """What the property `name`, or `value`, a part of it, stands for; None for nothing."""
    given = text(resource.get(name) if isinstance(value, EllipsisType) else value)
    if given is None:
        return None
    if given is not UNKNOWN:
        return _known(given, resource, kind, name)
    found, others = _all_origins(resource, kind, name)
    if len(found) == 1 or (not found and len(others) == 1):
        known: list[Known] = [*found, *others]
        return known[0]
    why = f"{name} of {resource.label} is unknown"
    if not found:
        why += f" and comes from no {kind.what} of this stack"
    return NotYet(tuple(found), kind.what, Open(why, preview=True))


def listed(
    resource: Resource, kind: Kind, name: str, value: "Plain | EllipsisType" = ...
) -> Several:
    """What the list in the property `name`, or `value`, a part of it, stands for."""
    value = resource.get(name) if isinstance(value, EllipsisType) else value
    found: dict[Known, None] = {}
    unknown, certain = 0, True
    for item in items(value):
        given = text(item)
        if given is UNKNOWN:
            unknown += 1
        elif given is not None:
            known = _known(given, resource, kind, name)
            certain = certain and not isinstance(known, NotYet)
            found |= dict.fromkeys(candidates(known))
    if not unknown:
        return Several(tuple(found), certain)
    here, others = _all_origins(resource, kind, name)
    direct = resource.property_dependencies.get(name, ())
    found |= dict.fromkeys([*here, *others])
    # One origin is it, even where the whole list is unknown; of several it may be some.
    slots = len(value) if isinstance(value, list) else 1
    certain = certain and len(found) == slots and all(origin.key in direct for origin in here)
    return Several(tuple(found), certain)


def anywhere(resource: Resource, kind: Kind) -> Several:
    """What any property of a resource comes from; a preview of a dynamic resource has none."""
    found: dict[Known, None] = {}
    certain = True
    for name in resource.property_dependencies:
        if origins := origins_of(resource, kind, name):
            value = resource.get(name) if name in resource.names else UNKNOWN
            is_text = isinstance(value, str)  # with ids in it
            several = listed(resource, kind, name, UNKNOWN if is_text else value)
            found |= dict.fromkeys(several.names or origins)
            certain = certain and several.certain and (not is_text or len(origins) == 1)
    return Several(tuple(found), certain)


def origins_of(resource: Resource, kind: Kind, name: str) -> list[Here]:
    """Resources of a kind that the property `name` comes from."""
    return list(map(Here, resource.origins(name, *kind.tokens)))


def _all_origins(resource: Resource, kind: Kind, name: str) -> tuple[list[Here], list[Elsewhere]]:
    """Of this stack, and those that it only reads or that another provider makes."""
    foreign = {}
    for urn in resource.property_dependencies.get(name, ()):
        token = urn.split("::")[-2].rpartition("$")[2] if urn.count("::") > 2 else ""
        is_read = token in kind.tokens and urn not in resource.stack.by_urn
        if is_read or token.lower() in kind.foreign:
            what = kind.what if is_read else token
            foreign[urn] = Elsewhere(urn, f"{what} '{urn.rpartition('::')[2]}'")
    return origins_of(resource, kind, name), list(foreign.values())


@dataclass(frozen=True)
class _Ids:
    """The resources of a kind by each id and ARN, and the URNs of those that have one."""

    found: dict[str, dict[Here, None]]
    identified: set[str]


def _ids(stack: Stack, kind: Kind) -> _Ids:
    ids = _Ids(defaultdict(dict), set())
    for resource in stack.of_type(*kind.tokens):
        for name in kind.named_by:
            if isinstance(given := resource.get(name), str):
                for key in (given, kind.id(given)):
                    ids.found[key][Here(resource)] = None
                ids.identified.add(resource.urn)
    return ids


def _known(given: str, resource: Resource, kind: Kind, name: str) -> Name:
    stack, id_ = resource.stack, kind.id(given)
    ids = stack.keep(kind, lambda: _ids(stack, kind))
    found = ids.found.get(given) or ids.found.get(id_)
    if found and len(found) == 1:
        return next(iter(found))
    origins = [one for one in origins_of(resource, kind, name) if not found or one in found]
    if found and len(origins) != 1:
        why = f"{name} of {resource.label} is {given}, and several in this stack are"
        return NotYet(tuple(found), kind.what, Open(why))
    # A name that is known still comes from where it comes from; what has a known id has not.
    if len(origins) == 1 and (found or not (kind.is_id(given) or origins[0].key in ids.identified)):
        return origins[0]
    return Elsewhere(id_, f"{kind.what} {id_}", given)
