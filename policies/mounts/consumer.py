"""A consumer of an access point: one Lambda function, or one container of a task definition."""

from dataclasses import dataclass

from .access_points import AccessPoint
from .findings import Report
from .graph import UNKNOWN, Plain, Resource, Unknown, items, text


@dataclass(frozen=True)
class Mount:
    """One access point at one path.

    One candidate is certain; several mean that only the creation tells which of them it is.
    """

    candidates: tuple[AccessPoint, ...]
    path: str

    @property
    def access_point(self) -> AccessPoint | None:
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
    mount. `mounted_paths` are all the places where it mounts anything, normalised.
    """

    resource: Resource
    label: str
    path_property: str
    mounts: tuple[Mount, ...]
    within_reach: tuple[AccessPoint, ...] = ()
    mounted_paths: tuple[str, ...]
    texts: tuple[Text, ...]


@dataclass(frozen=True)
class Reading:
    """The consumers found, and what could not be read of others."""

    consumers: list[Consumer]
    not_judged: list[Report]

    def leave_out(self, resource: Resource, what: str, remedy: str, *, preview: bool) -> None:
        """Note that something cannot be judged: before creation, or at all."""
        when = "not judged before creation" if preview else "not judged"
        self.not_judged.append(Report(f"{when}: {what}. {remedy}", resource.urn))


def words(holder: str, value: Plain) -> list[Text]:
    """The texts of a command or an entry point."""
    if value is UNKNOWN:
        return [Text(holder, UNKNOWN)]
    known = [text(item) for item in items(value)]
    return [Text(holder, word) for word in known if word is not None]
