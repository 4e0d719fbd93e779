"""A release of artifacts on the task's own disk."""

from __future__ import annotations

from pathlib import Path

from ...layout import ARTIFACTS
from ..fetching import fetch
from ..job import ArtifactsJob
from ..log import log, throttled, timed
from .listing import read
from .unpack import unpack


class Staging:
    """Makes it. ``shown`` is what the summary says of it.

    Raises:
        InstallError: There is no list of artifacts.
    """

    def __init__(self, job: ArtifactsJob) -> None:
        self._artifacts = read(job.artifacts)
        self.shown: dict[str, object] = {}

    def run(self, folder: Path, seconds: dict[str, float]) -> Path:
        """Fetch and check the artifacts, and unpack what is to be unpacked. Raises InstallError."""
        staged, archive = folder / "release", folder / "archive"
        target = staged / ARTIFACTS
        target.mkdir(parents=True)
        with timed(seconds, "fetch", counted(len(self._artifacts), "artifact")):
            fetch([each.wanted for each in self._artifacts], target)
        packed = [each.wanted.name for each in self._artifacts if each.unpack]
        if packed:
            with timed(seconds, "unpack", counted(len(packed), "archive")):
                for name in packed:
                    log("unpack", name)
                    (target / name).rename(archive)
                    unpack(archive, target / name, name, throttled("unpack", None, None))
                    archive.unlink()
        return staged


def counted(number: int, what: str) -> str:
    """Such as ``1 artifact`` or ``2 artifacts``."""
    return f"{number} {what}{'s' * (number != 1)}"
