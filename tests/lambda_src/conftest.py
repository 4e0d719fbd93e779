"""A package index on loopback, wheels built here, and the installer run against them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from .function import LAMBDA_SRC as LAMBDA_SRC
from .function import Function
from .releases import IDS, age, publish

RELEASE_ID = "0123456789abcdef"
PHASES = (
    *("mount", "install", "compile", "prune", "import", "cold-start", "copy", "manifest"),
    "publish",
)
"""Of a populate, in order."""
MODEL = "import shapes\n\ndef demonstrate():\n    return {'sides': shapes.SIDES}\n"
PREDICT = "\ndef predict(instances):\n    return instances\n"


@dataclass(frozen=True)
class Wheel:
    """A wheel in memory."""

    filename: str
    content: bytes

    @property
    def project(self) -> str:
        return self.filename.split("-")[0]

    @property
    def pin(self) -> str:
        """The wheel's line of a lock."""
        name, version = self.filename.split("-")[:2]
        return f"{name}=={version} --hash=sha256:{hashlib.sha256(self.content).hexdigest()}"


def build_wheel(
    name: str,
    files: Mapping[str, str | bytes],
    *,
    version: str = "1.0",
    tag: str = "py3-none-any",
    executable: tuple[str, ...] = (),
    requires: tuple[str, ...] = (),
) -> Wheel:
    """A wheel with these files, as pip accepts it."""
    info = f"{name}-{version}.dist-info"
    metadata = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + "".join(f"Requires-Dist: {other}\n" for other in requires),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = f"{info}/RECORD"
    contents = {**files, **metadata}
    contents[record] = "".join(f"{path},,\n" for path in [*contents, record])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in contents.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (0o100755 if path in executable else 0o100644) << 16
            archive.writestr(entry, text)
    return Wheel(f"{name}-{version}-{tag}.whl", buffer.getvalue())


SHAPES = build_wheel(
    "shapes",
    {
        "shapes/__init__.py": "from shapes.sides import SIDES\n",
        "shapes/sides.py": "SIDES = 4\n\ndef here():\n    pass\n",
        "shapes/template.py": "{{ this does not compile }}\n",
        "shapes/data/table.csv": "a,b\n1,2\n",
        "shapes/tool": "#!/bin/sh\necho hello\n",
    },
    executable=("shapes/tool",),
)


