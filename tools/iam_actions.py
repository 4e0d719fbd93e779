"""Writes which IAM actions have resources: `python -m tools.iam_actions`, or `--check` to compare.

The source is AWS's Service Authorization Reference as cfn-lint carries it, which the development
environment has through moto. The policy pack reads the written file alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

WRITTEN = Path(__file__).parents[1] / "policies" / "guardrails" / "reference" / "iam_actions.json"
_DATA = "cfnlint/data/AdditionalSpecs/Policies.json"


def table(reference: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """By service two texts: its actions that have resources, and those that have none."""
    found = {}
    for service, entry in sorted(reference.items()):
        actions: dict[str, dict[str, Any]] = entry["Actions"]
        having = sorted(name for name, action in actions.items() if action.get("Resources"))
        found[service] = [" ".join(having), " ".join(sorted(set(actions) - set(having)))]
    return found


def rendered(date: str) -> str:
    """The file as it should be; a line for each service."""
    source = distribution("cfn-lint")
    path = Path(str(source.locate_file(_DATA)))
    services = table(json.loads(path.read_text(encoding="utf-8")))
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(two)}" for name, two in services.items())
    about = {
        "source": "AWS Service Authorization Reference, as cfn-lint has it",
        "version": source.version,
        "date": date,
    }
    head = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in about.items())
    return f'{{\n{head} "services": {{\n{lines}\n }}\n}}\n'


def main(arguments: list[str] | None = None) -> int:
    """Write or check; exit status 1 when the check finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m tools.iam_actions", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    if not parser.parse_args(arguments).check:
        WRITTEN.write_text(rendered(datetime.now(UTC).date().isoformat()), encoding="utf-8")
        return 0
    written = WRITTEN.read_text(encoding="utf-8")
    if written == rendered(json.loads(written)["date"]):
        return 0
    print(
        f"{WRITTEN.name} differs from the reference that is installed. Remedy: "
        "`python -m tools.iam_actions`",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
