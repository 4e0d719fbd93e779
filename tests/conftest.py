"""What holds for all tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chain import SharedChain
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
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this repository."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with that wheel and what it needs, and nothing else."""
    return make_environment(tmp_path_factory.mktemp("installed"), wheel)


@pytest.fixture(scope="session")
def tensorflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedChain]:
    """The project as it is, with the real TensorFlow populated."""
    base = tmp_path_factory.getbasetemp()
    made = SharedChain(
        (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "tensorflow"
    )
    yield made
    made.close()
