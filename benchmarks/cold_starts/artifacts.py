"""Weights of 500 MB and of 5 GB: `python -m benchmarks artifacts`.

How long it takes to publish them, and a cold start whose `load` reads them in one way or another:
the plain way (`sys.path`) and by this project's handler, which reads ahead while the libraries are
imported. The weights are random numbers of float32 in one file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from .. import report
from ..harness import Run, Variant, begin, command, document, measure
from ..material import releases
from ..publishing import Published, publications
from ..simulator import PRESETS, Efs, build
from .imports import HANDLER, PLAIN

REQUIREMENTS = "numpy\nsafetensors\njoblib\n"
SIZES = {"500 MB": 95, "5 GB": 954}
"""Matrices of 1,024 times 1,280 numbers, 5.24 MB each."""
IDS = {
    "w.safetensors": "a" * 16,
    "w.npy": "b" * 16,
    "w.joblib": "c" * 16,
    "w.keras": "d" * 16,
    "w.savedmodel": "e" * 16,
}
"""Releases, each of one file or folder."""
MAKE = """
import sys
sys.path.insert(0, sys.argv[1])
import joblib, numpy, safetensors.numpy
folder, count = sys.argv[2], int(sys.argv[3])
random = numpy.random.default_rng(1)
made = {f"m{n}": random.random((1024, 1280), dtype="float32") for n in range(count)}
safetensors.numpy.save_file(made, f"{folder}/w.safetensors")
if count < 200:
    joblib.dump(made, f"{folder}/w.joblib")
    numpy.save(f"{folder}/w.npy", numpy.stack(list(made.values())))
"""
TOUCH = "    total = float(sum(each.ravel()[::1024].sum() for each in weights))\n"
LOADS = {
    "bytes": "    weights = (artifacts / 'w.safetensors').read_bytes()\n",
    "numpy.load": "    weights = numpy.load(artifacts / 'w.npy')\n" + TOUCH,
    "numpy.load, mmap": "    weights = numpy.load(artifacts / 'w.npy', mmap_mode='r')\n" + TOUCH,
    "safetensors": "    weights = list(safetensors.numpy.load_file(artifacts / 'w.safetensors')"
    ".values())\n" + TOUCH,
    "joblib.load": "    weights = list(joblib.load(artifacts / 'w.joblib').values())\n" + TOUCH,
}
"""How `load` reads them, each page of it."""
LARGE = ("safetensors",)
"""The ways that 5 GB are read in; a plain one takes two minutes."""
MODEL = "import joblib, numpy, safetensors.numpy\n"
FUNCTION = {"500 MB": "3008", "5 GB": "10240"}
"""Memory of the function in MB."""


def weights(size: str, folder: Path, packages: Path) -> Path:
    """The folder with the weights, made unless they are there."""
    made = folder / size.replace(" ", "-")
    if not (made / "done").exists():
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        arguments = [str(packages / "site-packages"), str(made), str(SIZES[size])]
        subprocess.run([sys.executable, "-c", MAKE, *arguments], check=True)
        (made / "done").touch()
    return made


def beside(made: Path, path: Path) -> Path:
    """A file or folder of weights as a release beside that of the libraries."""
    release = made.parent / IDS[path.name]
    shutil.rmtree(release, ignore_errors=True)
    (release / "artifacts").mkdir(parents=True)
    copied = release / "artifacts" / path.name
    if path.is_dir():
        shutil.copytree(path, copied, copy_function=os.link)
    else:
        copied.hardlink_to(path)
    found = sorted(each for each in (copied, *copied.rglob("*")) if each.is_file())
    sizes = {str(each.relative_to(release)): [each.stat().st_size, ""] for each in found}
    head = json.loads((made / "manifest.json").read_text(encoding="ascii"))
    text = json.dumps(head | {"release": release.name, "files": sizes, "links": {}})
    (release / "manifest.json").write_text(text, encoding="ascii")
    return release


def variants(size: str, made: Path, imports: str, loads: Mapping[str, str]) -> Iterator[Variant]:
    """Every way to load weights of a size."""
    for load, statements in loads.items():
        text = f"{imports}\ndef load(artifacts):\n    global weights\n{statements}"
        name = f"load-{load}".replace(" ", "-").replace(",", "")
        code = releases.program(name, text + releases.IMPORT_ONLY)
        (file,) = (file for file in IDS if file in statements)
        local = f"{size}, {load}, {PLAIN}, local"
        for way, storage in ((PLAIN, "local"), (PLAIN, "central"), (HANDLER, "central")):
            yield Variant(
                name=f"{size}, {load}, {way}, {storage}",
                labels={"size": size, "load": load, "way": way, "storage": storage},
                way="append" if way == PLAIN else "handler",
                program=code,
                release=made,
                backing=made.parents[1],
                reference=local,
                efs=Efs(preset=PRESETS[storage], read_only=True) if storage != "local" else None,
                environment={
                    "ARTIFACTS_PATH": str(made.parent / IDS[file]),
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": FUNCTION[size],
                },
            )


def main(arguments: list[str]) -> int:
    """Measure, print the tables and keep the raw results."""
    parser = command.parser("artifacts", __doc__, rounds=3)
    parser.add_argument("--size", action="append", choices=SIZES, help="default: both")
    options = parser.parse_args(arguments)
    sizes = options.size or list(SIZES)
    console = report.console()
    build()
    locks = releases.locked(REQUIREMENTS, "artifacts", index=options.index_url)
    recorded = releases.program("artifacts-release", MODEL + releases.IMPORT_ONLY)
    made = releases.release(locks, recorded, "artifacts", index=options.index_url)
    sources = {size: weights(size, releases.HOME / "weights", made) for size in sizes}
    if not options.rounds:
        return 0
    begun = begin()
    ways: list[Variant] = []
    runs: dict[str, list[Run]] = {}
    published: list[Published] = []
    for size, source in sources.items():
        if size != "5 GB":
            published += publications(size, source / "w.safetensors")
        there = [beside(made, path) for path in source.glob("w.*")]
        chosen = {load: LOADS[load] for load in (LARGE if size == "5 GB" else LOADS)}
        some = list(variants(size, made, MODEL, chosen))
        turns = 1 if size == "5 GB" else options.rounds
        runs |= measure(some, turns, command.progress(console))
        ways += some
        for artifacts in there:
            shutil.rmtree(artifacts)
    results = document(
        *("artifacts", ways, runs, begun),
        rounds=options.rounds,
        versions=releases.versions(made),
        published=[vars(one) for one in published],
    )
    for table in (report.published_table(results), report.loads_table(results)):
        report.show(table, console)
    command.keep(results, console, whole=set(sizes) == set(SIZES))
    return 0
