"""A stack's resources: their properties as plain values, what they come from, and their order."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, TypeVar

from .findings import Answer, Open
from .values import SENTINELS, UNKNOWN, Plain, at

_T = TypeVar("_T")

_UNKNOWN = re.compile("|".join(SENTINELS).encode())
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ACRONYMS = {"acl": "ACL", "nat": "NAT", "url": "URL", "vpc": "VPC"}


@dataclass(kw_only=True, eq=False)
class Resource:
    """One resource; parent, dependencies and what properties come from are URNs.

    `names` are the properties that it has, `read` gives one of them, `raw_text` all in one text.
    `label` is its name in messages, with the URN where another one has the same.
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
    raw_text: Callable[[], bytes]
    stack: "Stack" = field(init=False, repr=False)
    label: str = field(init=False)
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
    def key(self) -> str:
        """What tells it from others, also from those of other stacks."""
        return self.urn

    @property
    def is_component(self) -> bool:
        """Whether it only groups others: a provider's resources have a `/` in their type."""
        return "/" not in self.type and not self.type.startswith("pulumi:providers:")

    def origins(self, name: str, *tokens: str) -> list["Resource"]:
        """Resources of these types that a property comes from, directly or out of a component."""
        urns = self.stack.parts(self.property_dependencies.get(name, ()))
        found = [self.stack.by_urn[urn] for urn in urns if urn in self.stack.by_urn]
        return [origin for origin in found if origin.type in tokens]


class Stack:
    """All resources of a stack, in the order of their registration."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = list(resources)
        self.by_urn = {resource.urn: resource for resource in self.resources}
        self.children: dict[str, list[str]] = defaultdict(list)
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        self._kept: dict[object, Any] = {}
        twins = Counter((resource.type, resource.name) for resource in self.resources)
        for resource in self.resources:
            resource.stack = self
            resource.label = _label(resource, twins[resource.type, resource.name] > 1)
            self._by_type[resource.type].append(resource)
            if resource.parent:
                self.children[resource.parent].append(resource.urn)

    def of_type(self, *tokens: str) -> list[Resource]:
        return [resource for token in tokens for resource in self._by_type.get(token, [])]

    def keep(self, key: object, make: Callable[[], _T]) -> _T:
        """What `make` makes, once for a key."""
        if key not in self._kept:
            self._kept[key] = make()
        found: _T = self._kept[key]
        return found

    @cached_property
    def is_settled(self) -> bool:
        """Whether everything in it is known: only then is what is not there not made later."""
        return not any(_UNKNOWN.search(resource.raw_text()) for resource in self.resources)

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

    def is_before(self, first: Resource, second: Resource) -> bool:
        """Whether `second` is created only when `first` is there."""
        return bool(self._before.get(second.urn, 0) >> self._numbers[first.urn] & 1)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {resource.urn: number for number, resource in enumerate(self.resources)}

    @cached_property
    def _before(self) -> dict[str, int]:
        """For each resource those that it waits for, a bit for each.

        A component stands for all that is in it. One walk settles all, as whatever is waited for
        comes first in it; circles, which components make, take it again until nothing is added.
        """
        found: dict[str, int] = {}
        above: dict[str, list[str]] = {}
        for one in self.resources:
            origins = [urn for urns in one.property_dependencies.values() for urn in urns]
            waits_for = self.parts([*one.dependencies, *origins])
            known = [self._numbers[urn] for urn in waits_for if urn in self._numbers]
            found[one.urn] = sum(1 << number for number in known)
            above[one.urn] = [*waits_for, *filter(None, [one.parent])]
        walk = list(_depth_first(above))
        changed = True
        while changed:
            changed = False
            for urn in walk:
                bits = found[urn]
                for other in above[urn]:
                    bits |= found.get(other, 0)
                changed = changed or bits != found[urn]
                found[urn] = bits
        return found


def _depth_first(edges: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Each node after all that it leads to, as far as there is no circle."""
    entered: set[str] = set()
    for root in edges:
        work = [(root, iter(edges[root]))] if root not in entered else []
        entered.add(root)
        while work:
            node, rest = work[-1]
            for other in rest:
                if other in edges and other not in entered:
                    entered.add(other)
                    work.append((other, iter(edges[other])))
                    break
            else:
                work.pop()
                yield node


def once(build: Callable[[Stack], _T]) -> Callable[[Stack], _T]:
    """`build`, that makes it once for a stack, whoever asks."""

    @wraps(build)
    def found(stack: Stack) -> _T:
        return stack.keep(build, lambda: build(stack))

    return found


def _label(resource: Resource, ambiguous: bool) -> str:
    kind = resource.type
    if kind.startswith("aws:") and "/" in kind:
        words = _WORDS.sub(" ", kind.rpartition(":")[2]).lower().split()
        kind = " ".join(_ACRONYMS.get(word, word) for word in words)
    return f"{kind} '{resource.name}'" + (f" ({resource.urn})" if ambiguous else "")
