"""The locks that are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import contract
from ..contract import Application, Pin, read_lock
from ..lock import Stacks, chosen, named, the_application


class AuditError(Exception):
    """A lock or a release cannot be looked at; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """The packages of an application for one target."""

    target: contract.Target
    pins: tuple[Pin, ...]


def locks(directory: Path | None, names: Sequence[str]) -> list[Lock]:
    """The locks of the targets with these names; without names those that the stacks use.

    Raises:
        ConfigurationError: One is missing, or breaks a rule.
        LockError: There is no application, or no such target.
    """
    application = Application(directory or the_application(Path()))
    stacks = Stacks.around(application.root)
    wanted = named(names) if names else chosen(application.requirements_path, stacks)
    targets = [contract.Target(runtime=t.runtime, architecture=t.architecture) for t in wanted]
    return [Lock(target=each, pins=read_lock(application, each)[0]) for each in targets]
