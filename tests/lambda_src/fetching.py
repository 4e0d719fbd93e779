"""The installer that makes releases of artifacts, and a server of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.web import Web, sha256

from .artifacts.test_unpack import a_tar
from .conftest import Populate


def archive(folder: Path, files: dict[str, bytes]) -> bytes:
    """A tar.gz of these files."""
    return a_tar(folder / "archive.tar.gz", files).read_bytes()


class Fetching(Populate):
    """Makes releases of artifacts."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.web = Web()
        self.environment = {"AWS_MAX_ATTEMPTS": "1"}

    @property
    def command(self) -> tuple[str, ...]:
        return ("fetch", "--artifacts", "artifacts.json")

    def write(self, *artifacts: dict[str, Any]) -> None:
        (self.program / "artifacts.json").write_text(json.dumps(artifacts))

    def entry(self, name: str, content: bytes, **more: Any) -> dict[str, Any]:
        """An artifact of the web's, in the list."""
        self.web.files[f"/{name}"] = content
        found = {"name": name, "url": f"{self.web.url}/{name}", "size": len(content)}
        return {**found, "sha256": sha256(content), "signed": False, "unpack": False, **more}

    def nothing_is_left(self) -> bool:
        return not self.release.exists() and not self.left_behind()
