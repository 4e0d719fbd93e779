"""What modules that wait for their first use save: `python -m benchmarks lazy [NAME...]`.

For each package the real installer makes a release, which says which names would save most, and a
second one with these names. Then the handler answers an empty event in fresh processes, from the
local disk. Their CPU time and the modules that they run do not depend on what else the machine
does, so the table is written under load, too, and says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from components.lock import LockError

from .. import report
from ..harness import KEPT, FailedRunError, begin, command, machine, save
from ..material import MORE, PACKAGES, releases

PROGRAM = """
import json, os, resource, sys
sys.path.insert(0, sys.argv[1])
os.environ["RELEASE_PATH"] = sys.argv[2]
import handler
assert handler.handler({})["statusCode"] == 200
from release.lazy import WaitingModule
inside = sys.argv[2] + "/"
ran = [m for m in list(sys.modules.values()) if type(m) is not WaitingModule
       and str(getattr(getattr(m, "__spec__", None), "origin", "")).startswith(inside)]
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, len(ran)]), flush=True)
os._exit(0)
"""
NAMES = ("scipy", "pandas", "scikit-learn", *MORE)


def measured(name: str, rounds: int, index: str) -> dict[str, Any]:
    """One package: the names that its release suggests, and what they save."""
    package = (PACKAGES | MORE)[name]
    code = releases.program(f"{name}-lazy", package.model)
    locks = releases.locked("\n".join(package.requirements) + "\n", name, index=index)
    made = releases.release(locks, code, f"{name}-eager", index=index)
    summary = json.loads((made.parents[1] / releases.SUMMARY).read_text(encoding="ascii"))
    suggested: dict[str, float] = summary["suggested"]
    ways = {"plain": made}
    if suggested:
        deferring = releases.deferring(locks, " ".join(sorted(suggested)))
        ways["lazy"] = releases.release(deferring, code, f"{name}-lazy", index=index)
    runs: dict[str, list[list[float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, release in ways.items():
            words = [sys.executable, "-I", "-S", "-B", "-c", PROGRAM, str(code), str(release)]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise FailedRunError(f"{name}, {way}: {done.stderr}")
            runs[way].append(json.loads(done.stdout.splitlines()[-1]))
    version = releases.versions(made).get(name.replace("-", "_"), "")
    return {"package": f"{name} {version}".strip(), "suggested": suggested, "runs": runs}


def main(arguments: list[str]) -> int:
    """Measure, print the table and keep the raw results."""
    parser = command.parser("lazy", __doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(NAMES)}")
    begun = begin(seconds=0)
    found, failed = [], []
    for name in options.names or NAMES:
        try:
            found.append(measured(name, options.rounds, options.index_url))
        except (FailedRunError, releases.InstallationError, LockError) as error:
            failed.append(name)
            print(f"{name}: {error}", file=sys.stderr)
    results = {
        "benchmark": "lazy",
        **begun,
        "machine": machine(),
        "rounds": options.rounds,
        "load_at_end": round(os.getloadavg()[0], 2),
        "packages": found,
        "failed": failed,
    }
    report.show(report.lazy_table(results), console := report.console())
    console.print(f"raw results: {save(results, KEPT) if options.names else save(results)}")
    return 1 if failed else 0
