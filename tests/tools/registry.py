"""A small container registry on this machine, with tokens as public.ecr.aws and Docker Hub have."""

from __future__ import annotations

import hashlib
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Registry(ThreadingHTTPServer):
    """A registry with tokens, as public.ecr.aws and Docker Hub have them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.manifests: dict[str, tuple[str, bytes]] = {}
        self.blobs: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.challenge = f'Bearer realm="http://{self.name}/token?of=all",service="small",scope="repository:lambda/python:pull"'
        self.answer = json.dumps({"token": "a+token"}).encode()
        self.digest_header: str | None = ""
        self.status = 200
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    @property
    def image(self) -> str:
        return f"{self.name}/lambda/python"

    def push(self, tag: str, kind: str, content: bytes) -> str:
        for reference in (tag, digest(content)):
            self.manifests[reference] = (kind, content)
        return digest(content)


class _Handler(BaseHTTPRequestHandler):
    server: Registry

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        registry, url = self.server, urllib.parse.urlsplit(self.path)
        registry.asked.append(f"{self.command} {self.path}")
        if url.path == "/token":
            self._send(200, registry.answer)
        elif url.path.startswith("/elsewhere/"):
            content = registry.blobs[url.path.rpartition("/")[2]]
            self._send(400 if "Authorization" in self.headers else 200, content)
        elif registry.challenge and self.headers.get("Authorization") != "Bearer a+token":
            self._send(401, b"", {"WWW-Authenticate": registry.challenge})
        elif registry.status != 200:
            self._send(registry.status, b"")
        elif "/blobs/" in url.path:
            place = f"/elsewhere/{url.path.rpartition('/')[2]}"
            self._send(307, b"", {"Location": place})
        else:
            self._manifest(url.path.rpartition("/")[2], body=body)

    def _manifest(self, reference: str, *, body: bool) -> None:
        kind, content = self.server.manifests.get(reference, ("", b""))
        if kind not in self.headers.get("Accept", "").split(", "):
            self._send(404, b"{}")
            return
        headers = {"Content-Type": kind}
        if self.server.digest_header is not None:
            headers["Docker-Content-Digest"] = self.server.digest_header or digest(content)
        self._send(200, content if body else b"", headers)

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing on the screen."""
