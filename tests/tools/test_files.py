"""`python -m tools.files` says what travels and what stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import files


def test_what_travels_is_listed_with_its_size_and_what_stays_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"model.py": 10, "data/labels.json": 1500, "tests/test_a.py": 1, "locks/a.txt": 1}
    for name, size in {**sizes, "requirements.in": 1, "data/.cache": 1, "pre/test_b.py": 1}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x" * size)
    assert files.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "To the function and the populate task travel 2 files, 1,510 of 261,095,424 bytes:",
        "  1,500  data/labels.json",
        "     10  model.py",
        "What stays here:",
        "  data/.cache",
        "  locks/",
        "  pre/test_b.py",
        "  requirements.in",
        "  tests/",
    ]


def test_a_folder_that_cannot_travel_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert files.main([str(tmp_path)]) == 1
    assert "error: 1 problem in the configuration:" in capsys.readouterr().err
