"""Which resource a property names: by id, by ARN, or by what its value comes from.

What is named is one of three things, and each has its type: `Resource`, one of this stack;
`Elsewhere`, made by another program and so not judged here; `NotYet`, what only the creation tells.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from types import EllipsisType
from typing import TypeAlias

from .findings import Open
from .graph import Resource, Stack
from .kinds import Kind
from .values import UNKNOWN, Plain, items, text, texts


@dataclass(frozen=True)
class Elsewhere:
    """Something that another program makes, or a type of resource that is not read here."""

    key: str
    label: str = field(compare=False)
    given: str = field(default="", compare=False)

    @property
    def open(self) -> Open:
        return Open(f"{self.label} is made elsewhere")


@dataclass(frozen=True)
class NotYet:
    """What only the creation tells: one of the candidates, or something else where none are."""

    candidates: tuple[Resource, ...]
    what: str
    open: Open

    @property
    def label(self) -> str:
        return " or ".join(candidate.label for candidate in self.candidates) or f"a {self.what}"


Known: TypeAlias = Resource | Elsewhere
Name: TypeAlias = Known | NotYet
_Value: TypeAlias = "Plain | EllipsisType"


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
    return name if isinstance(name, Resource) else None


@dataclass(frozen=True)
class Several:
    """What a list names, or may; `certain` if it names each of them, and nothing else."""

    names: tuple[Known, ...]
    certain: bool

    @property
    def labels(self) -> str:
        return ", ".join(name.label for name in self.names)


NONE = Several((), certain=True)


def named(resource: Resource, kind: Kind, name: str, value: _Value = ...) -> Name | None:
    """What the property `name`, or `value`, a part of it, stands for; None for nothing."""
    given = text(resource.get(name) if isinstance(value, EllipsisType) else value)
    if given is None:
        return None
    if given is not UNKNOWN:
        return _known(given, resource, kind, name)
    found = resource.origins(name, *kind.tokens)
    others = _foreign(resource, kind, name)
    if len(found) == 1 or (not found and len(others) == 1):
        known: list[Known] = [*found, *others]
        return known[0]
    why = f"{name} of {resource.label} is unknown"
    if not found:
        why += f" and comes from no {kind.what} of this stack"
    return NotYet(tuple(found), kind.what, Open(why, preview=True))


def listed(resource: Resource, kind: Kind, name: str, value: _Value = ...) -> Several:
    """What the list in the property `name`, or `value`, a part of it, stands for."""
    value = resource.get(name) if isinstance(value, EllipsisType) else value
    given = [text(item) for item in items(value)]
    known = [_known(one, resource, kind, name) for one in given if isinstance(one, str)]
    found = dict.fromkeys(one for name in known for one in candidates(name))
    if UNKNOWN not in given:
        return Several(tuple(found), not any(isinstance(name, NotYet) for name in known))
    here = resource.origins(name, *kind.tokens)
    direct = resource.property_dependencies.get(name, ())
    found |= dict.fromkeys([*here, *_foreign(resource, kind, name)])
    # One origin is it, even where the whole list is unknown; of several it may be some.
    slots = len(value) if isinstance(value, list) else 1
    sure = len(found) == slots and all(origin.key in direct for origin in here)
    return Several(tuple(found), sure and not any(isinstance(name, NotYet) for name in known))


def anywhere(resource: Resource, kind: Kind) -> Several:
    """What any property of a resource comes from, or has the id of."""
    found: dict[Known, None] = {}
    certain = True
    for name in dict.fromkeys([*resource.property_dependencies, *resource.names]):
        # A preview of a dynamic resource may know dependencies alone.
        value = resource.get(name) if name in resource.names else UNKNOWN
        origins = resource.origins(name, *kind.tokens)
        if origins or any(map(kind.is_id, texts(value))):
            is_text = isinstance(value, str) and not kind.is_id(value)  # with ids in it
            several = listed(resource, kind, name, UNKNOWN if is_text else value)
            found |= dict.fromkeys(several.names or origins)
            certain = certain and several.certain and (not is_text or len(origins) == 1)
    return Several(tuple(found), certain and bool(found or resource.names))


def _foreign(resource: Resource, kind: Kind, name: str) -> list[Elsewhere]:
    """Origins that this stack only reads, or that another provider makes."""
    found = []
    for urn in dict.fromkeys(resource.property_dependencies.get(name, ())):
        token = urn.split("::")[-2].rpartition("$")[2] if urn.count("::") > 2 else ""
        is_read = token in kind.tokens and urn not in resource.stack.by_urn
        if is_read or token.lower() in kind.foreign:
            what = kind.what if is_read else token
            found.append(Elsewhere(urn, f"{what} '{urn.rpartition('::')[2]}'"))
    return found


def _ids(stack: Stack, kind: Kind) -> dict[str, dict[Resource, None]]:
    """The resources of a kind by each id and ARN, and by their URN if they have one."""
    found: dict[str, dict[Resource, None]] = defaultdict(dict)
    for resource in stack.of_type(*kind.tokens):
        for given in map(resource.get, kind.named_by):
            for key in (given, kind.id(given), resource.urn) if isinstance(given, str) else ():
                found[key][resource] = None
    return found


def _known(given: str, resource: Resource, kind: Kind, name: str) -> Name:
    stack, id_ = resource.stack, kind.id(given)
    ids = stack.keep(kind, lambda: _ids(stack, kind))
    found = ids.get(given) or ids.get(id_)
    if found and len(found) == 1:
        return next(iter(found))
    origins = [one for one in resource.origins(name, *kind.tokens) if not found or one in found]
    if found and len(origins) != 1:
        why = f"{name} of {resource.label} is {given}, and several in this stack are"
        return NotYet(tuple(found), kind.what, Open(why))
    # A name that is known still comes from where it comes from; what has a known id has not.
    if len(origins) == 1 and (found or not (kind.is_id(given) or origins[0].key in ids)):
        return origins[0]
    return Elsewhere(id_, f"{kind.what} {id_}", given)
