"""The end of a container before its program has begun: by a signal, or its own deadline."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from components.contract import runtime
from lambda_src.release.installation import bootstrap
from lambda_src.release.layout import ExitCode
from tests.processes import eventually

from .conftest import (
    PROGRAM,
    Answer,
    Service,
    environment,
    error,
    program,
    run,
    url_of,
)


@pytest.mark.parametrize("what", ["keys", "object"])
def test_the_deadline_covers_the_download(
    serve: Callable[..., Service], tmp_path: Path, what: str
) -> None:
    service = serve(Answer(body=PROGRAM, slow=what == "object"))
    service.keys.slow = what == "keys"
    done = run(service, tmp_path, timeout="1")
    assert done.code == ExitCode.STOPPED
    assert done.failure["message"] == (
        "stopped by its own deadline (--timeout) before the end; run it again."
    )


def test_the_program_gets_what_is_left_of_the_time(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    done = run(serve(error(503, "SlowDown"), Answer(body=PROGRAM)), tmp_path, timeout="100")
    assert 1 <= int(done.output.rpartition(" ")[2]) <= 99


MASK = "import signal; print(*sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])), sep=' ')"


def test_a_stop_waits_for_the_program_while_nobody_would_take_it(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    content = program(MASK)
    done = run(serve(Answer(body=content)), tmp_path, url_of(content))
    assert done.output.splitlines()[-1] == "2 14 15"


def test_stopping_it_ends_it_at_once_with_the_installers_code(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    service = serve(error(503, "SlowDown"))
    with subprocess.Popen(
        [sys.executable, "-S", "-c", runtime.BOOTSTRAP, url_of(PROGRAM), "install"],
        env=environment(service, tmp_path, AWS_MAX_ATTEMPTS="9"),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        eventually(lambda: service.asked, by=process)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == ExitCode.STOPPED
    last = json.loads(output.splitlines()[-1])
    assert (last["phase"], last["kind"]) == ("failure", "stopped")


def test_its_exit_codes_are_those_of_the_layout() -> None:
    assert {
        code.kind: code.value for code in ExitCode if code.kind in bootstrap.EXIT_CODES
    } == bootstrap.EXIT_CODES
