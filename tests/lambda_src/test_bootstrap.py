"""What the container of the populate task runs first: fetch, check, become the program."""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import os
import re
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
    """One answer; `short` bytes of the body do not come, and with `slow` none at all."""

    status: int = 200
    body: bytes = b""
    short: int = 0
    location: str = ""
    slow: bool = False


def error(status: int, code: str) -> Answer:
    return Answer(status, f"<Error><Code>{code}</Code><Message>Words.</Message></Error>".encode())


@dataclass
class Service:
    """S3 and the task's credentials, on loopback: answers in order, the last one for ever."""

    answers: list[Answer]
    keys: Answer = field(default_factory=lambda: Answer(body=json.dumps(KEYS).encode()))
    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def serve() -> Iterator[Callable[..., Service]]:
    """Start a service; it ends with the test."""
    servers: list[ThreadingHTTPServer] = []
    over = threading.Event()

    def start(*answers: Answer) -> Service:
        service = Service(list(answers))

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == "/credentials":
                    fits = self.headers["Authorization"] == AUTHORIZATION
                    found = service.keys if fits else Answer(403)
                else:
                    sent = {name.lower(): value for name, value in self.headers.items()}
                    service.asked.append((self.path, sent))
                    found = service.answers[0]
                    if len(service.answers) > 1:
                        service.answers.pop(0)
                if found.slow:
                    over.wait(60)
                    return
                self.send_response(found.status)
                self.send_header("Content-Length", str(len(found.body)))
                if found.location:
                    self.send_header("Location", found.location)
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
    over.set()
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


def run(service: Service, tmp_path: Path, url: str = "", timeout: str = "900", **more: str) -> Run:
    """The text of the bootstrap in an interpreter that has nothing else, as in the image."""
    done = subprocess.run(
        [
            *(sys.executable, "-S", "-c", runtime.BOOTSTRAP),
            *(url or url_of(PROGRAM), "install", "--timeout", timeout),
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


def test_a_task_without_a_role_is_said(serve: Callable[..., Service], tmp_path: Path) -> None:
    done = run(serve(Answer()), tmp_path, AWS_CONTAINER_CREDENTIALS_FULL_URI="")
    assert done.code == ExitCode.PROGRAM
    assert "its definition needs a taskRoleArn" in done.failure["message"]


ODD_KEYS = [
    (Answer(), "the answer has no AccessKeyId, and says nothing about it"),
    (Answer(body=b"{}"), "the answer has no AccessKeyId, and says nothing about it"),
    (Answer(body=b"[1]"), "the answer has no AccessKeyId"),
    (Answer(body=b"null"), "the answer has no AccessKeyId"),
    (Answer(body=b'{"message": "No role for you."}'), "AccessKeyId, and says No role for you."),
    (Answer(body=json.dumps(KEYS | {"Token": None}).encode()), "the answer has no Token"),
    (Answer(body=json.dumps(KEYS | {"Token": "a\nb"}).encode()), "the answer has no Token"),
    (Answer(body=json.dumps(KEYS | {"SecretAccessKey": 5}).encode()), "no SecretAccessKey"),
    (Answer(body=b"<html>Sign in</html>"), "Expecting value: line 1 column 1"),
    (Answer(body=b"\xff\xfe\xff"), "decode"),
    (Answer(body=b"[" * 60_000), "recursion"),
    (Answer(body=b'{"x": "' + b"x" * 3_000_000), "Unterminated string"),
    (Answer(status=404), "HTTP Error 404"),
    (Answer(status=500, body=b"no"), "HTTP Error 500"),
    (Answer(status=302, location="http://127.0.0.1:9/"), "HTTP Error 302"),
]


@pytest.mark.parametrize(("answer", "words"), ODD_KEYS, ids=[words for _, words in ODD_KEYS])
def test_an_odd_answer_for_the_credentials_is_said_without_them(
    serve: Callable[..., Service],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    words: str,
) -> None:
    service = serve(Answer())
    service.keys = answer
    for name, value in environment(service, tmp_path).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(bootstrap.CredentialsError) as caught:
        bootstrap.credentials()
    assert str(caught.value).startswith(f"{service.url}/credentials: ")
    assert words in str(caught.value)
    assert not [secret for secret in KEYS.values() if secret in str(caught.value)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "no url"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\nb"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere"),
    ],
)
def test_an_odd_way_to_the_credentials_is_said(
    serve: Callable[..., Service],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    for key, known in environment(serve(Answer()), tmp_path, **{name: value}).items():
        monkeypatch.setenv(key, known)
    with pytest.raises(bootstrap.CredentialsError):
        bootstrap.credentials()


def test_credentials_that_come_late_are_waited_for_and_none_are_the_programs_failure(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    service = serve(Answer(body=PROGRAM))
    service.keys = Answer(body=b"{}")
    done = run(service, tmp_path, AWS_MAX_ATTEMPTS="2")
    assert (done.code, done.failure["kind"]) == (ExitCode.PROGRAM, ExitCode.PROGRAM.kind)
    assert "the task gets no credentials from http://127.0.0.1:" in done.failure["message"]
    assert "has no AccessKeyId" in done.lines[1]["message"]
    assert "next attempt is in 1 s" in done.lines[1]["message"]
    assert service.asked == []


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


def test_a_temporary_directory_that_is_none_is_said(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    code = "import tempfile; tempfile._candidate_tempdir_list = list\n"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code + runtime.BOOTSTRAP.replace(FUTURE, ""), "https://x"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    last = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, done.stderr) == (ExitCode.ERROR, "")
    assert "the task cannot become its program: FileNotFoundError: " in last["message"]


FUTURE = "from __future__ import annotations\n"


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
