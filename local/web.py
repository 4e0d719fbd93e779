"""HTTP on loopback: the one way in which anything here is served."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server


def direct() -> dict[str, str]:
    """Environment variables with which no proxy of the user's is asked for what is on loopback."""
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    names = ",".join(filter(None, [given, "127.0.0.1"]))
    return {"NO_PROXY": names, "no_proxy": names}


class _Handler(WSGIRequestHandler):
    disable_nagle_algorithm = True

    def log(self, *_: Any) -> None:
        """Say nothing of requests."""


class Server:
    """A server on 127.0.0.1 that answers each request in a thread of its own, until it is closed.

    Args:
        application: What answers (WSGI). A ConnectionError in it ends a request without an answer.
        listening: Where; a free port by default. The server takes the socket over.

    Attributes:
        port: Its port.
    """

    def __init__(self, application: Any, listening: socket.socket | None = None) -> None:
        with listening or socket.create_server(("127.0.0.1", 0)) as taken:
            self.port: int = taken.getsockname()[1]
            self._server = make_server(
                "127.0.0.1",
                self.port,
                application,
                threaded=True,
                request_handler=_Handler,
                fd=taken.fileno(),
            )
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Listen no more; may be called again."""
        self._server.shutdown()
        self._server.server_close()