class Index:
    """A PEP 503 index that misbehaves on request."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.status: int | None = None
        self.keep: float = 1.0
        self.pieces = 1
        self.hashes = True
        self.user_and_password = ""
        self.asked: list[str] = []
        self.wait = threading.Event()
        self.wait.set()
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.answer(self)

            def do_HEAD(self) -> None:
                # uv asks before it reads a part of a wheel; then it takes the whole.
                self.send_error(405)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def add(self, *wheels: Wheel) -> None:
        self.files |= {wheel.filename: wheel.content for wheel in wheels}

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        kind, _, name = request.path.strip("/").partition("/")
        wanted = base64.b64encode(self.user_and_password.encode()).decode()
        if self.status is not None:
            request.send_error(self.status)
        elif wanted and request.headers.get("Authorization") != f"Basic {wanted}":
            request.send_error(401)
        elif kind == "simple" and (links := self._links(name)):
            self._send(request, "text/html", links.encode(), 1.0)
        elif kind == "files" and (name := unquote(name)) in self.files:
            self.wait.wait(30)
            self._send(request, "application/octet-stream", self.files[name], self.keep)
        else:
            request.send_error(404)

    def _links(self, project: str) -> str:
        self.asked.append(project)
        lines = ""
        for name, content in self.files.items():
            digest = f"#sha256={hashlib.sha256(content).hexdigest()}" if self.hashes else ""
            if name.split("-")[0].replace("_", "-") == project:
                lines += f'<a href="/files/{quote(name)}{digest}">{name}</a>\n'
        return lines

    def _send(
        self, request: BaseHTTPRequestHandler, kind: str, content: bytes, keep: float
    ) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        content = content[: int(len(content) * keep)]
        size = -(-len(content) // self.pieces)
        for start in range(0, len(content), size):
            request.wfile.write(content[start : start + size])
            time.sleep(0 if self.pieces == 1 else 0.01)

    def close(self) -> None:
        self.wait.set()
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Run:
    """How an installer ended."""

    code: int
    lines: list[dict[str, Any]]
    errors: str = ""

    @property
    def last(self) -> dict[str, Any]:
        return self.lines[-1]

    @property
    def message(self) -> str:
        return str(self.last.get("message"))


@dataclass
class Populate:
    """A mount, a program folder and an index; runs the installer on them."""

    folder: Path
    index: Index
    environment: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    prelude: tuple[str, ...] = ()
    release_id: str = RELEASE_ID
    python: str = sys.executable
    options: tuple[str, ...] = ()
    wheels: str = ""

    def __post_init__(self) -> None:
        self.mount = self.folder / "mount"
        self.mount.mkdir()
        self.program = self.folder / "program"
        shutil.copytree(
            LAMBDA_SRC / "release",
            self.program / "release",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        self.staging = self.folder / "staging"
        self.staging.mkdir()
        self.write_model(MODEL)
        self.write_lock(SHAPES.pin)

    @property
    def release(self) -> Path:
        return self.mount / "releases" / self.release_id

    def write_model(self, text: str) -> None:
        """Write model.py, with a predict where the text has none."""
        text += "" if "predict" in text else PREDICT
        (self.program / "model.py").write_text(text)

    def write_lock(self, *lines: str) -> None:
        (self.program / "requirements.txt").write_text("\n".join([*lines, ""]))

    @property
    def command(self) -> tuple[str, ...]:
        """What the installer is to make."""
        source = ("--wheels", self.wheels) if self.wheels else ("--index-url", self.index.url)
        return ("install", "--requirements", "requirements.txt", *source)

    def start(self, **options: Any) -> subprocess.Popen[str]:
        command = [*self.prefix, self.python, *self.prelude, "-m", "release", *self.command]
        command += ["--release", str(self.release), "--staging", str(self.staging)]
        command += self.options
        inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        quick = {"PIP_RETRIES": "1", "PIP_RESUME_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"}
        return subprocess.Popen(
            command,
            cwd=self.program,
            env=inherited | quick | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def finish(self, process: subprocess.Popen[str]) -> Run:
        output, errors = process.communicate(timeout=600)
        return Run(process.returncode, [json.loads(line) for line in output.splitlines()], errors)

    def run(self) -> Run:
        return self.finish(self.start())

    def signal_at(self, phase: str, number: signal.Signals) -> Run:
        """Run the installer, and send it a signal when it logs the phase."""
        process = self.start()
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(json.loads(line))
            if lines[-1]["phase"] == phase:
                process.send_signal(number)
                break
        rest = self.finish(process)
        return Run(rest.code, lines + rest.lines, rest.errors)

    def processes(self) -> list[str]:
        """Command lines of the processes that work for this mount."""
        commands = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.folder) in command:
                commands.append(command)
        return commands

    def survivors(self) -> list[str]:
        """Processes left a minute after a kill; the kernel ends a child in its own time."""
        deadline = time.monotonic() + 600
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.01)
        return left

    def left_behind(self) -> set[str]:
        """What lies under mount and staging apart from published releases."""
        names = {path.name for path in (self.mount / "releases").glob("*")}
        names |= {path.name for path in self.staging.iterdir()}
        return names - {self.release_id}


@pytest.fixture
def index() -> Iterator[Index]:
    server = Index()
    server.add(SHAPES)
    yield server
    server.close()


@pytest.fixture
def populate(tmp_path: Path, index: Index) -> Populate:
    return Populate(tmp_path, index)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Populate, Run]]:
    """A release that was published, and how. Shared: nobody changes it."""
    server = Index()
    server.add(SHAPES)
    populate = Populate(tmp_path_factory.mktemp("published"), server)
    populate.environment = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/nowhere", "PIP_USER": "1"}
    yield populate, populate.run()
    server.close()


@pytest.fixture
def new_wheel() -> Callable[..., Wheel]:
    return build_wheel


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six releases, each with its id as its age. Nobody changes it."""
    releases = tmp_path_factory.mktemp("made") / "mount" / "releases"
    for number, name in enumerate(IDS):
        age(publish(releases, name), 1_000_000 + number)
    return releases


@pytest.fixture
def releases(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made.parent, tmp_path / "mount", symlinks=True)
    return tmp_path / "mount" / "releases"


@pytest.fixture
def function(tmp_path: Path) -> Function:
    return Function(tmp_path)
