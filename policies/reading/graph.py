"""A stack's resources: their properties as plain values, what they come from, and their order."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from .findings import Answer, Open
from .values import UNKNOWN, Plain, at

_T = TypeVar("_T")

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ACRONYMS = {"acl": "ACL", "nat": "NAT", "url": "URL", "vpc": "VPC"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """One resource.

    Attributes:
        urn: Its URN.
        type: Its type token.
        name: Its logical name.
        label: Its name in messages; with the URN where another one has the same.
        parent: URN of its parent, or empty.
        dependencies: URNs of all resources that it depends on.
        property_dependencies: For each input the URNs that its value comes from.
        protect: Whether Pulumi refuses to delete it.
        names: The properties that it has.
        read: Gives a property, None for one that is not there.
        has_unknown: Whether any property is unknown.
        raw_text: All properties in one text, to look for what they mention.
    """

    urn: str
    type: str
    name: str
    parent: str
    dependencies: Collection[str]
    property_dependencies: Mapping[str, Collection[str]]
    protect: bool
    names: Collection[str]
    read: Callable[[str], Plain]
    has_unknown: Callable[[], bool]
    raw_text: Callable[[], bytes]
    label: str = ""
    _seen: dict[str, Plain] = field(default_factory=dict)

    def get(self, name: str, *path: str) -> Plain:
        """The property `name`, or what lies at `path` in it."""
        if name not in self._seen:
            self._seen[name] = self.read(name)
        return at(self._seen[name], *path) if path else self._seen[name]

    def given(self, name: str, *path: str) -> Plain:
        """As `get`, for what AWS fills in where the program says nothing: that counts as None.

        In a preview such a property is unknown and comes from no resource.
        """
        if self.get(name) is UNKNOWN and not self.property_dependencies.get(name):
            return None
        return self.get(name, *path)

    @property
    def is_component(self) -> bool:
        """Whether it only groups others: a provider's own resources have a `/` in their type."""
        return "/" not in self.type and not self.type.startswith("pulumi:providers:")


class Stack:
    """All resources of a stack, in the order of their registration."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = list(resources)
        twins = Counter((resource.type, resource.name) for resource in self.resources)
        self.by_urn = {resource.urn: resource for resource in self.resources}
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        self.children: dict[str, list[str]] = defaultdict(list)
        self._built: dict[object, Any] = {}
        self._before: dict[str, int] = {}
        for resource in self.resources:
            ambiguous = twins[resource.type, resource.name] > 1
            object.__setattr__(resource, "label", _label(resource, ambiguous))
            self._by_type[resource.type].append(resource)
            if resource.parent:
                self.children[resource.parent].append(resource.urn)

    def of_type(self, *tokens: str) -> list[Resource]:
        """The resources of these type tokens."""
        return [resource for token in tokens for resource in self._by_type.get(token, [])]

    def once(self, build: Callable[["Stack"], _T]) -> _T:
        """What `build` makes of the stack; made once, whoever asks."""
        if build not in self._built:
            self._built[build] = build(self)
        found: _T = self._built[build]
        return found

    @cached_property
    def is_settled(self) -> bool:
        """Whether everything in it is known: only then is what is not there not made later."""
        return not any(resource.has_unknown() for resource in self.resources)

    def there_is_none(self, what: str) -> Answer:
        """What the absence of something proves.

        A first preview shows no resource that an `apply` makes, or a component whose outputs are
        unknown.
        """
        if self.is_settled:
            return False
        return Open(f"this preview shows no {what}, which may still be made", preview=True)

    def parts(self, urns: Iterable[str]) -> dict[str, None]:
        """These URNs, and for a component all that is in it."""
        found = dict.fromkeys(urns)
        pending = list(found)
        while pending:
            resource = self.by_urn.get(urn := pending.pop())
            for child in self.children.get(urn, ()) if resource and resource.is_component else ():
                if child not in found:
                    found[child] = None
                    pending.append(child)
        return found

    def origins(self, resource: Resource, name: str, *tokens: str) -> list[Resource]:
        """Resources of these types that a property comes from, directly or out of a component."""
        urns = self.parts(resource.property_dependencies.get(name, ()))
        found = [self.by_urn[urn] for urn in urns if urn in self.by_urn]
        return [origin for origin in found if origin.type in tokens]

    def is_before(self, first: Resource, second: Resource) -> bool:
        """Whether `second` is created only when `first` is there."""
        if second.urn not in self._before:
            self._walk(second.urn)
        return bool(self._before[second.urn] & self._bits.get(first.urn, 0))

    @cached_property
    def _bits(self) -> dict[str, int]:
        return {resource.urn: 1 << n for n, resource in enumerate(self.resources)}

    def _direct(self, urn: str) -> dict[str, None]:
        """What a resource waits for by itself; a component stands for all that is in it."""
        resource = self.by_urn.get(urn)
        if resource is None:
            return {}
        origins = [u for urns in resource.property_dependencies.values() for u in urns]
        return self.parts([*resource.dependencies, *origins])

    def _needed(self, urn: str) -> list[str]:
        resource = self.by_urn.get(urn)
        return [*self._direct(urn), *([resource.parent] if resource and resource.parent else [])]

    def _walk(self, root: str) -> None:
        """Set for all that `root` waits for what each waits for, by a bit for each resource.

        Each is visited once; those in a circle wait for the same (Tarjan's components).
        """
        number = {root: 0}
        lowest = dict(number)
        entered = [root]
        work = [(root, iter(self._needed(root)))]
        while work:
            urn, rest = work[-1]
            for other in rest:
                if other in self._before:
                    continue
                if other not in number:
                    number[other] = lowest[other] = len(number)
                    entered.append(other)
                    work.append((other, iter(self._needed(other))))
                    break
                lowest[urn] = min(lowest[urn], number[other])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[urn])
                if lowest[urn] == number[urn]:
                    start = entered.index(urn) if entered[-1] != urn else len(entered) - 1
                    self._settle(entered[start:])
                    del entered[start:]

    def _settle(self, circle: list[str]) -> None:
        """Note what the resources of a circle, mostly one alone, wait for together."""
        bits = 0
        for urn in circle:
            for other in self._direct(urn):
                bits |= self._bits.get(other, 0)
            for other in self._needed(urn):
                bits |= self._before.get(other, 0)
        self._before |= dict.fromkeys(circle, bits)


def _label(resource: Resource, ambiguous: bool) -> str:
    kind = resource.type
    if kind.startswith("aws:") and "/" in kind:
        words = _WORDS.sub(" ", kind.rpartition(":")[2]).lower().split()
        kind = " ".join(_ACRONYMS.get(word, word) for word in words)
    return f"{kind} '{resource.name}'" + (f" ({resource.urn})" if ambiguous else "")
