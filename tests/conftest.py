"""What holds for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_configure() -> None:
    """A Python file in tests/ that pytest would not collect fails the run."""
    tests = Path(__file__).parent
    stray = [
        path.relative_to(tests).as_posix()
        for path in sorted(tests.rglob("*.py"))
        if path.name != "conftest.py" and not path.name.startswith("test_")
    ]
    if stray:
        raise pytest.UsageError(
            f"not collected: {', '.join(stray)}. A file in tests/ is test_*.py or conftest.py"
        )
