"""The mount contract: from one path everything that a consumer of the access point needs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import ConfigurationError, Problem
from ..inputs import plain
from . import runtime

# Lambda's pattern for FileSystemConfig.LocalMountPath, and its length (botocore's service model).
_PATTERN = re.compile(r"/mnt/[a-zA-Z0-9-_.]+")
_MAX_LENGTH = 160

RULE = (
    f"a mount path is /mnt/ and one name of letters, digits, '-', '_' and '.', "
    f"{_MAX_LENGTH} characters at most, as Lambda demands"
)


def breaks_rule(path: str) -> bool:
    """Whether Lambda would refuse `path` as a mount path ('.' and '..' are no names either)."""
    return (
        _PATTERN.fullmatch(path) is None
        or len(path) > _MAX_LENGTH
        or path.removeprefix("/mnt/") in {".", ".."}
    )


@dataclass(frozen=True)
class Mount:
    """Where function and populate task mount the access point.

    Attributes:
        path: The mount path, the same for every consumer.

    Raises:
        ConfigurationError: Lambda would refuse the path.
    """

    path: str

    def __post_init__(self) -> None:
        plain(self.path, "mount path", "it is checked, and the paths of releases follow from it")
        if breaks_rule(self.path):
            raise ConfigurationError(
                [
                    Problem(
                        subject="mount path",
                        value=repr(self.path),
                        rule=RULE,
                        remedy="give a path of that form",
                    )
                ]
            )

    def mount_point(self, volume: str) -> dict[str, object]:
        """An entry of a container's `mountPoints` for the task definition's `volume`."""
        return {"sourceVolume": volume, "containerPath": self.path, "readOnly": False}

    def release_path(self, release_id: str) -> str:
        """Full path of a release, the same in every consumer."""
        return f"{self.path}/{runtime.RELEASES}/{release_id}"
