"""A consumer of an access point: one Lambda function, or one container of a task definition."""

from dataclasses import dataclass

from ..reading.findings import Report, doubt
from ..reading.graph import Resource
from ..reading.identity import FUNCTION, Entity
from ..reading.values import UNKNOWN, Plain, Unknown, items, text


@dataclass(frozen=True)
class Mount:
    """One access point at one path.

    One candidate is certain; several mean that only the creation tells which of them it is.
    """

    candidates: tuple[Entity, ...]
    path: str
    read_only: bool = False

    @property
    def access_point(self) -> Entity | None:
        """The access point, if it is certain."""
        return self.candidates[0] if len(self.candidates) == 1 else None

    @property
    def access_point_label(self) -> str:
        """Its name in messages."""
        return " or ".join(candidate.label for candidate in self.candidates)


@dataclass(frozen=True)
class Text:
    """A text that a consumer gets, and what holds it (`environment variable X`)."""

    holder: str
    value: str | Unknown


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """What one function or container mounts and is told.

    `within_reach` are access points that its task definition has and that it may or may not
    mount. `mounted_paths` are all the places where it mounts anything, normalised. `image` is a
    container's image.
    """

    resource: Resource
    label: str
    path_property: str
    mounts: tuple[Mount, ...]
    within_reach: tuple[Entity, ...] = ()
    mounted_paths: tuple[str, ...]
    texts: tuple[Text, ...]
    image: Plain = None

    @property
    def is_function(self) -> bool:
        """Whether it is a function, and no container."""
        return self.resource.type == FUNCTION


@dataclass(frozen=True)
class Reading:
    """The consumers found, and what could not be read of others."""

    consumers: list[Consumer]
    not_judged: list[Report]

    def leave_out(self, resource: Resource, what: str, remedy: str, *, preview: bool) -> None:
        """Note that something cannot be judged: before creation, or at all."""
        self.not_judged.append(doubt(f"{what}. {remedy}", resource.urn, preview=preview))


def words(holder: str, value: Plain) -> list[Text]:
    """The texts of a command or an entry point."""
    if value is UNKNOWN:
        return [Text(holder, UNKNOWN)]
    known = [text(item) for item in items(value)]
    return [Text(holder, word) for word in known if word is not None]
