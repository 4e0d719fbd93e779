"""A small release on a mount."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..conftest import RELEASE_ID
from ..releases import publish


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release as it was published."""
    return publish(tmp_path / "mount" / "releases", RELEASE_ID)
