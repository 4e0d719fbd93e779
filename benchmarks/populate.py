"""Populating the simulated EFS: `python -m benchmarks.populate`.

All ways copy the same pruned release from the local disk: one file after another (`cp -r`, `rsync`
where it is installed, `shutil.copytree`), with a pool of threads, and by this project's installer.
What copies one after another would take minutes, so it copies a sample of the directories, and its
time is scaled by what the requests of the whole tree would cost against those counted.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import command, releases, report
from .efs import PRESETS, Efs, Preset, build
from .imports import MODELS, into_memory, trees
from .measure import Run, Variant, begin, document, measure, memory

SAMPLE = 24
"""What copies one file after another gets one in so many directories."""
STORAGES = {"central": (), "ceiling": ("cp -r", "copy")}
"""Where to, and which ways if not all. At the ceiling the server sets the pace of all of them."""
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


def sample(source: Path, target: Path, one_in: int = SAMPLE) -> Extent:
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


def variants(
    made: Path, target: Path, home: Path = releases.HOME, one_in: int = SAMPLE
) -> tuple[list[Variant], Extent]:
    """The ways to populate the target with a release, and the extent of the sample."""
    code = releases.program("answer", MODELS["answer"], home)
    part = home / "sample"
    libraries = made / "site-packages"
    extent = sample(libraries, part, one_in)
    sources = {"copytree": part, "cp -r": part, "rsync -a": part, "threads": libraries}
    if shutil.which("rsync") is None:
        del sources["rsync -a"]
    sources["copy"] = made
    return [
        Variant(
            name=f"{way}, {storage}",
            labels={"way": way, "storage": storage},
            way="command" if " " in way else way,
            program=code,
            release=target / "release",
            backing=target,
            reference=f"copy, {storage}",
            efs=Efs(preset=PRESETS[storage], creating=True),
            turns=1 if storage == "ceiling" else None,
            arguments={"source": f"{source}/" if way == "rsync -a" else str(source)}
            | ({"words": way.split()} if " " in way else {}),
        )
        for storage, ways in STORAGES.items()
        for way, source in sources.items()
        if not ways or way in ways
    ], extent


@contextlib.contextmanager
def room(size: int) -> Iterator[Path]:
    """A directory in memory if there is that much, so that no disk is measured; or else on disk."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=memory(size)) as folder:
        yield Path(folder)


def empty(variant: Variant) -> None:
    """Make the target empty before a run."""
    shutil.rmtree(variant.backing, ignore_errors=True)
    variant.release.mkdir(parents=True)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table and keep the raw results."""
    parser = command.parser("populate", __doc__)
    parser.add_argument("--sample", type=int, default=SAMPLE, metavar="N")
    options = parser.parse_args(arguments)
    return command.run(lambda: _main(options.rounds, options.index_url, options.sample))


def _main(rounds: int, index: str, one_in: int) -> int:
    console = report.console()
    build()
    made = trees(index, models=("answer",)).releases["answer"]
    begun = begin()
    # Made once more, now that the machine is quiet: its phases are in the table.
    shutil.rmtree(made.parents[1])
    made = trees(index, models=("answer",)).releases["answer"]
    with room(2 * releases.size(made)["bytes"]) as folder:
        ways, part = variants(made, folder / "populated", one_in=one_in)
        into_memory(made)
        runs = measure(ways, rounds, lambda *run: console.print(command.described(*run)), empty)
    whole = Extent.of(made / "site-packages")
    results = document(
        *("populate", ways, runs, begun),
        rounds=rounds,
        versions=releases.versions(made),
        release=releases.size(made),
        seconds=releases.seconds(made),
        scales={
            way.name: scale(runs[way.name], part, whole, way.efs.preset)
            for way in ways
            if way.efs and way.arguments["source"] not in (str(made), str(made / "site-packages"))
        },
    )
    report.show(report.populate_table(results), console)
    command.keep(results, console)
    return 0


def scale(runs: Sequence[Run], part: Extent, whole: Extent, preset: Preset) -> float:
    """By how much the whole tree takes longer than the part that was copied."""
    counted = runs[0].requests
    return cost(part.scaled(counted, whole), whole.bytes, preset) / cost(
        counted, part.bytes, preset
    )


if __name__ == "__main__":
    sys.exit(main())
