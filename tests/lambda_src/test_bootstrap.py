"""What the container of the populate task runs first: fetch, check, become the program."""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from components import Application
from components.contract import runtime
from components.contract.package import Package
from lambda_src.release.installation import bootstrap
from lambda_src.release.layout import ExitCode

KEYS = {"AccessKeyId": "ASIAKEY", "SecretAccessKey": "secret/+", "Token": "token=="}
HOST = "https://packages.s3.eu-central-1.amazonaws.com"
AUTHORIZATION = "for this task"


def program(source: str = "import sys; print('became', *sys.argv[1:])") -> bytes:
    """A program of one module."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("release/__main__.py", source)
    return data.getvalue()


PROGRAM = program()


def url_of(content: bytes) -> str:
    return f"{HOST}/populate/libraries/{hashlib.sha256(content).hexdigest()}.zip"


@dataclass
class Answer:
    """One answer of S3; `short` bytes of the body do not come."""

    status: int = 200
    body: bytes = b""
    short: int = 0


def error(status: int, code: str) -> Answer:
    return Answer(status, f"<Error><Code>{code}</Code><Message>Words.</Message></Error>".encode())


@dataclass
class Service:
    """S3 and the task's credentials, on loopback: answers in order, the last one for ever."""

    answers: list[Answer]
    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def serve() -> Iterator[Callable[..., Service]]:
    """Start a service; it ends with the test."""
    servers: list[ThreadingHTTPServer] = []

    def start(*answers: Answer) -> Service:
        service = Service(list(answers))

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == "/credentials":
                    fits = self.headers["Authorization"] == AUTHORIZATION
                    found = Answer(200, json.dumps(KEYS).encode()) if fits else Answer(403)
                else:
                    sent = {name.lower(): value for name, value in self.headers.items()}
                    service.asked.append((self.path, sent))
                    found = service.answers[0]
                    if len(service.answers) > 1:
                        service.answers.pop(0)
                self.send_response(found.status)
                self.send_header("Content-Length", str(len(found.body)))
                self.end_headers()
                self.wfile.write(found.body[: len(found.body) - found.short])
                self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        service.url = f"http://127.0.0.1:{server.server_port}"
        return service

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Run:
    code: int
    lines: list[dict[str, Any]]
    output: str

    @property
    def failure(self) -> dict[str, Any]:
        assert self.lines[-1]["phase"] == "failure", self.output
        return self.lines[-1]


def environment(service: Service, tmp_path: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(tmp_path),
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{service.url}/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": AUTHORIZATION,
        "AWS_ENDPOINT_URL_S3": service.url,
        "AWS_MAX_ATTEMPTS": "3",
        **more,
    }


def run(service: Service, tmp_path: Path, url: str = "", **more: str) -> Run:
    """The text of the bootstrap in an interpreter that has nothing else, as in the image."""
    done = subprocess.run(
        [
            *(sys.executable, "-S", "-c", runtime.BOOTSTRAP),
            *(url or url_of(PROGRAM), "install", "--timeout", "9"),
        ],
        env=environment(service, tmp_path, **more),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return Run(done.returncode, lines, done.stdout + done.stderr)


def test_it_becomes_the_program_with_the_command(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    service = serve(Answer(body=PROGRAM))
    done = run(service, tmp_path)
    assert done.output.endswith("became install --timeout 9\n"), done.output
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
        (error(503, "SlowDown"), 2, "503 SlowDown"),
        (Answer(403), 2, "(403)"),
        (Answer(body=PROGRAM, short=7), 2, "S3 did not answer for the task's program"),
        (Answer(body=b"other"), 1, "has the SHA-256 d9298a10d1b0735837dc4bd85dac641b"),
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


def test_a_task_without_a_role_is_said(serve: Callable[..., Service], tmp_path: Path) -> None:
    done = run(serve(Answer()), tmp_path, AWS_CONTAINER_CREDENTIALS_FULL_URI="")
    assert done.code == ExitCode.PROGRAM
    assert "its definition needs a taskRoleArn" in done.failure["message"]


def test_an_authorization_in_a_file_is_read(serve: Callable[..., Service], tmp_path: Path) -> None:
    (tmp_path / "token").write_text(AUTHORIZATION + "\n")
    done = run(
        serve(Answer(body=PROGRAM)),
        tmp_path,
        AWS_CONTAINER_AUTHORIZATION_TOKEN="other",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "token"),
    )
    assert done.code == 0, done.output


def test_a_proxy_of_the_task_is_not_asked_for_credentials(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    service, proxy = serve(Answer()), serve(Answer(body=PROGRAM))
    done = run(service, tmp_path, http_proxy=proxy.url, AWS_ENDPOINT_URL_S3="http://s3.example")
    assert done.code == 0, done.output
    assert [path for path, _ in proxy.asked] == [
        "http://s3.example/packages" + url_of(PROGRAM).removeprefix(HOST)
    ]


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
        deadline = time.monotonic() + 30
        while not service.asked and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == ExitCode.STOPPED
    last = json.loads(output.splitlines()[-1])
    assert (last["phase"], last["kind"]) == ("failure", "stopped")


def test_its_exit_codes_are_those_of_the_layout() -> None:
    assert {
        code.kind: code.value for code in ExitCode if code.kind in bootstrap.EXIT_CODES
    } == bootstrap.EXIT_CODES


URLS = [
    f"{HOST}/a.zip",
    f"{HOST}/",
    f"{HOST}/with%20space/%C3%A9~_-.txt?versionId=a%2Fb%3D&x",
    "http://127.0.0.1:8080/packages/a/b.zip",
]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-99"}], ids=["whole", "range"])
@pytest.mark.parametrize("token", [KEYS["Token"], ""], ids=["session", "user"])
def test_a_request_is_signed_as_botocore_signs_it(
    url: str, headers: dict[str, str], token: str
) -> None:
    now = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    sent = bootstrap.signed(url, "eu-central-1", KEYS | {"Token": token}, headers, now)
    request = AWSRequest("GET", url, dict(headers))
    request.context["timestamp"] = sent["x-amz-date"]
    credentials = Credentials(KEYS["AccessKeyId"], KEYS["SecretAccessKey"], token or None)
    signer = S3SigV4Auth(credentials, "s3", "eu-central-1")
    request.headers["X-Amz-Date"] = sent["x-amz-date"]
    request.headers["X-Amz-Content-SHA256"] = signer.payload(request)
    if token:
        request.headers["X-Amz-Security-Token"] = token
    signature = signer.signature(
        signer.string_to_sign(request, signer.canonical_request(request)), request
    )
    names = signer.signed_headers(signer.headers_to_sign(request))
    assert sent["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, "
        f"SignedHeaders={names}, Signature={signature}"
    )


def test_its_request_for_the_credentials_goes_to_ecs_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []

    class Opener:
        def open(self, request: Any, timeout: float) -> io.BytesIO:
            opened.append(request.full_url)
            return io.BytesIO(json.dumps(KEYS).encode())

    monkeypatch.setattr(urllib.request, "build_opener", lambda *_: Opener())
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x")
    assert bootstrap.credentials() == KEYS
    assert opened == ["http://169.254.170.2/v2/credentials/x"]
