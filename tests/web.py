"""Files on a server of this machine, which knows ranges and misbehaves on request."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Web(ThreadingHTTPServer):
    """A server of ``files`` by their paths.

    ``ranges`` is whether it answers with ranges, ``lengths`` whether it says how long an answer is;
    ``breaks`` are the bytes after which each answer ends, the first for the first answer;
    ``statuses`` come instead of answers, the first one first; ``leads`` maps a path to another URL;
    ``hook`` is called before each answer.
    """

    daemon_threads = True

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.files = files or {}
        self.ranges = self.lengths = True
        self.breaks: list[int] = []
        self.statuses: list[int] = []
        self.leads: dict[str, str] = {}
        self.hook: Callable[[], object] = lambda: None
        self.asked: list[tuple[str, str]] = []
        """Path and range of each request."""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: Any) -> None:
        """A client may go away."""


class _Handler(BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        web = self.server
        path, wanted = self.path.partition("?")[0], self.headers.get("Range", "")
        web.asked.append((self.path, wanted))
        web.hook()
        if web.statuses:
            return self._answer(web.statuses.pop(0), b"", 0)
        if path in web.leads:
            self.send_response(302)
            self.send_header("Location", web.leads[path])
            return self.end_headers()
        content = web.files.get(path)
        if content is None:
            return self._answer(404, b"", 0)
        found = RANGE.fullmatch(wanted) if web.ranges else None
        if found is None:
            return self._answer(200, content, len(content))
        begin, end = int(found[1]), min(int(found[2] or 1 << 60) + 1, len(content))
        if begin >= len(content):
            return self._answer(416, b"", len(content))
        return self._answer(206, content[begin:end], len(content), begin)

    def _answer(self, status: int, body: bytes, total: int, begin: int = 0) -> None:
        web = self.server
        self.send_response(status)
        if web.lengths:
            self.send_header("Content-Length", str(len(body)))
        if status == 206:
            last = begin + len(body) - 1
            self.send_header("Content-Range", f"bytes {begin}-{last}/{total}")
        self.end_headers()
        keep = web.breaks.pop(0) if web.breaks else len(body)
        self.wfile.write(body[:keep])

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
