"""What the installers of a world install, and which files a release of it has."""

from __future__ import annotations

import io
import zipfile
from importlib.util import cache_from_source

from ...lambda_src.conftest import SHAPES
from ...lambda_src.fetching import Fetching, archive

COMPLETE = frozenset(
    f"site-packages/{path}"
    for path in (
        *zipfile.ZipFile(io.BytesIO(SHAPES.content)).namelist(),
        "shapes-1.0.dist-info/INSTALLER",
        "shapes-1.0.dist-info/REQUESTED",
    )
)
"""Files of the wheel as pip installs it."""
BYTECODE = frozenset(
    f"site-packages/{cache_from_source(f'shapes/{name}.py')}" for name in ("__init__", "sides")
)
"""Bytecode of what compiles."""
FETCHED = frozenset(
    f"artifacts/{path}" for path in ("deep/weights.bin", "one.txt", "saved/a/1", "saved/2")
)
"""Files of a release of artifacts."""


def offer(populate: Fetching) -> None:
    """Let the artifacts be there, and in the list."""
    packed = archive(populate.folder, {"a/1": bytes(3_000), "2": b"2"})
    populate.write(
        populate.entry("deep/weights.bin", bytes(range(256)) * 800),
        populate.entry("one.txt", b"1"),
        populate.entry("saved", packed, unpack=True),
    )
