"""A package index on loopback, and wheels that are built here."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import quote, unquote

from .function import LAMBDA_SRC as LAMBDA_SRC


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
    """A PEP 503 index of wheels, which misbehaves on request; with `with` it ends by itself."""

    def __init__(self, *wheels: Wheel) -> None:
        self.files = {wheel.filename: wheel.content for wheel in wheels}
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.wait.set()
        self._server.shutdown()
        self._server.server_close()
