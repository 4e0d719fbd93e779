"""Writes the generated parts of README.md and docs/: `python -m tools.readme`.

With `--check` it compares and changes nothing. A part stands between `<!-- generated: NAME -->` and
`<!-- end -->`, in whichever page shows it. The plots beside the measured tables are files in docs/.
With them it writes requirements.txt: uv.lock, for `pulumi install`.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml

from benchmarks import harness, report
from components.gates.diagnosis import CAUSES
from policies.guardrails import pack as guardrails
from policies.mounts import pack as mounts
from policies.reading.pack import Rule
from tools import costs, drawing, rights
from tools.first_run import questions
from tools.tables import table

ROOT = Path(__file__).parents[1]
_TYPES = {str: "string", int: "integer", bool: "boolean", list: "list"}
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
"""Every page that may have generated parts."""
_PART = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def configuration_table(project: Path) -> str:
    """The keys of a Pulumi project file as a Markdown table."""
    declared = yaml.safe_load(project.read_text(encoding="utf-8"))["config"]
    rows = []
    for key, entry in declared.items():
        default = json.dumps(entry["default"]).strip('"') or "(empty)"
        type_ = _TYPES[type(entry["default"])]
        rows.append((f"`{key}`", type_, f"`{default}`", entry["description"]))
    return table(("Key", "Type", "Default", "Meaning"), rows)


def exit_code_table(layout: Path) -> str:
    """The installer's exit codes, from the docstring of `ExitCode`, as a Markdown table."""
    documented = runpy.run_path(str(layout))["ExitCode"].__doc__
    rows = re.findall(r"^ *(\d+) {2,}(.+)$", documented, re.MULTILINE)
    return table(("Code", "Meaning"), rows)


def event_table(handler: Path) -> str:
    """What the function answers to which event: the table in its docstring, as Markdown."""
    docstring = ast.get_docstring(ast.parse(handler.read_text(encoding="utf-8"))) or ""
    rows = [line for line in docstring.splitlines() if line.startswith("|")]
    return "\n".join(rows).replace("``", "`") + "\n"


def cause_table() -> str:
    """Why a populate task fails and what to do, as far as the gate knows, as a Markdown table."""
    rows = [(_cell(cause.what), _cell(cause.remedy)) for cause in CAUSES]
    return table(("What `pulumi up` says", "Remedy"), rows)


def _cell(text: str) -> str:
    """A text that is safe in Markdown: `<id>` is no HTML there."""
    outside = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in outside)


def policy_table(packs: Sequence[tuple[str, Sequence[Rule]]]) -> str:
    """The rules of the policy packs as a Markdown table."""
    rows = []
    for pack, rules in packs:
        for rule in rules:
            parameters = ", ".join(f"`{name}`" for name in rule.parameters) or "-"
            rows.append((pack, f"`{rule.name}`", rule.level.value, rule.description, parameters))
    return table(("Pack", "Rule", "Default", "What it demands", "Parameters"), rows)


def reliability_table(counts: Path) -> str:
    """What `make soak` has counted, as a Markdown table with a sentence below."""
    soak = json.loads(counts.read_text(encoding="utf-8"))
    head = ("Fault", "Cases", "Next runs that succeeded", "Releases verified", "Violations")
    columns = ("cases", "next_runs", "verified", "violations")
    rows = [(row["fault"], *(f"{row[column]:,}" for column in columns)) for row in soak["faults"]]
    below = (
        f"Counted on {soak['date']} at commit `{soak['commit']}` in {soak['seconds'] / 60:,.0f} "
        f"minutes ({soak['machine']}, Python {soak['python']}, seed {soak['seed']}). Meanwhile "
        f"readers looked at a release {soak['reads']:,} times, each time at all of its files."
    )
    return f"{table(head, rows)}\n{below}\n"


def of_results(benchmark: str, text: Callable[[report.Results], str]) -> str:
    """What a text makes of what a benchmark has measured."""
    results = harness.load(benchmark)
    if results is None:
        return f"Not measured yet: `make bench WHAT={benchmark}`.\n"
    return text(results)


