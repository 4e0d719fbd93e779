"""What a task without internet finds on its own loopback: the cloud, and servers inside its VPC.

A server of this host that the container's definition names, `http://127.0.0.1:<port>`, stands for
one in the VPC. Everything else is out of reach, and a connection to it fails at once.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from ..account import Reach, TaskRoles
from ..account.task_roles import ENDPOINT, PATH
from ..web import Server

_SERVER = re.compile(r"http://(?:127\.0\.0\.1|localhost):(\d+)")
_SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")


class Loopback:
    """The servers on the loopback of a container's own network.

    Args:
        roles: What hands the task its role's credentials; it knows the cloud.
        reach: What the task reaches.
        definition: The container's.

    Attributes:
        ports: Where something listens.
    """

    def __init__(self, roles: TaskRoles, reach: Reach, definition: Mapping[str, Any]) -> None:
        self._cloud, self._reach = roles.cloud, reach
        self._port = int(roles.endpoint.rpartition(":")[2])
        named = {int(found) for found in _SERVER.findall(json.dumps(definition))}
        self.ports = [self._port, *sorted(p for p in named - {self._port} if reach.inside(p))]
        self._server: Server | None = None
        self._sockets: list[socket.socket] = []

    def serve(self, listening: socket.socket) -> None:
        """Serve one of the ports; the socket was made in the container's network."""
        port = listening.getsockname()[1]
        if port != self._port:
            self._sockets.append(listening)
            threading.Thread(target=self._lead, args=(listening, port), daemon=True).start()
            return
        self._server = Server(self._answer, listening)

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request to a service that there is an endpoint of, and no other."""
        found = _SERVICE.search(environ.get("HTTP_AUTHORIZATION", ""))
        service = found[1] if found else ""
        if not environ["PATH_INFO"].startswith(PATH) and service not in self._reach:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError("there is no endpoint of the service")
        environ[ENDPOINT] = self._reach
        return self._cloud(environ, start_response)

    def _lead(self, listening: socket.socket, port: int) -> None:
        """Lead connections on to the same port of this host."""
        with contextlib.suppress(OSError):  # until it is closed
            while True:
                near, _ = listening.accept()
                with contextlib.suppress(OSError):
                    far = socket.create_connection(("127.0.0.1", port))
                    for ends in ((near, far), (far, near)):
                        threading.Thread(target=_pass_on, args=ends, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        for listening in self._sockets:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        if self._server is not None:
            self._server.close()


def _pass_on(near: socket.socket, far: socket.socket) -> None:
    """Pass on what comes from one end, until it ends."""
    with contextlib.suppress(OSError):
        while data := near.recv(1 << 16):
            far.sendall(data)
    with contextlib.suppress(OSError):
        far.shutdown(socket.SHUT_WR)
