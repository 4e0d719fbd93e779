"""S3 and the task's credentials on loopback, and a container that begins there."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from components.contract import runtime

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
