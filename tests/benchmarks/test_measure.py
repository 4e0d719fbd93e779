"""The harness: runs, turns, ways, extrapolation."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import answers, imports, measure, populate, releases
from benchmarks.efs import ROOT, Efs, Preset
from benchmarks.measure import FailedRunError, Variant
from lambda_src.release.layout import FORMAT
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
    words = {"words": way.split()} if " " in way else {}
    return Variant(
        name=way,
        labels={"way": way, "storage": "central"},
        way="command" if words else way,
        program=APPLICATION.parent,
        release=target / "release",
        backing=target,
        reference="copy",
        efs=efs,
        arguments={"source": str(source), **words},
    )


def test_variants_take_turns(source: Path) -> None:
    ways = [copying(source, "copytree"), copying(source, "copy")]
    order: list[tuple[str, int]] = []
    runs = measure.measure(
        ways, 2, lambda way, number, _: order.append((way.name, number)), populate.empty
    )
    assert order == [("copytree", 0), ("copy", 0), ("copytree", 1), ("copy", 1)]
    assert {name: len(found) for name, found in runs.items()} == {"copytree": 2, "copy": 2}
    assert all(run.seconds > 0 for run in runs["copy"])


def test_what_takes_long_takes_part_in_fewer_rounds(source: Path) -> None:
    ways = [replace(copying(source, "copytree"), turns=1), copying(source, "copy")]
    runs = measure.measure(ways, 2, prepare=populate.empty)
    assert {name: len(found) for name, found in runs.items()} == {"copytree": 1, "copy": 2}


@pytest.mark.parametrize("way", ["copytree", "cp -r", "threads", "copy"])
def test_a_tree_is_copied_onto_the_simulated_efs(simulator: None, source: Path, way: str) -> None:
    variant = copying(source, way, Efs(preset=FREE, creating=True))
    populate.empty(variant)
    run = variant.run()
    copied = variant.release / ("" if way == "copy" else "site-packages")
    assert [path.relative_to(copied) for path in sorted(copied.rglob("*"))] == [
        path.relative_to(source) for path in sorted(source.rglob("*"))
    ]
    assert (copied / "large").read_bytes() == (source / "large").read_bytes()
    assert (copied / "package3" / "link").read_text() == "NUMBER = 3\n"
    assert run.requests["create"] == 7
    assert run.requests["symlink"] == 6
    assert "missing" not in run.requests
    assert run.bytes_written == populate.Extent.of(source).bytes


@pytest.mark.parametrize("way", ["copytree", "cp -r"])
def test_the_requests_of_a_sample_are_scaled_to_those_of_the_whole(
    simulator: None, source: Path, way: str
) -> None:
    whole = populate.Extent.of(source)
    part = populate.sample(source, source.parent / "part", 2)
    counted = {}
    for tree in (source, source.parent / "part"):
        variant = copying(tree, way, Efs(preset=FREE, creating=True))
        populate.empty(variant)
        counted[tree.name] = variant.run().requests
    scaled = part.scaled(counted["part"], whole)
    kinds = {"create", "write", "close", "symlink", "setattr"} & counted["source"].keys()
    assert {kind: scaled[kind] for kind in kinds} == pytest.approx(
        {kind: counted["source"][kind] for kind in kinds}, rel=0.15
    )


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


COMMIT = measure.commit().rstrip("+")


def against(found: imports.Trees, home: Path) -> Iterable[Variant]:
    return imports.variants(found, home, [COMMIT])


@pytest.mark.parametrize("ways", [imports.variants, answers.variants, against])
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
    names = (*imports.MODELS, imports.LAZY, imports.TAR, COMMIT)
    return imports.Trees(
        folder / "plain", {name: made.with_name(name.replace("/", "")) for name in names}
    )


def test_an_earlier_commit_is_measured_with_its_own_code_and_release(tmp_path: Path) -> None:
    found = list(against(trees(tmp_path), tmp_path / "home"))
    way = next(way for way in found if way.name == f"import, handler of {COMMIT}, central")
    own = next(way for way in found if way.name == "import, handler, central")
    assert (way.program / "handler.py").exists()
    assert (way.release.name, own.release.name) == (COMMIT, "import")
    assert way.program != own.program


def test_a_commit_that_is_not_there_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(releases.InstallationError, match=r"0123abc cannot be had: .*0123abc"):
        releases.source_of("0123abc", tmp_path)


def test_only_the_line_that_defers_modules_differs(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("# release: lazy a\n# release: keep b\nb==1\n")
    plain, lazy = (releases.deferring(lock, names, tmp_path) for names in ("", "c d"))
    assert plain.read_text() == "# release: keep b\nb==1\n"
    assert lazy.read_text() == f"# release: lazy c d\n{plain.read_text()}"


def test_rivals_import_from_the_local_disk(simulator: None, tmp_path: Path) -> None:
    made = tmp_path / "efs" / "releases" / "id"
    (made / "site-packages" / "shapes").mkdir(parents=True)
    (made / "site-packages" / "shapes" / "__init__.py").write_text("HERE = __file__\n")
    (made / "manifest.json").write_text('{"files": {"site-packages/shapes/__init__.py": [1, ""]}}')
    code = tmp_path / "code"
    code.mkdir()
    (code / "model.py").write_text(
        f"import shapes\ndef demonstrate():\n    assert {str(tmp_path)!r} not in shapes.HERE\n"
    )
    archive = releases.archive(made, tmp_path / "home")
    for way, release in (("tar", archive), ("download", made)):
        run = replace(
            copying(made, way, Efs(preset=FREE, read_only=True)),
            program=code,
            release=release,
            backing=release,
            arguments={},
        ).run()
        assert run.bytes_read > 0


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


def test_measuring_begins_when_the_machine_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = iter([3.0, 0.9, 0.4, 0.4])
    monkeypatch.setattr("os.getloadavg", lambda: (next(loads), 9.0, 9.0))
    begun = measure.begin(pause=0)
    assert (begun["load"], begun["format"]) == (0.4, FORMAT)
    monkeypatch.setattr("os.getloadavg", lambda: (3.0, 0.0, 0.0))
    assert measure.begin(seconds=0)["load"] == 3.0
