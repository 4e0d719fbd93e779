"""A small release on a mount, and what happens at a bad moment."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..conftest import RELEASE_ID
from ..releases import publish

BeforeRename = Callable[[str, Callable[[Path], object]], None]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release as it was published."""
    return publish(tmp_path / "mount" / "releases", RELEASE_ID)


@pytest.fixture
def signals() -> Iterator[None]:
    """What the installer catches is caught afterwards as it was before."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def before_rename(monkeypatch: pytest.MonkeyPatch) -> BeforeRename:
    """Lets something happen right before the path of a name is renamed, or in place of that."""
    rename = Path.rename

    def let(name: str, happen: Callable[[Path], object]) -> None:
        def late(path: Path, target: Path) -> Path:
            if path.name == name:
                happen(path)
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", late)

    return let


def refused(path: Path) -> None:
    """What may happen in place of a rename."""
    raise PermissionError(13, "Permission denied")
