"""Writes what the packs know of AWS: `make reference`, or `--check` to compare.

That is which IAM actions have resources (AWS's Service Authorization Reference) and until when
runtimes are supported (Lambda developer guide), as cfn-lint carries both; and what the policies
that AWS manages say of EFS clients, as moto carries them. The packs read the written files alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "policies" / "reading" / "reference"


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


def managed_policies(policies: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Any]]:
    """By managed policy its statements that speak of EFS clients; of most there are none."""
    clients = [f"elasticfilesystem:client{what}" for what in ("mount", "write", "rootaccess")]

    def names_a_client(statement: Mapping[str, Any]) -> bool:
        patterns = _listed(statement.get("Action", statement.get("NotAction", [])))
        named = [any(fnmatchcase(one, pattern.lower()) for pattern in patterns) for one in clients]
        return any(named) if "Action" in statement else not all(named)

    return {
        name: [one for one in _listed(policy["Document"]["Statement"]) if names_a_client(one)]
        for name, policy in sorted(policies.items())
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _of_cfn_lint(name: str) -> tuple[str, Any]:
    source = distribution("cfn-lint")
    path = Path(str(source.locate_file(f"cfnlint/data/AdditionalSpecs/{name}.json")))
    return f"cfn-lint {source.version}, {name}.json", json.loads(path.read_text(encoding="utf-8"))


def _of_moto() -> tuple[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    source = f"moto {distribution('moto').version}, aws_managed_policies.py"
    return source, json.loads(aws_managed_policies_data)


_TABLES: dict[str, tuple[Callable[[], tuple[str, Any]], Callable[..., Mapping[str, Any]]]] = {
    "iam_actions": (partial(_of_cfn_lint, "Policies"), actions),
    "managed_policies": (_of_moto, managed_policies),
    "runtimes": (partial(_of_cfn_lint, "LmbdRuntimeLifecycle"), runtimes),
}


def rendered(name: str, date: str) -> str:
    """A file as it should be; a line for each service, policy or runtime."""
    read, table = _TABLES[name]
    source, found = read()
    lines = ",\n".join(
        f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in table(found).items()
    )
    about = {"source": source, "date": date}
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
            f"{path.name} differs from its source as it is installed. Remedy: `make reference`",
            file=sys.stderr,
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
