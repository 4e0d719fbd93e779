"""A Lambda function's execution environment: its process, and the Runtime API that it talks to.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import functools
import importlib.metadata
import io
import os
import queue
import shutil
import socket
import time
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from packaging.requirements import Requirement
from werkzeug.wrappers import Request, Response

from ..sandbox import PYTHON, Bind, Confinement, Host, Process
from ..web import Server
from .function import RUNTIME_DIR, TASK_ROOT, Function

# Where Lambda has it, and its user, whose home is not there.
_PORT = 9001
_JSON = "application/json"
_USER = "sbx_user1051:x:{uid}:{gid}::/home/sbx_user1051:/sbin/nologin\n"


@functools.cache
def _distributions(name: str) -> frozenset[str]:
    """A distribution and all that it needs."""
    needs = [Requirement(line) for line in importlib.metadata.requires(name) or []]
    wanted = (r.name for r in needs if r.marker is None or r.marker.evaluate({"extra": ""}))
    return frozenset({name}).union(*map(_distributions, wanted))


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What all environments share.

    Attributes:
        folder: `awslambdaric` and what it needs, and nothing else that can be imported.
        users: The list of users.
    """

    folder: Path
    users: Path

    @classmethod
    def make(cls, disk: Path) -> Runtime:
        """Make it on an empty disk."""
        folder, users = disk / "runtime", disk / "passwd"
        folder.mkdir()
        users.write_text(_USER.format(uid=os.getuid(), gid=os.getgid()))
        for name in _distributions("awslambdaric"):
            distribution = importlib.metadata.distribution(name)
            tops = {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}
            for top in tops:
                source = Path(str(distribution.locate_file(top)))
                (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / top)
        return cls(folder=folder, users=users)


class Environment:
    """An execution environment: one process that serves one event at a time.

    Attributes:
        idle_since: When it was last given back, by the monotonic clock.
    """

    def __init__(
        self,
        function: Function,
        host: Host,
        runtime: Runtime,
        binds: list[Bind],
        log: list[str],
        say: Callable[[Function, str, list[str]], None],
    ) -> None:
        now = datetime.now(UTC)
        known = function.configuration
        self.stream = f"{now:%Y/%m/%d}/[{known['Version']}]{uuid.uuid4().hex}"
        self.events: queue.SimpleQueue[tuple[dict[str, str], bytes] | None] = queue.SimpleQueue()
        self.happened: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.log, self.idle_since = log, time.monotonic()
        self._function, self._say = function, say
        self._server: Server | None = None
        task_root = host.disk()
        _unpack(function.code, task_root)
        alone = host.network and not function.way_out
        port = _PORT
        if not alone:
            port = self._serve(socket.create_server(("127.0.0.1", 0)))
        variables = {} if host.namespaces else {"TMPDIR": str(host.disk())}
        size = known.get("EphemeralStorage", {}).get("Size", 512)
        self.process = Process(
            host,
            # -P, -S: of this program's own packages nothing; PYTHONPATH is Lambda's order.
            [PYTHON, "-P", "-S", "-m", "awslambdaric", known["Handler"]],
            environment=variables | function.environment(f"127.0.0.1:{port}", self.stream),
            folder=Path(TASK_ROOT),
            binds=[
                *binds,
                Bind(str(task_root), TASK_ROOT, read_only=True),
                Bind(str(runtime.folder), RUNTIME_DIR, read_only=True),
                Bind(str(runtime.users), "/etc/passwd", read_only=True),
            ],
            on_output=self._printed,
            on_exit=lambda: self.happened.put(("exit", b"")),
            confinement=Confinement(tmp_megabytes=size),
            ports=[_PORT] if alone else None,
            on_listening=self._serve,
        )

    def _serve(self, listening: socket.socket) -> int:
        self._server = Server(Request.application(self._answer), listening)
        return self._server.port

    def _answer(self, request: Request) -> Response:
        """The Runtime API.

        The runtime asks for the next event and stands still until it comes, and reports a response
        or an error.
        https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        """
        if request.method == "GET":
            self.process.freeze()
            self.happened.put(("ready", b""))
            event = self.events.get()
            if event is None:
                raise ConnectionResetError("the environment ends")
            self.process.thaw()
            headers, body = event
            return Response(body, headers=headers, content_type=_JSON)
        # /2018-06-01/runtime/init/error, .../invocation/<id>/response and .../error
        _, _, _, phase, *_, kind = request.path.split("/")
        what = "init error" if phase == "init" else kind
        self.happened.put((what, request.get_data()))
        return Response(b"{}", 202, content_type=_JSON)

    def _printed(self, lines: list[str]) -> None:
        """Log what of the function's own lines its configuration lets through."""
        if logged := [line for line in lines if self._function.logs(line)]:
            self.write(logged)

    def write(self, lines: list[str]) -> None:
        """Log lines."""
        self.log += lines
        self._say(self._function, self.stream, lines)

    def wait(self, seconds: float) -> tuple[str, bytes]:
        """What happens next; `timeout` if nothing does."""
        try:
            what = self.happened.get(timeout=max(seconds, 0))
        except queue.Empty:
            return "timeout", b""
        self.process.drain()
        return what

    def kill(self) -> None:
        """End the process; does not wait."""
        self.process.kill()
        self.events.put(None)

    def close(self) -> None:
        """End the process and the Runtime API."""
        self.kill()
        self.process.end()
        if self._server:
            self._server.close()


def _unpack(code: bytes, folder: Path) -> None:
    """Unpack a deployment package; what may be run stays so, as on Lambda."""
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        for entry in archive.infolist():
            made = Path(archive.extract(entry, folder))
            if entry.external_attr >> 16 & 0o100 and not entry.is_dir():
                made.chmod(0o755)
