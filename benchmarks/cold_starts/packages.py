"""Packages other than TensorFlow: `python -m benchmarks packages [NAME...]`.

For each a lock is made on the spot and the real installer makes a release; then the import with a
first small use is measured from the local disk, from the simulated EFS the plain way, and by
this project's handler. It takes about a quarter of an hour; a package that cannot be installed is
named and left out. transformers is used without a hub and without torch. torch is measured only by
name: PyPI's builds bring several gigabytes of CUDA, those for CPUs are on an index of their own.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict

from components.lock import LockError

from .. import report
from ..harness import FailedRunError, Run, Variant, begin, command, document, measure
from ..material import PACKAGES, releases
from ..simulator import PRESETS, Efs, build

ROUNDS = 3


TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
"""Where the builds of torch for CPUs are; PyPI's bring CUDA along."""


def variants(name: str, index: str) -> list[Variant]:
    """The ways to measure one package. Makes its release."""
    package = PACKAGES[name]
    code = releases.program(name, package.model)
    locks = releases.locked("\n".join(package.requirements) + "\n", name, index=index)
    made = releases.release(locks, code, name, index=index)
    plain = releases.plain(locks, name, index=index)
    size = releases.size(made)
    version = releases.versions(made).get(name.replace("-", "_"), "")
    labels = {
        "package": f"{name} {version}".strip(),
        "files": f"{size['files']:,}",
        "mb": f"{size['bytes'] / 1e6:,.0f}",
    }
    central = Efs(preset=PRESETS["central"], read_only=True)
    return [
        Variant(
            name=f"{name}, {way}",
            labels={**labels, "way": way},
            way="handler" if way == "handler" else "append",
            program=code,
            release=made if way == "handler" else plain,
            backing=made.parents[1] if way == "handler" else plain,
            reference=f"{name}, local",
            efs=None if way == "local" else central,
        )
        for way in ("local", "sys.path", "handler")
    ]


def main(arguments: list[str]) -> int:
    """Measure, print the table and keep the raw results."""
    parser = command.parser("packages", __doc__, ROUNDS)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(PACKAGES)}; all but torch"
    )
    parser.add_argument(
        "--torch-index-url", default=TORCH_INDEX, metavar="URL", help="for torch alone"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(PACKAGES):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(PACKAGES)}")
    indexes = defaultdict(lambda: options.index_url, torch=options.torch_index_url)
    console = report.console()
    found: dict[str, list[Variant]] = {}
    failed: list[str] = []
    runs: dict[str, list[Run]] = {}
    build()
    for name in options.names or filter("torch".__ne__, PACKAGES):
        try:
            found[name] = variants(name, indexes[name])
        except (releases.InstallationError, LockError) as error:
            failed.append(name)
            print(f"{name}: {error}", file=sys.stderr)
        except subprocess.CalledProcessError as error:
            failed.append(name)
            print(f"{name}: {error}\n{error.stderr or ''}", file=sys.stderr)
    if not options.rounds:
        return 1 if failed else 0
    begun = begin()
    for name, ways in list(found.items()):
        try:
            runs |= measure(ways, options.rounds, command.progress(console))
        except FailedRunError as error:
            failed.append(name)
            del found[name]
            print(f"{name}: {error}", file=sys.stderr)
    ways = [way for some in found.values() for way in some]
    results = document("packages", ways, runs, begun, rounds=options.rounds, failed=failed)
    report.show(report.packages_table(results), console)
    command.keep(results, console, whole=not options.names)
    return 1 if failed else 0
