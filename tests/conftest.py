"""What holds for all tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chain import SharedChain, alone
from tests.wheel.installed import build_wheel, make_environment

APPLICATION = Path(__file__).parents[1] / "lambda_src" / "application"

# The user's AWS settings are none of the tests' business; moto reads them already at import.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]


def pytest_configure() -> None:
    """A file with tests in it that pytest would not collect, for its name, fails the run."""
    tests = Path(__file__).parent
    stray = [
        path.relative_to(tests).as_posix()
        for path in sorted(tests.rglob("*.py"))
        if not path.name.startswith("test_") and "\ndef test_" in path.read_text(encoding="utf-8")
    ]
    if stray:
        raise pytest.UsageError(
            f"not collected: {', '.join(stray)}. A file with tests in it is named test_*.py"
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is about TensorFlow and its determinant is skipped where a user's model has come."""
    if "tensorflow" in (APPLICATION / "requirements.in").read_text(encoding="utf-8"):
        return
    skip = pytest.mark.skip(reason="about this repository's own model, and there is another here")
    for item in items:
        if item.get_closest_marker("tensorflow") or item.get_closest_marker("example"):
            item.add_marker(skip)


@pytest.fixture(scope="session", autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where temporary files go: what processes leave that a test kills goes with it.

    Its name is short, because the path of a socket has at most 107 characters.
    """
    tmp_path_factory.getbasetemp()  # this one stays where it is, to be looked at
    before = os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="t", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o1777)  # as /tmp: some tests are another user's
        os.environ["TMPDIR"], tempfile.tempdir = folder, None
        yield Path(folder)
        tempfile.tempdir = None
        del os.environ["TMPDIR"]
    if before is not None:
        os.environ["TMPDIR"] = before


@pytest.fixture(scope="session")
def of_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all of xdist's workers: what is dear is made there once."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def wheel(of_all_workers: Path) -> Path:
    """The wheel of this repository."""
    with alone(of_all_workers / "wheel.lock"):
        made = next((of_all_workers / "wheel").glob("*.whl"), None)
        return made or build_wheel(of_all_workers / "wheel")


@pytest.fixture(scope="session")
def environment(wheel: Path, of_all_workers: Path) -> Path:
    """An environment with that wheel and what it needs, and nothing else. Nobody changes it."""
    made = of_all_workers / "installed.made"
    with alone(of_all_workers / "installed.lock"):
        if not made.exists():
            make_environment(of_all_workers / "installed", wheel)
            made.touch()
    return of_all_workers / "installed"


@pytest.fixture(scope="session")
def tensorflow(of_all_workers: Path) -> Iterator[SharedChain]:
    """The project as it is, with the real TensorFlow populated."""
    made = SharedChain(of_all_workers / "tensorflow")
    yield made
    made.close()
