"""The smoke import ends, whatever model.py starts, and nothing of it is left."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lambda_src.release.installation.trial import smoke as smoking
from lambda_src.release.installation.trial.smoke import Smoke
from lambda_src.release.layout import ExitCode, InstallError

from ..conftest import Populate

ENDLESS = {
    "thread": "import threading\nthreading.Thread(target=threading.Event().wait).start()",
    "process": """
import multiprocessing, threading
fork = multiprocessing.get_context("fork")
fork.Process(target=threading.Event().wait).start()
""",
    "command": """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()", __file__])
""",
    "daemon": """
import os, threading
if not os.fork():
    os.setsid()
    if not os.fork():
        threading.Event().wait()
    os._exit(0)
os.wait()
""",
    "at-exit": "import atexit, threading\natexit.register(threading.Event().wait)",
    "pool": """
import multiprocessing
for method in ("fork", "forkserver", "spawn"):
    pool = multiprocessing.get_context(method).Pool(1)
    assert pool.map(abs, [-1]) == [1]
""",
    "executor": """
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
for kind in (ProcessPoolExecutor, ThreadPoolExecutor):
    pool = kind(1)
    assert list(pool.map(abs, [-1])) == [1]
""",
}

OF_ITSELF = """
import multiprocessing
def double(x):
    return 2 * x
pool = multiprocessing.get_context("fork").Pool(1)
DOUBLED = pool.map(double, [1])
"""
"""Hangs with every Python: the pool's thread imports this module to name its function, and waits
until its import has ended."""

HOLDS_THE_LOCK = """
import ctypes
ctypes.PyDLL(None).pause()
"""


@pytest.mark.parametrize("model", ENDLESS.values(), ids=ENDLESS)
def test_what_the_model_leaves_running_delays_nothing_and_is_ended(
    populate: Populate, model: str
) -> None:
    populate.write_model(model)
    # Of multiprocessing, whose sockets need a short path.
    with TemporaryDirectory(dir="/tmp") as folder:
        populate.environment = {"TMPDIR": folder}
        assert populate.run().code == ExitCode.PUBLISHED
    populate.all_ended()
    assert populate.left_behind() == set()


def test_an_import_that_fails_does_not_wait_for_what_it_left_running(populate: Populate) -> None:
    populate.write_model(f"{ENDLESS['thread']}\nimport not_there")
    run = populate.run()
    assert run.code == ExitCode.IMPORT
    assert "ModuleNotFoundError: No module named 'not_there'\nAdd the package" in run.message


def test_an_import_that_waits_for_itself_is_ended_and_says_where_it_is(
    populate: Populate,
) -> None:
    populate.write_model(OF_ITSELF)
    populate.options = ("--timeout", "10")
    run = populate.run()
    assert run.code == ExitCode.IMPORT
    assert "DOUBLED = pool.map(double, [1])" in run.message
    assert "model.py had not ended after 5 s\nThat is half of" in run.message
    populate.all_ended()


def test_an_import_that_holds_pythons_lock_is_ended(
    populate: Populate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smoking, "GRACE", 0.0)
    populate.write_model(HOLDS_THE_LOCK)
    (tmp_path / "site-packages").mkdir()
    smoke = Smoke(tmp_path / "site-packages", populate.program, tmp_path, 2.0)
    with pytest.raises(InstallError, match=r"had not ended after 2 s, in a library that holds"):
        smoke.run()
    populate.all_ended()


@pytest.mark.parametrize("depth", [0, 90], ids=["in-staging", "elsewhere"])
def test_a_temporary_directory_that_stays_does_not_keep_the_next_import(
    monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    with TemporaryDirectory(prefix="t") as root:
        monkeypatch.setattr(tempfile, "tempdir", root)
        folder = Path(root) / ("f" * (depth + 1))
        folder.mkdir()
        with monkeypatch.context() as failing:
            failing.setattr(os, "rmdir", lambda _: os.close(-1))
            with smoking._temporary(folder) as first:
                (first / "file").touch()
        with smoking._temporary(folder) as second:
            assert second != first
            assert len(str(second)) + smoking.SOCKET <= 107
            assert (second.parent == folder) == (depth == 0)
        assert [path.exists() for path in (first, second)] == [True, False]
