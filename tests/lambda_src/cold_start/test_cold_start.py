"""A release is imported from its bundle; whatever is wrong with it, the import still succeeds."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_src.release.bundle import BUNDLE, READ, Bundle
from lambda_src.release.bundle import head as bundle_head
from lambda_src.release.layout import FORMAT

from ..bundled import FILES, MODEL, Imported, run
from ..conftest import RELEASE_ID, Index, Populate, build_wheel


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Populate]:
    """A release with a bundle. Shared: nobody changes it."""
    wheel = build_wheel("shapes", FILES)
    with Index(wheel) as index:
        populate = Populate(tmp_path_factory.mktemp("made"), index)
        populate.write_model(MODEL)
        populate.write_lock(wheel.pin)
        done = populate.run()
        assert done.code == 0, done.message
        yield populate


@pytest.fixture
def changed(made: Populate, tmp_path: Path) -> Path:
    """A release of the same id whose bundle may be changed."""
    release = tmp_path / "releases" / RELEASE_ID
    release.mkdir(parents=True)
    for name in ("site-packages", "manifest.json"):
        (release / name).symlink_to(made.release / name)
    (release / BUNDLE).write_bytes((made.release / BUNDLE).read_bytes())
    return release


@pytest.fixture(scope="module")
def plain(made: Populate, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """How the import is without a bundle."""
    scratch = tmp_path_factory.mktemp("plain")
    return run(made, made.release, scratch, RELEASE_COLD_START="off")


def test_modules_come_from_the_bundle(made: Populate, plain: Imported, tmp_path: Path) -> None:
    imported = run(made, made.release, tmp_path)
    assert imported.state.startswith("bundle, ")
    assert imported.same == plain.same
    assert imported.opened == [BUNDLE]
    assert imported.logs == []


def test_data_that_the_import_reads_comes_from_the_bundle_and_later_from_the_files(
    made: Populate, plain: Imported, changed: Path, tmp_path: Path
) -> None:
    (changed / "site-packages").unlink()
    shutil.copytree(made.release / "site-packages", changed / "site-packages")
    (changed / "site-packages" / "odd" / "table.csv").write_text("changed")
    imported = run(made, changed, tmp_path / "tmp")
    at_import, *_, later = imported.same["odd"][5], imported.same["odd"][-1]
    assert (imported.replaced, at_import, later) == (True, "a,b\n1,2\n", "changed")
    assert plain.same["odd"][5] == plain.same["odd"][-1] == at_import
    assert not plain.replaced


WRAPPED = """
import builtins
def wrapped(*arguments, plain=open):
    return plain(*arguments)
