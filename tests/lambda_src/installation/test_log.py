"""The installer's log."""

import json
import os
import subprocess
import sys

import pytest

from lambda_src.release.installation.log import LONGEST, log

from ..conftest import LAMBDA_SRC


def test_a_long_message_keeps_its_beginning_and_its_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log("failure", "begin " + "x" * 20_000_000 + " end", kind="import")
    line = capsys.readouterr().out
    assert len(line) < LONGEST + 200
    message = json.loads(line)["message"]
    assert message.startswith("begin xxx")
    assert message.endswith("xxx end")
    assert "19,984,010 characters left out" in message


def test_a_message_of_the_longest_length_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    log("failure", "x" * LONGEST)
    assert json.loads(capsys.readouterr().out)["message"] == "x" * LONGEST


def test_a_reader_who_has_gone_away_fails_nothing() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from release.installation.log import log\n"
        "log('one', 'x'); log('two', 'x')\n"
    )
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as stdout:
        done = subprocess.run(
            [sys.executable, "-c", program, str(LAMBDA_SRC)],
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")
