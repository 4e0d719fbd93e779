"""Writes what the guardrails know of AWS: `python -m tools.reference`, or `--check` to compare.

That is which IAM actions have resources (AWS's Service Authorization Reference) and until when
runtimes are supported (Lambda developer guide), as cfn-lint carries both; the development
environment has it through moto. The policy pack reads the written files alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "policies" / "guardrails" / "reference"


def actions(reference: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """By service two texts: its actions that have resources, and those that have none."""
    found = {}
    for service, entry in sorted(reference.items()):
        every: dict[str, dict[str, Any]] = entry["Actions"]
        having = sorted(name for name, action in every.items() if action.get("Resources"))
        found[service] = [" ".join(having), " ".join(sorted(set(every) - set(having)))]
    return found


def runtimes(reference: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """By runtime the day from which AWS no longer supports it."""
    return {name: entry["deprecated"] for name, entry in sorted(reference.items())}


_TABLES: dict[str, tuple[str, Callable[..., Mapping[str, Any]]]] = {
    "iam_actions": ("Policies", actions),
    "runtimes": ("LmbdRuntimeLifecycle", runtimes),
}


def rendered(name: str, date: str) -> str:
    """A file as it should be; a line for each service or runtime."""
    file, table = _TABLES[name]
    source = distribution("cfn-lint")
    path = Path(str(source.locate_file(f"cfnlint/data/AdditionalSpecs/{file}.json")))
    found = table(json.loads(path.read_text(encoding="utf-8")))
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in found.items())
    about = {"source": f"cfn-lint {source.version}, {file}.json", "date": date}
    head = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in about.items())
    return f'{{\n{head} "table": {{\n{lines}\n }}\n}}\n'


def main(arguments: list[str] | None = None) -> int:
    """Write or check; exit status 1 when the check finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    check = parser.parse_args(arguments).check
    stale = []
    for name in _TABLES:
        path = FOLDER / f"{name}.json"
        if not check:
            path.write_text(rendered(name, datetime.now(UTC).date().isoformat()), encoding="utf-8")
            continue
        written = path.read_text(encoding="utf-8")
        if written != rendered(name, json.loads(written)["date"]):
            stale.append(path)
    for path in stale:
        print(
            f"{path.name} differs from the cfn-lint that is installed. Remedy: "
            "`python -m tools.reference`",
            file=sys.stderr,
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
