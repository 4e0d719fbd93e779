"""A deployment that stays open: it follows the program's files, and other terminals call it."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from .. import engine
from ..project import Project, ProjectError
from ..provider import AwsProvider
from ..state import CONTROL, SCRATCH
from .deployed import Answer, Deployment, DeploymentError, FunctionError
from .deployment import own_temporary_files
from .screen import Screen

# Folders of other programs, and what runs and tools leave; no program is made of them.
_NOT_FOLLOWED = {"__pycache__", "node_modules", "build", "dist"}

Files = Mapping[str, tuple[int, int]]


class Session:
    """A deployment on a cloud that is open, brought up to date when a file has changed.

    Args:
        deployment: What is deployed.
        load: Reads the project and its configuration again.
        screen: Shows what happens.
    """

    def __init__(self, deployment: Deployment, load: Callable[[], Project], screen: Screen) -> None:
        self.deployment = deployment
        self._load, self._screen = load, screen
        self._files = followed(deployment.result.project.root)
        self._lock = threading.Lock()
        self._failure = ""

    def refresh(self) -> bool:
        """Run the program again if one of its files has changed; whether that changed anything.

        What has the same inputs stays, so a change of the function's code makes a new version and
        nothing else. The policy packs are not asked again.

        Raises:
            DeploymentError: The run fails; the next one begins where it ended.
        """
        with self._lock:
            files = followed(self.deployment.result.project.root)
            if files == self._files:
                return False
            changed = sorted(dict(files.items() ^ self._files.items()))
            self._files = files
            start, before = time.monotonic(), self.deployment.result
            try:
                project = self._load()
            except ProjectError as error:
                self._failure = str(error)
                raise DeploymentError(self._failure) from error
            provider = AwsProvider(project.region, cloud=True)
            with own_temporary_files():
                result = engine.up(project, provider, self._screen, before)
            self.deployment = Deployment(result=result, verdict=self.deployment.verdict)
            self._failure = result.error or ""
            if self._failure:
                raise DeploymentError(self._failure)
            known = {resource.urn: resource.outputs for resource in before.resources}
            made = [r.name for r in result.resources if r.id and known.get(r.urn) is not r.outputs]
            if made:
                took = f"{time.monotonic() - start:.1f} s"
                why = f"{_few(changed)} changed"
                self._screen.line(f"{why}: up of {_few(made)} in {took}", "good")
            return bool(made)

    def invoke(self, name: str | None, event: Any) -> Answer:
        """Call a function, of what the files are now. Raises FunctionError for a name of none."""
        with contextlib.suppress(DeploymentError):
            self.refresh()
        if self._failure:
            return Answer(payload=None, seconds=0, error=f"it is not deployed: {self._failure}")
        return self.deployment.function(name).invoke(event)

    @contextlib.contextmanager
    def reachable(self, state: Path) -> Iterator[None]:
        """Let `invoke` of other terminals call here, see `call_open`."""
        with Listener(os.path.relpath(_socket(state)), "AF_UNIX") as listener:
            thread = threading.Thread(target=self._answer_all, args=(listener,), daemon=True)
            thread.start()
            yield

    def _answer_all(self, listener: Listener) -> None:
        while True:
            try:
                connection = listener.accept()
            except OSError:
                return  # closed
            with connection, contextlib.suppress(OSError, EOFError):
                self._answer(connection)

    def _answer(self, connection: Connection) -> None:
        request = json.loads(connection.recv_bytes())
        try:
            answer = self.invoke(request["function"], request["event"])
            reply = {"payload": answer.payload, "seconds": answer.seconds, "error": answer.error}
        except FunctionError as error:
            reply = {"refused": str(error)}
        connection.send_bytes(json.dumps(reply).encode())


def call_open(state: Path, name: str | None, event: Any) -> Answer | None:
    """The answer of a stack that another terminal keeps open; None if none does.

    Raises:
        FunctionError: The stack has no function of this name.
    """
    try:
        connection = Client(os.path.relpath(_socket(state)), "AF_UNIX")
    except OSError:
        return None
    with connection:
        connection.send_bytes(json.dumps({"function": name, "event": event}).encode())
        try:
            reply = json.loads(connection.recv_bytes())
        except (EOFError, OSError):
            return Answer(payload=None, seconds=0, error="the run that was asked has ended")
    if "refused" in reply:
        raise FunctionError(reply["refused"])
    return Answer(**reply)


def followed(root: Path) -> Files:
    """Size and time of each file that a program in this folder may be made of, by its path."""
    found = {}
    for place, folders, names in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in _NOT_FOLLOWED
            and not Path(place, name, "pyvenv.cfg").exists()
        ]
        for name in names:
            with contextlib.suppress(OSError):  # gone meanwhile
                status = Path(place, name).stat()
                path = os.path.relpath(Path(place, name), root)
                found[path] = (status.st_size, status.st_mtime_ns)
    return found


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _socket(state: Path) -> Path:
    return state.parent / SCRATCH / CONTROL
