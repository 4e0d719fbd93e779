"""What the container of the populate task runs first: fetch, check, become the program."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from components import Application
from components.contract import runtime
from components.contract.package import Package
from lambda_src.release.layout import ExitCode

from .conftest import (
    HOST,
    KEYS,
    PROGRAM,
    Answer,
    Service,
    error,
    run,
    url_of,
)


def test_it_becomes_the_program_with_the_command(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    service = serve(Answer(body=PROGRAM))
    done = run(service, tmp_path)
    assert re.search("\nbecame install --timeout (900|8..)\n$", done.output), done.output
    assert done.code == 0
    ((path, headers),) = service.asked
    assert path == "/packages" + url_of(PROGRAM).removeprefix(HOST)
    assert headers["x-amz-security-token"] == KEYS["Token"]


def test_it_becomes_the_real_installer(serve: Callable[..., Service], tmp_path: Path) -> None:
    app = Application(runtime.ROOT / "application")
    package = Package(runtime.task_files(app, "six==1\n"))
    content = package.path.read_bytes()
    package.remove()
    service = serve(Answer(body=content))
    done = run(service, tmp_path, url_of(content))
    assert done.code == ExitCode.USAGE
    assert "the following arguments are required" in done.failure["message"]


SEEN = """
import json, os, sys
from pathlib import Path
modes = {str(p): oct(p.stat().st_mode & 0o777) for p in sorted(Path().rglob("*"))
         if "__pycache__" not in p.parts}
print(json.dumps({"modes": modes, "here": oct(Path().stat().st_mode & 0o777)}))
"""


def test_everybody_may_read_what_was_unpacked_and_run_what_runs(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "run.sh").chmod(0o700)
    package = Package({"release/__main__.py": SEEN.encode(), "bin/run.sh": tmp_path / "run.sh"})
    content = package.path.read_bytes()
    package.remove()
    done = run(serve(Answer(body=content)), tmp_path, url_of(content))
    assert done.lines[-1] == {
        "modes": {
            "bin": "0o755",
            "bin/run.sh": "0o755",
            "release": "0o755",
            "release/__main__.py": "0o644",
        },
        "here": "0o755",
    }


PASSING = [
    error(503, "SlowDown"),
    error(500, "InternalError"),
    error(403, "AccessDenied"),
    error(400, "RequestTimeout"),
    Answer(body=PROGRAM, short=7),
]


@pytest.mark.parametrize("answer", PASSING, ids=lambda a: f"{a.status}-{len(a.body) - a.short}")
def test_what_passes_is_tried_again(
    serve: Callable[..., Service], tmp_path: Path, answer: Answer
) -> None:
    service = serve(answer, Answer(body=PROGRAM))
    done = run(service, tmp_path)
    assert (done.code, len(service.asked)) == (0, 2)
    assert "the next attempt is in 1 s" in done.lines[1]["message"]


@pytest.mark.parametrize(
    ("answer", "attempts", "words"),
    [
        (error(404, "NoSuchKey"), 1, r"(404 NoSuchKey: Words.). It is gone."),
        (error(404, "NoSuchBucket"), 1, r"(404 NoSuchBucket: Words.). It is gone."),
        (error(403, "AccessDenied"), 2, "gone, or the task role may not read it (s3:GetObject"),
        (error(400, "AuthorizationHeaderMalformed"), 1, "400 AuthorizationHeaderMalformed"),
        (error(301, "PermanentRedirect"), 1, "The bucket is not in the region that this URL"),
        (Answer(400, b"<Error><Code>" + b"x" * 200_000), 1, "(400). It is gone, or"),
        (Answer(418, b"\xff<Code>" + b"x" * 9_000 + b"</Code>"), 1, f"(418 {'x' * 500}). It is"),
        (error(503, "SlowDown"), 2, "503 SlowDown"),
        (Answer(403), 2, "(403)"),
        (Answer(body=PROGRAM, short=7), 2, "S3 did not answer for the task's program"),
        (Answer(body=b"other"), 1, "has 5 bytes and the SHA-256 d9298a10d1b0735837dc4bd85dac641b"),
    ],
    ids=lambda value: f"{value.status}" if isinstance(value, Answer) else "",
)
def test_what_stays_ends_it_with_the_words_of_s3(
    serve: Callable[..., Service], tmp_path: Path, answer: Answer, attempts: int, words: str
) -> None:
    service = serve(answer)
    done = run(service, tmp_path, AWS_MAX_ATTEMPTS="2")
    assert done.code == ExitCode.PROGRAM
    assert done.failure["kind"] == ExitCode.PROGRAM.kind
    assert words in done.failure["message"]
    assert url_of(PROGRAM) in done.failure["message"]
    assert len(service.asked) == attempts


def test_a_service_that_is_not_there_is_said(serve: Callable[..., Service], tmp_path: Path) -> None:
    done = run(
        serve(Answer()),
        tmp_path,
        AWS_MAX_ATTEMPTS="1",
        AWS_ENDPOINT_URL_S3="http://127.0.0.1:9",
    )
    assert done.code == ExitCode.PROGRAM
    assert "S3 did not answer" in done.failure["message"]
    assert "Connection refused" in done.failure["message"]


def test_a_redirect_is_not_followed_with_a_signature_and_a_token_for_another(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    elsewhere = serve(Answer(body=PROGRAM))
    done = run(serve(Answer(307, location=f"{elsewhere.url}/x")), tmp_path)
    assert done.code == ExitCode.PROGRAM
    assert "(307). The bucket is not in the region" in done.failure["message"]
    assert elsewhere.asked == []


NO_ZIPS = {
    "words": b"no zip",
    "cut": PROGRAM[:-30],
    "changed": PROGRAM.replace(b"import sys", b"import syz"),
    "unknown": PROGRAM.replace(
        b"PK\x01\x02\x14\x03\x14\0\0\0\0\0", b"PK\1\2\x14\3\x14\0\0\0\x63\0"
    ),
}


@pytest.mark.parametrize("content", NO_ZIPS.values(), ids=NO_ZIPS)
def test_a_program_that_is_no_whole_zip_is_said(
    serve: Callable[..., Service], tmp_path: Path, content: bytes
) -> None:
    assert content != PROGRAM
    done = run(serve(Answer(body=content)), tmp_path, url_of(content))
    assert done.code == ExitCode.PROGRAM
    assert "the task's program is no whole zip (" in done.failure["message"]


NO_DIRECTORY = "import tempfile\ntempfile._candidate_tempdir_list = list\n"
NO_SPACE = """
import tempfile
def full(**_):
    raise OSError(28, "No space left on device")
tempfile.TemporaryFile = full
"""


@pytest.mark.parametrize(
    ("before", "code", "words"),
    [
        (NO_DIRECTORY, ExitCode.ERROR, "FileNotFoundError: "),
        (NO_SPACE, ExitCode.DISK, "device. Raise populatorEphemeralStorageGib."),
    ],
    ids=["no-directory", "no-space"],
)
def test_a_disk_that_takes_nothing_is_said(before: str, code: ExitCode, words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", before + runtime.BOOTSTRAP, "https://x"],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    last = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, last["kind"], done.stderr) == (code, code.kind, "")
    assert last["message"].startswith("the task cannot become its program: ")
    assert words in last["message"]
