"""The locks that are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..contract import Application, Pin, Target, read_lock
from ..lock import Stacks, chosen, the_application


class AuditError(Exception):
    """A lock or a release cannot be looked at; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """The packages of an application for one target."""

    target: Target
    pins: tuple[Pin, ...]


def locks(directory: Path | None, names: Sequence[str]) -> list[Lock]:
    """The locks of the targets with these names; without names those that the stacks use.

    Raises:
        ConfigurationError: One is missing, or breaks a rule.
        LockError: There is no application, or no such target.
    """
    application = Application(directory or the_application(Path()))
    stacks = Stacks.around(application.root)
    targets = chosen(application.requirements_path, stacks, names)
    return [Lock(target=each, pins=read_lock(application, each)[0]) for each in targets]
