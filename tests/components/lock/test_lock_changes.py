"""`make lock` keeps what is locked, takes newer versions on request, and says what changed."""

from __future__ import annotations

import pytest

from components.lock.changes import changes
from tests.lambda_src.conftest import build_wheel

from .conftest import Locks

OLD = build_wheel("shapes", {"shapes.py": ""}, version="1.0")
NEW = build_wheel("shapes", {"shapes.py": ""}, version="1.1")
CIRCLES = build_wheel("circles", {"circles.py": ""}, version="2.0")
NEWER_CIRCLES = build_wheel("circles", {"circles.py": ""}, version="2.1")
SQUARES = build_wheel("squares", {"squares.py": ""}, version="3.0")
HASH = "--hash=sha256:"


@pytest.fixture
def locked(locks: Locks) -> Locks:
    locks.index.add(OLD, CIRCLES)
    locks.ask("shapes\ncircles\n")
    run = locks.one()
    assert (run.code, run.output) == (0, "python3.11-x86_64: new, 2 packages\n")
    locks.index.add(NEW, NEWER_CIRCLES, SQUARES)
    return locks


def test_what_is_locked_stays_when_the_index_has_newer_versions(locked: Locks) -> None:
    before = locked.text()
    run = locked.one()
    assert (run.code, run.output) == (0, "python3.11-x86_64: unchanged, 2 packages\n")
    assert locked.text() == before


def test_another_package_changes_no_other_version(locked: Locks) -> None:
    locked.ask("shapes\nsquares\n")
    assert locked.one().output == (
        "python3.11-x86_64: 2 packages\n    - circles 2.0\n    + squares 3.0\n"
    )
    assert locked.pins() == ["shapes==1.0", "squares==3.0"]


def test_one_package_is_upgraded_by_name(locked: Locks) -> None:
    run = locked.one("--upgrade-package", "Shapes")
    assert run.output == "python3.11-x86_64: 2 packages\n    shapes 1.0 -> 1.1\n"
    assert locked.pins() == ["circles==2.0", "shapes==1.1"]


def test_everything_is_upgraded_at_once(locked: Locks) -> None:
    assert locked.one("--upgrade").output == (
        "python3.11-x86_64: 2 packages\n    circles 2.0 -> 2.1\n    shapes 1.0 -> 1.1\n"
    )


def test_a_version_that_no_longer_satisfies_is_another_one(locked: Locks) -> None:
    locked.ask("shapes>1.0\ncircles\n")
    assert "    shapes 1.0 -> 1.1\n" in locked.one().output


def test_a_name_that_is_not_locked_cannot_be_upgraded(locked: Locks) -> None:
    before = locked.text()
    run = locked.one("--upgrade-package", "shape")
    assert run.code == 1
    assert run.errors.startswith("no lock has shape, so there is nothing to upgrade. ")
    assert locked.text() == before


def test_a_file_that_the_index_has_besides_changes_nothing(locked: Locks) -> None:
    before = locked.text()
    locked.index.add(
        build_wheel("shapes", {"shapes.py": "#"}, tag="cp311-cp311-manylinux2014_x86_64")
    )
    assert locked.one().output == "python3.11-x86_64: unchanged, 2 packages\n"
    assert locked.text() == before
    assert "    shapes 1.0 -> 1.1\n" in locked.one("--upgrade").output


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, f"a==1 {HASH}a\n", ["+ a 1"]),
        (f"a==1 {HASH}a\n", f"a==1 {HASH}a\n", []),
        (f"a==1 {HASH}a\n", f"a==1 {HASH}b\n", ["a 1, another file"]),
        (f"a==1+cpu {HASH}a\n", f"a==2+cpu {HASH}a\n", ["a 1+cpu -> 2+cpu"]),
        (
            f"a @ https://x.org/a-1-py3-none-any.whl {HASH}a\n",
            f"a @ https://x.org/a-2-py3-none-any.whl {HASH}b\n",
            ["a 1 -> 2"],
        ),
        (f"# why\na==1 {HASH}a\n", f"# not\na==1 {HASH}a\n", []),
    ],
)
def test_changes_are_said_as_versions(before: str | None, after: str, said: list[str]) -> None:
    assert changes(before, after) == said