builtins.open = wrapped
"""


def test_an_open_that_is_not_the_interpreters_own_is_not_replaced(
    made: Populate, plain: Imported, tmp_path: Path
) -> None:
    imported = run(made, made.release, tmp_path, before=WRAPPED)
    assert imported.same["odd"][:8] == plain.same["odd"][:8]
    assert not imported.replaced


SEARCHED = """
import importlib.util
sys.path.insert(0, release + "/site-packages")
importlib.util.find_spec("not_there")
"""


def test_modules_come_from_the_bundle_after_a_plain_search_as_well(
    made: Populate, plain: Imported, tmp_path: Path
) -> None:
    imported = run(made, made.release, tmp_path, before=SEARCHED)
    assert (imported.opened, imported.same) == ([BUNDLE], plain.same)


def test_switched_off_everything_is_plain(plain: Imported) -> None:
    assert (plain.state, BUNDLE in plain.opened) == ("off", False)


def test_the_bundle_is_in_the_manifest(made: Populate) -> None:
    listed = json.loads((made.release / "manifest.json").read_text())["files"]
    assert listed[BUNDLE][0] == (made.release / BUNDLE).stat().st_size


def test_the_same_bundle_serves_a_release_elsewhere(
    made: Populate, plain: Imported, changed: Path, tmp_path: Path
) -> None:
    imported = run(made, changed, tmp_path / "tmp")
    assert (imported.state[:6], imported.same) == ("bundle", plain.same)


@pytest.mark.parametrize("kept", [0, 1, 40, 200, 0.3, 0.5, 0.9, 0.9999])
def test_a_truncated_bundle_is_no_worse_than_none(
    made: Populate, plain: Imported, changed: Path, tmp_path: Path, kept: float
) -> None:
    path = changed / BUNDLE
    size = path.stat().st_size
    os.truncate(path, int(kept * size) if isinstance(kept, float) else kept)
    assert run(made, changed, tmp_path / "tmp").same == plain.same


def flips(made: Populate) -> dict[str, tuple[int, int]]:
    """The parts of a bundle, from byte to byte."""
    bundle = Bundle(str(made.release))
    first = len((made.release / BUNDLE).read_bytes().partition(b"\n")[0])
    parts = {"line": (0, first + 1), "index": (first + 1, bundle.start)}
    for path, (offset, size, *_) in bundle.files.items():
        parts[path] = bundle.start + offset, bundle.start + offset + size
    os.close(bundle.descriptor)
    return parts


@pytest.mark.parametrize("part", ["line", "index", "bytecode", "data"])
@pytest.mark.parametrize("seed", range(3))
def test_a_bundle_with_a_flipped_byte_is_no_worse_than_none(
    made: Populate, plain: Imported, changed: Path, tmp_path: Path, part: str, seed: int
) -> None:
    chance = random.Random(seed)
    kinds = {"bytecode": ".pyc", "data": ".csv"}
    kind = kinds.get(part, part)
    begin, end = chance.choice([span for name, span in flips(made).items() if name.endswith(kind)])
    content = bytearray((changed / BUNDLE).read_bytes())
    content[chance.randrange(begin, end)] ^= 1 << chance.randrange(8)
    (changed / BUNDLE).write_bytes(content)
    imported = run(made, changed, tmp_path / "tmp")
    assert imported.same == plain.same
    if part in ("bytecode", "data"):
        assert imported.state.startswith("damaged bundle")
        assert ["damaged in the bundle" in log["message"] for log in imported.logs] == [True]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (importlib.util.MAGIC_NUMBER.hex(), "ffffffff"),
        (os.uname().machine, "riscv64"),
        (RELEASE_ID, "f" * 16),
        (f"cold-start {FORMAT}", "cold-start 1"),
    ],
    ids=["python", "architecture", "release", "format"],
)
def test_a_bundle_that_was_made_for_something_else_is_not_used(
    made: Populate, plain: Imported, changed: Path, tmp_path: Path, old: str, new: str
) -> None:
    content = (changed / BUNDLE).read_bytes()
    assert content.startswith(bundle_head(RELEASE_ID))
    (changed / BUNDLE).write_bytes(content.replace(old.encode(), new.encode(), 1))
    imported = run(made, changed, tmp_path / "tmp")
    assert (imported.state, imported.same) == ("plain", plain.same)
    assert [("has no bundle to use" in log["message"]) for log in imported.logs] == [True]


def test_a_missing_bundle_is_logged(
    made: Populate, plain: Imported, changed: Path, tmp_path: Path
) -> None:
    (changed / BUNDLE).unlink()
    imported = run(made, changed, tmp_path / "tmp")
    assert (imported.state, imported.same) == ("plain", plain.same)
    assert "No such file or directory" in imported.logs[0]["message"]


KILLED = """
import signal
os.kill(cold_start._readers._pid, signal.SIGKILL)
"""
STOPPED = KILLED.replace("SIGKILL", "SIGSTOP")
FORK_REFUSED = """
def refused():
    raise BlockingIOError(11, "Resource temporarily unavailable")
os.fork = refused
"""
OTHER_THREAD = "threading.Thread(target=threading.Event().wait, daemon=True).start()"


@pytest.mark.parametrize(
    "faults",
    [
        {"TMPDIR": "/proc/nowhere"},
        {"before": FORK_REFUSED},
        {"before": OTHER_THREAD},
        {"after": KILLED},
        {"after": STOPPED},
    ],
    ids=["no-folder", "no-fork", "threads", "killed", "stopped"],
)
def test_the_import_succeeds_where_the_readers_do_not(
    made: Populate, plain: Imported, tmp_path: Path, faults: dict[str, Any]
) -> None:
    imported = run(made, made.release, tmp_path, **faults)
    assert imported.state.startswith("bundle")
    assert imported.same == plain.same


def test_hot_ranges_are_merged_and_cut(made: Populate) -> None:
    bundle = Bundle(str(made.release))
    os.close(bundle.descriptor)
    assert all(0 <= size <= READ for _, _, size in bundle.jobs)
