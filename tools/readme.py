"""Writes the generated parts of README.md: `python -m tools.readme`, or `--check` to compare.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import argparse
import json
import re
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from policies.guardrails import pack as guardrails
from policies.mounts import pack as mounts
from policies.reading.pack import Rule

ROOT = Path(__file__).parents[1]
_PART = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def configuration_table(project: Path) -> str:
    """The keys of a Pulumi project file as a Markdown table."""
    declared = yaml.safe_load(project.read_text(encoding="utf-8"))["config"]
    rows = ["| Key | Type | Default | Meaning |", "|---|---|---|---|"]
    for key, entry in declared.items():
        default = json.dumps(entry["default"]).strip('"') or "(empty)"
        rows.append(f"| `{key}` | {entry['type']} | `{default}` | {entry['description']} |")
    return "\n".join(rows) + "\n"


def exit_code_table(layout: Path) -> str:
    """The installer's exit codes, from the docstring of `ExitCode`, as a Markdown table."""
    documented = runpy.run_path(str(layout))["ExitCode"].__doc__
    rows = ["| Code | Meaning |", "|---|---|"]
    rows += [
        f"| {found[1]} | {found[2]} |"
        for found in re.finditer(r"^ *(\d+) {2,}(.+)$", documented, re.MULTILINE)
    ]
    return "\n".join(rows) + "\n"


def policy_table(packs: Sequence[tuple[str, Sequence[Rule]]]) -> str:
    """The rules of the policy packs as a Markdown table."""
    rows = ["| Pack | Rule | Default | What it demands | Parameters |", "|---|---|---|---|---|"]
    for pack, rules in packs:
        for rule in rules:
            parameters = ", ".join(f"`{name}`" for name in rule.parameters) or "-"
            rows.append(
                f"| {pack} | `{rule.name}` | {rule.level.value} | {rule.description} "
                f"| {parameters} |"
            )
    return "\n".join(rows) + "\n"


def reliability_table(counts: Path) -> str:
    """What `make soak` has counted, as a Markdown table with a sentence below."""
    soak = json.loads(counts.read_text(encoding="utf-8"))
    rows = [
        "| Fault | Cases | Next runs that succeeded | Releases verified | Violations |",
        "|---|---|---|---|---|",
    ]
    columns = ("cases", "next_runs", "verified", "violations")
    for row in soak["faults"]:
        numbers = " | ".join(f"{row[column]:,}" for column in columns)
        rows.append(f"| {row['fault']} | {numbers} |")
    rows += [
        "",
        f"Counted on {soak['date']} at commit `{soak['commit']}` in {soak['seconds'] / 60:,.0f} "
        f"minutes ({soak['machine']}, Python {soak['python']}, seed {soak['seed']}). Meanwhile "
        f"readers looked at a release {soak['reads']:,} times, each time at all of its files.",
    ]
    return "\n".join(rows) + "\n"


def rendered(text: str) -> str:
    """README text with every generated part as it should be.

    Raises:
        KeyError: A part is named that nothing generates.
    """
    parts = {
        "configuration": configuration_table(ROOT / "Pulumi.yaml"),
        "policies": policy_table((("mounts", mounts.RULES), ("guardrails", guardrails.RULES))),
        "reliability": reliability_table(ROOT / "docs" / "reliability.json"),
        "exit-codes": exit_code_table(ROOT / "lambda_src" / "release" / "layout.py"),
    }
    return _PART.sub(lambda found: f"{found[1]}{parts[found['name']]}{found[4]}", text)


def main() -> int:
    """Write or check; exit status 1 when the check finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m tools.readme", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    arguments = parser.parse_args()
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    wanted = rendered(text)
    if text == wanted:
        return 0
    if arguments.check:
        print("README.md: a generated part is out of date. Remedy: `make readme`", file=sys.stderr)
        return 1
    readme.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
