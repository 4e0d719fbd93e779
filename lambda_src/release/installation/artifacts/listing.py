"""The list of artifacts that travels to the task: what to fetch, and what to unpack."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ...layout import ExitCode, InstallError
from ..fetching import Wanted


@dataclass(frozen=True)
class Artifact:
    """One artifact: where it is fetched from, and whether it is an archive to unpack."""

    wanted: Wanted
    unpack: bool


def read(path: Path) -> tuple[Artifact, ...]:
    """The artifacts of a list, which the program has made of the lock. Raises InstallError."""
    try:
        return tuple(
            Artifact(
                Wanted(
                    name=entry["name"],
                    url=entry["url"],
                    size=entry["size"],
                    sha256=entry["sha256"],
                    signed=entry["signed"],
                ),
                entry["unpack"],
            )
            for entry in json.loads(path.read_text(encoding="utf-8"))
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InstallError(
            ExitCode.USAGE,
            f"{path} is no list of artifacts ({type(error).__name__}: {error}). Deploy components "
            "and lambda_src from the same commit.",
        ) from error
