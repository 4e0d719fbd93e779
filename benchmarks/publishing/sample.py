"""A sample of a tree, and how much longer the whole of it takes to copy."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..simulator import Preset

PIECE = 1 << 20
"""Bytes that one WRITE takes at most."""


@dataclass(frozen=True)
class Extent:
    """What copying a tree asks for. `pieces` are WRITEs, `long` the files that need several."""

    files: int = 0
    directories: int = 0
    links: int = 0
    bytes: int = 0
    pieces: int = 0
    long: int = 0

    @classmethod
    def of(cls, root: Path) -> Extent:
        """Measure a tree; the root counts."""
        sizes: list[int] = []
        directories = links = 0
        for folder, _, names in os.walk(root):
            directories += 1
            for name in names:
                path = Path(folder, name)
                if path.is_symlink():
                    links += 1
                else:
                    sizes.append(path.stat().st_size)
        return cls(
            files=len(sizes),
            directories=directories,
            links=links,
            bytes=sum(sizes),
            pieces=sum(-(-size // PIECE) for size in sizes),
            long=sum(size > PIECE for size in sizes),
        )

    def scaled(self, requests: Mapping[str, int], whole: Extent) -> dict[str, float]:
        """What a copy of the whole tree asks for, by what was counted of a copy of this part."""
        nodes = self.files + self.directories
        parts = {
            "create": (self.files, whole.files),
            "close": (self.files, whole.files),
            "mkdir": (self.directories, whole.directories),
            "symlink": (self.links, whole.links),
            "write": (self.pieces, whole.pieces),
            "commit": (self.long, whole.long),
        }
        rest = (nodes, whole.files + whole.directories)
        if requests.get("setattr", 0) < self.files:  # of directories alone
            parts["setattr"] = parts["mkdir"]
        counts = {kind: parts.get(kind, rest) for kind in requests}
        return {kind: requests[kind] * all_ / max(1, one) for kind, (one, all_) in counts.items()}


def cost(requests: Mapping[str, float], written: int, preset: Preset) -> float:
    """Seconds that requests take one after another, with the bytes on the link."""
    waiting = sum(count * preset.latency.get(kind, 0.0) for kind, count in requests.items())
    # All WRITEs of a file wait together, in its close.
    together = (requests.get("write", 0) - requests.get("create", 0)) * preset.latency["write"]
    return (waiting - max(0.0, together)) / 1e3 + written / 1e6 / preset.bandwidth


def sample(source: Path, target: Path, one_in: int) -> Extent:
    """Make a tree of one in so many directories of the source, with all their files."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for folder, _, names in os.walk(source):
        relative = Path(folder).relative_to(source)
        if int(hashlib.sha256(str(relative).encode()).hexdigest(), 16) % one_in:
            continue
        (target / relative).mkdir(parents=True, exist_ok=True)
        for name in names:
            os.link(Path(folder, name), target / relative / name, follow_symlinks=False)
    return Extent.of(target)


def scale(counted: Mapping[str, int], part: Extent, whole: Extent, preset: Preset) -> float:
    """By how much the whole tree takes longer than the part that was copied."""
    return cost(part.scaled(counted, whole), whole.bytes, preset) / cost(
        counted, part.bytes, preset
    )
