"""The harness: runs, turns, ratios, extrapolation, tables and plots."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import answers, imports, measure, populate, report
from benchmarks.efs import PRESETS, ROOT, Efs, Preset
from benchmarks.measure import FailedRunError, Run, Variant
from benchmarks.report import chart
from tools.files import APPLICATION

from .conftest import FREE, wait_until


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small tree."""
    root = tmp_path / "source"
    for number in range(6):
        folder = root / f"package{number}"
        folder.mkdir(parents=True)
        (folder / "module.py").write_text(f"NUMBER = {number}\n")
        (folder / "link").symlink_to("module.py")
    (root / "large").write_bytes(b"x" * ((2 << 20) + 1))
    return root


def copying(source: Path, way: str, efs: Efs | None = None) -> Variant:
    """A variant that copies the tree."""
    target = source.parent / "target"
    return Variant(
        name=way,
        labels={"way": way, "storage": "central"},
        way=way,
        program=APPLICATION.parent,
        release=target / "release",
        backing=target,
        reference="copy",
        efs=efs,
        arguments={"source": str(source)},
    )


def test_variants_take_turns(source: Path) -> None:
    ways = [copying(source, "copytree"), copying(source, "copy")]
    order: list[tuple[str, int]] = []
    runs = measure.measure(
        ways, 2, lambda way, number, _: order.append((way.name, number)), populate.empty
    )
    assert order == [("copytree", 0), ("copy", 0), ("copytree", 1), ("copy", 1)]
    assert {name: len(found) for name, found in runs.items()} == {"copytree": 2, "copy": 2}
    assert all(run.seconds > 0 and run.memory_mb > 1 for run in runs["copy"])


@pytest.mark.parametrize("way", ["copytree", "copy"])
def test_a_tree_is_copied_onto_the_simulated_efs(simulator: None, source: Path, way: str) -> None:
    variant = copying(source, way, Efs(preset=FREE, creating=True))
    populate.empty(variant)
    run = variant.run()
    copied = variant.release / ("site-packages" if way == "copytree" else "")
    assert [path.relative_to(copied) for path in sorted(copied.rglob("*"))] == [
        path.relative_to(source) for path in sorted(source.rglob("*"))
    ]
    assert (copied / "large").read_bytes() == (source / "large").read_bytes()
    assert (copied / "package3" / "link").read_text() == "NUMBER = 3\n"
    assert run.requests["create"] == 7
    assert run.requests["symlink"] == 6
    assert "missing" not in run.requests
    assert run.bytes_written == populate.Extent.of(source).bytes


def test_the_requests_of_copytree_are_those_that_the_simulator_counts(
    simulator: None, source: Path
) -> None:
    variant = copying(source, "copytree", Efs(preset=FREE, creating=True))
    populate.empty(variant)
    counted = variant.run().requests
    expected = populate.Extent.of(source).copytree_requests()
    assert {kind: counted.get(kind, 0) for kind in expected} == expected


def test_a_run_that_fails_says_what_it_said(source: Path) -> None:
    variant = copying(source / "not-there", "copytree")
    with pytest.raises(FailedRunError, match=r"ended with 1(?s:.*)FileNotFoundError"):
        variant.run()


INTERRUPTED = """
import signal
import sys
from pathlib import Path
from benchmarks import populate
from benchmarks.efs import Efs, Preset
from tests.benchmarks.test_measure import copying
# A shell starts what runs in the background with SIGINT ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
variant = copying(Path(sys.argv[1]), "copytree", Efs(preset=Preset({}, creations=1)))
populate.empty(variant)
variant.run()
"""


def test_an_interrupt_leaves_no_process(simulator: None, source: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(source)]
    made = source.parent / "target" / "release" / "site-packages"
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
        wait_until(lambda: made.exists() or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert b"KeyboardInterrupt" in said
    wait_until(lambda: not processes_of(source.parent))
    assert str(source.parent) not in Path("/proc/self/mountinfo").read_text()


def processes_of(folder: Path) -> list[str]:
    """The processes with this folder in their command lines."""
    lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in lines.stdout.splitlines() if str(folder) in line]


@pytest.mark.parametrize("ways", [imports.variants, answers.variants])
def test_every_way_has_a_name_of_its_own_and_a_reference(
    tmp_path: Path, ways: Callable[[imports.Trees, Path], Iterable[Variant]]
) -> None:
    found = list(ways(trees(tmp_path), tmp_path / "home"))
    names = [variant.name for variant in found]
    assert len(set(names)) == len(names)
    assert {variant.reference for variant in found} <= set(names)


def test_words_choose_ways_with_what_their_ratios_refer_to(tmp_path: Path) -> None:
    found = list(imports.variants(trees(tmp_path), tmp_path / "home"))
    chosen = imports.select(found, ["handler, optimistic"])
    assert [variant.name for variant in chosen] == [
        "import, sys.path, local",
        "import, handler, optimistic",
    ]


def trees(folder: Path) -> imports.Trees:
    """Trees that are not there."""
    made = folder / "efs" / "releases" / "id"
    return imports.Trees(folder / "plain", dict.fromkeys(imports.MODELS, made))


def test_a_sample_has_whole_directories(source: Path, tmp_path: Path) -> None:
    whole = populate.Extent.of(source)
    assert populate.sample(source, tmp_path / "sample", 1) == whole
    assert whole == populate.Extent(
        files=7, directories=7, links=6, bytes=6 * 11 + (2 << 20) + 1, pieces=9, long=1
    )
    part = populate.sample(source, tmp_path / "sample", 3)
    assert 0 < part.directories < whole.directories


def test_cost_adds_latencies_and_bytes() -> None:
    preset = Preset({"create": 5.0, "write": 2.0, "close": 1.0}, bandwidth=100)
    # Two files of one and three pieces: the pieces of one file wait together.
    requests = {"create": 2, "write": 4, "close": 2}
    assert populate.cost(requests, 4_000_000, preset) == pytest.approx(0.016 + 0.04)


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
    return measure.document("imports", variants, runs, rounds=3)


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
        "| local, base | 2.00 | 1.00 |  |  |  |  | 0 |",
        "| central, way | 4.00 | 2.00 |  | 15 | 10 | 2 | 0 |",
    ]


def test_round_trips_are_counted_by_kind() -> None:
    table = report.kinds_table(results(("base", [1.0]), ("way", [2.0])))
    assert table.columns == ("Way", "lookup", "read")
    assert table.rows == (("import, way", "5", "10"),)


def test_results_survive_a_file(tmp_path: Path) -> None:
    found = results(("base", [1.0]))
    measure.save(found, tmp_path)
    assert measure.load("imports", tmp_path) == found
    assert measure.load("nothing", tmp_path) is None
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
    found = results(("base", [1.0]), ("way", [2.0]))
    for name in report.PLOTS["imports"]:
        ElementTree.fromstring(report.plot(name, found))