def measured(benchmark: str) -> str:
    """What a benchmark has measured: conditions, plots, table. Text of a page in docs/."""

    def text(results: report.Results) -> str:
        shown, unsteady = report.steady(results)
        parts = [report.conditions(results) + "\n"]
        parts += [f"![{title}]({name}.svg)\n" for name, title in report.PLOTS[benchmark].items()]
        parts.append(report.TABLES[benchmark](shown).markdown())
        return "\n".join([*parts, *filter(None, [report.left_out(unsteady)])])

    return of_results(benchmark, text)


def published(results: report.Results) -> str:
    """What the benchmark of artifacts has measured of publishing. Text of a page in docs/."""
    return f"{report.conditions(results)}\n\n{report.published_table(results).markdown()}"


def deferred(results: report.Results) -> str:
    """What the benchmark of modules that wait has measured. Text of a page in docs/."""
    return f"{report.lazy_conditions(results)}\n\n{report.lazy_table(results).markdown()}"


def populated(results: report.Results) -> str:
    """What the benchmark of populates has measured. Text of a page in docs/."""
    return f"{measured('populate')}\n{report.phases(results)}"


def plots() -> dict[Path, str]:
    """Every plot of what has been measured: file and SVG text."""
    return {
        ROOT / "docs" / f"{name}.svg": report.plot(name, results)
        for benchmark, names in report.PLOTS.items()
        if (results := harness.load(benchmark)) is not None
        for name in names
    }


def requirements() -> str:
    """What runs the program, the packs and the embedded cloud, as pip reads it."""
    command = [sys.executable, "-m", "uv", "export", "--quiet", "--locked", "--offline"]
    command += ["--no-default-groups", "--extra", "local", "--no-emit-project"]
    command += ["--no-annotate", "--no-header"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(
            "uv.lock does not have what pyproject.toml asks for. Remedy: run "
            f"`.venv/bin/python -m uv lock`\n{done.stderr}"
        )
    return (
        f"# What `pulumi install` installs. Written from uv.lock by `make readme`.\n{done.stdout}"
    )


def generated() -> dict[str, str]:
    """Every generated part by its name."""
    return {
        "configuration": configuration_table(ROOT / "Pulumi.yaml"),
        "policies": policy_table((("mounts", mounts.RULES), ("guardrails", guardrails.RULES))),
        "reliability": reliability_table(ROOT / "docs" / "reliability.json"),
        **{f"bench-{benchmark}": measured(benchmark) for benchmark in report.TABLES},
        "bench-populate": of_results("populate", populated),
        "bench-lazy": of_results("lazy", deferred),
        "published-artifacts": of_results("artifacts", published),
        "bench-summary": of_results("imports", report.summary),
        "exit-codes": exit_code_table(ROOT / "lambda_src" / "release" / "layout.py"),
        "events": event_table(ROOT / "lambda_src" / "handler.py"),
        "causes": cause_table(),
        "alarms": drawing.table(),
        "costs": costs.cost_table(),
        "prices": costs.price_table(),
        "rights": rights.table(),
        "questions": questions.table(),
    }


def rendered(text: str, parts: Mapping[str, str]) -> str:
    """A page's text with every generated part as it should be.

    Raises:
        KeyError: A part is named that nothing generates.
    """
    return _PART.sub(lambda found: f"{found[1]}{parts[found['name']]}{found[4]}", text)


def main() -> int:
    """Write or check; exit status 1 when the check finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m tools.readme", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    arguments = parser.parse_args()
    parts = generated()
    wanted = {
        **{page: rendered(page.read_text(encoding="utf-8"), parts) for page in PAGES},
        ROOT / "requirements.txt": requirements(),
        **plots(),
        ROOT / "docs" / "dashboard.svg": drawing.svg(drawing.example()),
    }
    stale = [
        path
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if arguments.check:
        for path in stale:
            part = "a generated part" if path in PAGES else "it"
            print(
                f"{path.relative_to(ROOT)}: {part} is out of date. Remedy: `make readme`",
                file=sys.stderr,
            )
        return 1 if stale else 0
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
