"""What tables and plots make of results, and which of them may stand in docs/."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks import harness, report
from benchmarks.harness import Run, command
from benchmarks.report import chart
from benchmarks.simulator import PRESETS, Efs

from ..conftest import copying

BEGUN = {"date": "2026-11-27T12:00:00+00:00", "commit": "abc", "format": 5, "load": 0.3}


def results(*seconds: tuple[str, list[float]]) -> dict[str, Any]:
    """Raw results of imports with these seconds."""
    requests = {"read": 10, "lookup": 5}
    variants = [
        replace(
            copying(Path("/source"), way, Efs(preset=PRESETS["central"]) if number else None),
            name=f"import, {way}",
            labels={
                "workload": "import",
                "way": way,
                "storage": "central" if number else "local",
            },
            reference=f"import, {seconds[0][0]}",
        )
        for number, (way, _) in enumerate(seconds)
    ]
    runs = {
        f"import, {way}": [
            Run(seconds=value, requests=requests if number else {}, bytes_read=2_000_000)
            for value in values
        ]
        for number, (way, values) in enumerate(seconds)
    }
    return harness.document("imports", variants, runs, BEGUN, rounds=3)


def test_a_ratio_is_taken_within_a_round_before_the_median() -> None:
    found = results(("base", [1.0, 2.0, 4.0]), ("way", [3.0, 4.0, 8.0]))
    base, way = found["variants"]
    assert report.median(way, "seconds") == 4.0
    assert report.ratio(way, base) == 2.0
    assert report.round_trips(way) == 15
    assert report.round_trips(way, "lookup") == 5


def test_a_table_has_a_row_for_each_variant() -> None:
    table = report.import_table(results(("base", [1.0, 2.0, 4.0]), ("way", [3.0, 4.0, 8.0])))
    assert table.markdown().splitlines()[2:] == [
        "| local: base | 2.00 | 100 % | 1.00 |  |  |  |",
        "| central: way | 4.00 | 100 % | 2.00 |  | 15 | 2 |",
    ]


def test_a_handler_is_compared_with_that_of_an_earlier_commit() -> None:
    found = results(("base", [1.0]), ("handler of abc", [4.0]), ("handler", [2.0]))
    for way in found["variants"]:
        way["name"] += f", {way['labels']['storage']}"
    table = report.import_table(found)
    assert table.columns[3:6] == ("x local", "x local, no gc", "x abc")
    assert [row[5] for row in table.rows] == ["", "1.00", "0.50"]


def test_what_spreads_is_left_out_and_named() -> None:
    found = results(("base", [1.0, 1.09, 0.91]), ("way", [1.0, 1.11, 1.0]), ("once", [3.0]))
    shown, left = report.steady(found)
    assert [way["name"] for way in shown["variants"]] == ["import, base", "import, once"]
    assert "import, way" in report.left_out(left)
    assert report.left_out([]) == ""


@pytest.mark.parametrize(("load", "where"), [(0.5, "docs"), (0.51, "kept")])
def test_what_began_on_a_busy_machine_is_not_for_docs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: float, where: str
) -> None:
    monkeypatch.setattr(command, "RESULTS", tmp_path / "docs")
    monkeypatch.setattr(command, "KEPT", tmp_path / "kept")
    screen = Console(record=True, width=200)
    command.keep({**results(("base", [1.0])), "load": load}, screen)
    assert [path.parent.name for path in tmp_path.rglob("imports.json")] == [where]
    assert ("not for docs/" in screen.export_text()) == (where == "kept")


def test_results_survive_a_file(tmp_path: Path) -> None:
    found = results(("base", [1.0]))
    harness.save(found, tmp_path)
    assert harness.load("imports", tmp_path) == found
    assert harness.load("nothing", tmp_path) is None
    assert json.loads((tmp_path / "imports.json").read_text())["machine"]["cpus"] >= 1


def test_a_plot_is_well_formed_and_its_longest_bar_fills_the_width() -> None:
    groups = [
        chart.Group("a & b", (chart.Bar("one", 50.0), chart.Bar("two", 100.0))),
        chart.Group("c", (chart.Bar("two", 0.0),)),
    ]
    root = ElementTree.fromstring(chart.svg("Seconds <", "s", groups))
    space = "{http://www.w3.org/2000/svg}"
    widths = [float(bar.attrib["width"]) for bar in root.iter(f"{space}rect")]
    full = chart.WIDTH - chart.LABELS - chart.VALUES
    assert widths == [full / 2, full, 1.0]
    texts = [text.text for text in root.iter(f"{space}text")]
    assert {"a & b", "50.0 s", "100 s", "0.00 s"} <= set(texts)


def test_every_plot_is_drawn_from_results() -> None:
    found = results(("sys.path", [1.0]), ("handler", [2.0]))
    for name in report.PLOTS["imports"]:
        root = ElementTree.fromstring(report.plot(name, found))
        assert list(root.iter("{http://www.w3.org/2000/svg}rect"))


def test_a_package_shows_what_was_steady() -> None:
    found = results(("local", [0.1]), ("sys.path", [1.0]), ("handler", [0.2]))
    for way, name in zip(found["variants"], ("local", "sys.path", "handler"), strict=True):
        way |= {"name": f"numpy, {name}", "reference": "numpy, local"}
        way["labels"] = {"package": "numpy 2", "files": "9", "mb": "1", "way": name}
    assert report.TABLES["packages"](found).rows == (
        (
            "numpy 2",
            "9",
            "1",
            "0.10",
            "1.00",
            "10.0",
            "15",
            "5",
            "0.20",
            "one run",
            "2.0",
            "15",
            "5",
        ),
    )
    found["variants"] = found["variants"][1:2]
    assert report.TABLES["packages"](found).rows == (
        ("numpy 2", "9", "1", "", "1.00", "", "15", "5", "", "", "", "", ""),
    )
