"""An import proves a release by reaching the end of the proof, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_src.release.bundle import BUNDLE

from ..conftest import Populate
from ..proofs import tried
from .conftest import Trial

EARLY = {
    "exit": "import os\nos._exit(0)",
    "exec": "import os\nos.execv('/bin/true', ['true'])",
    "exec-itself": "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', ''])",
    "exit-of-a-thread": "import os, threading\nthreading.Thread(target=os._exit, args=(0,))"
    ".start()\nthreading.Event().wait(30)",
    "exit-in-load": "def load():\n    import os\n    os._exit(0)",
    "exit-in-demonstrate": "def demonstrate():\n    import os\n    os._exit(0)",
    "exit-in-predict": "SAMPLE = {'instances': [1]}\ndef predict(x):\n"
    "    import os\n    os._exit(0)",
    "daemon": "import os\nif os.fork(): os._exit(0)",
    "daemon-of-two-forks": "import os\nif os.fork(): os._exit(0)\nos.setsid()\n"
    "if os.fork(): os._exit(0)",
    "killed-by-a-child": "import os, signal, time\nparent = os.getpid()\n"
    "if not os.fork():\n    os.kill(parent, signal.SIGTERM)\n    os._exit(0)\ntime.sleep(30)",
    "handler-of-a-signal": "import os, signal\n"
    "import time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)",
    "system-exit": "import sys\nsys.exit(0)",
    "quit-in-a-library": "import ctypes\nctypes.CDLL(None)._exit(0)",
    "exit-of-a-library": "import ctypes\nctypes.CDLL(None).exit(0)",
    "prints-the-end": "print('import.end', 'proven', flush=True)\nimport os\nos._exit(0)",
    "closed-and-left": "import os\nos.closerange(0, 99)\nos._exit(0)",
    "interrupted": "import _thread, time\n_thread.interrupt_main()\ntime.sleep(30)",
    "alarm": "import signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\ntime.sleep(30)",
}

FINE = {
    "closed-output": "import sys\nsys.stdout.close()\nsys.stderr.close()",
    "closed-descriptors": "import os\nos.closerange(0, 99)",
    "much-output": "for _ in range(20): print('x' * 1_000_000)",
    "at-exit": "import atexit, os\natexit.register(os._exit, 3)",
    "other-functions": "import os, json, builtins\n"
    "os._exit = os.write = os.open = json.dumps = builtins.print = None",
    "arguments": "import argparse\nassert argparse.ArgumentParser().parse_args() is not None",
    "umask": "import os\nos.umask(0o777)",
    "other-folder": "import os\nos.chdir('/')",
}


@pytest.mark.parametrize("way", EARLY)
def test_an_import_that_ends_the_process_is_no_success(trial: Trial, way: str) -> None:
    said = trial.refusal(EARLY[way])
    assert said.startswith("model.py does not run with the staged libraries; ")


def test_an_import_that_ends_the_process_is_said_so_and_publishes_nothing(
    populate: Populate,
) -> None:
    run = tried(populate, "print('so far')\n" + EARLY["exit"])
    assert (run.code, run.last["kind"]) == (13, "import")
    assert "its process ended with status 0 before the proof had (by os._exit, " in run.message
    assert not populate.release.exists()
    assert populate.left_behind() == set()


@pytest.mark.parametrize("way", FINE)
def test_what_an_import_does_to_its_own_process_is_no_failure(populate: Populate, way: str) -> None:
    run = tried(populate, FINE[way])
    assert run.code == 0, run.message
    assert (populate.release / BUNDLE).exists()


def test_a_second_import_that_fails_is_a_failure(populate: Populate, tmp_path: Path) -> None:
    folder = tmp_path / "seen"
    folder.mkdir()
    folder.chmod(0o777)
    run = tried(populate, f"import os\nos.mkdir({str(folder / 'once')!r})\nimport shapes")
    assert run.code == 13
    assert "FileExistsError" in run.message
    assert not populate.release.exists()
