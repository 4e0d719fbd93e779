"""A process in which file systems are mounted, and which never outlives this program.

`Process` starts and supervises it from here; between the two stands confinement/.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

# The interpreter of this environment's, without the environment.
PYTHON = os.path.realpath(vars(sys).get("_base_executable") or sys.executable)
_PARENT = (
    f"import sys; sys.path.append({str(Path(__file__).resolve().parent)!r}); "
    # Without the packages around it: they need an environment.
    "from confinement import main; main()"
)


@dataclass(frozen=True)
class Bind:
    """A directory of this host at a path of the process."""

    source: str
    target: str
    read_only: bool = False


def mapped(text: str, binds: Sequence[Bind]) -> str:
    """`text` with the binds' paths replaced by the host's, where nothing can be mounted."""
    for bind in binds:
        path = rf"(?<![\w./-]){re.escape(bind.target)}(?![\w.-])"
        text = re.sub(path, bind.source.replace("\\", r"\\"), text)
    return text


@dataclass(frozen=True)
class Confinement:
    """What a process may do less than the host's own: it writes to its binds and to /tmp alone.

    Attributes:
        tmp_megabytes: Size of its /tmp, which is new and its own.
    """

    tmp_megabytes: int


@dataclass(frozen=True)
class Host:
    """How processes run here.

    Attributes:
        scratch: Folder for their own disks; removed in the end.
        namespaces: Whether mounts can be made; otherwise paths are mapped, and nothing is confined.
        network: Whether a process can have a network of its own.
    """

    scratch: Path
    namespaces: bool
    network: bool = False

    def disk(self) -> Path:
        """A new, empty folder."""
        return Path(tempfile.mkdtemp(dir=self.scratch))


class Process(threading.Thread):
    """A supervised process; its output comes line by line, standard error among it.

    The thread lives as long as the process, because Linux sends the death signal when the thread
    that started a process ends.

    With `ports` it has a network of its own: a loopback on which it finds servers on these, whose
    sockets `on_listening` gets, and nothing beyond. None leaves it the host's network.

    Attributes:
        exit_code: As a shell gives it, 128 + n after signal n; None while it runs.
    """

    def __init__(
        self,
        host: Host,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        binds: Sequence[Bind],
        on_output: Callable[[list[str]], None],
        on_exit: Callable[[], None] = lambda: None,
        confinement: Confinement | None = None,
        ports: Sequence[int] | None = None,
        on_listening: Callable[[socket.socket], object] = lambda _: None,
    ) -> None:
        super().__init__(daemon=True)
        self.exit_code: int | None = None
        if not host.namespaces:
            argv = [mapped(word, binds) for word in argv]
            environment = {name: mapped(value, binds) for name, value in environment.items()}
            folder, binds, confinement = Path(mapped(str(folder), binds)), [], None
        self._ports = list(ports) if ports is not None and host.network else None
        self._channel, self._other_end = socket.socketpair()
        self._spec = {
            "parent": os.getpid(),
            "argv": list(argv),
            "folder": str(folder),
            "binds": [astuple(bind) for bind in binds],
            "namespaces": host.namespaces,
            "confined": confinement and {"tmp": confinement.tmp_megabytes, "keep": _interpreter()},
            "ports": self._ports,
            "channel": self._other_end.fileno(),
        }
        self._environment = dict(environment)
        self._disk = host.scratch if host.namespaces else folder
        self._on_output, self._on_exit = on_output, on_exit
        self._on_listening = on_listening
        self._popen: subprocess.Popen[bytes] | None = None
        self._wanted: signal.Signals | None = None
        self._reading = threading.Lock()
        self.start()

    def run(self) -> None:
        """Start the process and follow it to its end."""
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _PARENT, json.dumps(self._spec)],
                env=self._environment,
                cwd=self._disk,
                pass_fds=[self._other_end.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for this program alone.
                start_new_session=True,
            )
        except OSError as error:
            self._on_output([str(error)])
            code = 127
        else:
            if self._wanted:
                self._popen.send_signal(self._wanted)
            self._other_end.close()
            self._take_listening()
            assert self._popen.stdout is not None
            self._follow(self._popen.stdout.fileno())
            code = self._popen.wait()
        finally:
            self._other_end.close()
            self._channel.close()
        self.exit_code = code if code >= 0 else 128 - code
        self._on_exit()

    def _take_listening(self) -> None:
        """The servers' sockets, made in the process's own network; nothing where that failed."""
        if self._ports:
            _, numbers, _, _ = socket.recv_fds(self._channel, 1, len(self._ports))
            for number in numbers:
                self._on_listening(socket.socket(fileno=number))

    def _follow(self, output: int) -> None:
        readable = select.poll()
        readable.register(output)
        rest, chunk = b"", b"-"
        while chunk:
            readable.poll()
            with self._reading:
                chunk = os.read(output, 1 << 16)
                *lines, rest = (rest + chunk).split(b"\n")
                lines += [] if chunk else [rest]
                if texts := [line.decode(errors="replace") for line in lines if line.strip()]:
                    self._on_output(texts)

    def drain(self) -> None:
        """Wait until all that the process has written so far went to `on_output`."""
        while self._popen and self._popen.stdout and self.exit_code is None:
            with self._reading:
                waiting = fcntl.ioctl(self._popen.stdout, termios.FIONREAD, b"\0" * 4)
            if not any(waiting):
                return
            time.sleep(0.001)

    def freeze(self) -> None:
        """Let the process and all that it started stand still, as Lambda does between calls."""
        self._say(b"F")

    def thaw(self) -> None:
        """Let it go on."""
        self._say(b"T")

    def _say(self, word: bytes) -> None:
        with contextlib.suppress(OSError):  # it has ended
            self._channel.send(word)

    def terminate(self) -> None:
        """Send SIGTERM to the process itself, as a container gets it."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the process and all that it started; does not wait. Safe in a signal handler."""
        self._signal(signal.SIGHUP)

    def end(self, seconds: float = 5) -> None:
        """Kill and wait, at most about `seconds`."""
        self.kill()
        self.join(seconds)
        if self.is_alive():
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        self._wanted = number
        if self._popen and self._popen.returncode is None:
            self._popen.send_signal(number)


def _interpreter() -> list[str]:
    """Where this Python lies, without its packages: a process needs it wherever that is."""
    own = {PYTHON, sys.base_prefix, sys.base_exec_prefix}
    return sorted(own | {os.path.realpath(path) for path in own})


def _works(source: str, *, network: bool) -> bool:
    (Path(source) / "seen").touch()
    process = Process(
        Host(Path(source), namespaces=True, network=network),
        [PYTHON, "-I", "-S", "-c", "open('/mnt/probe/seen')"],
        environment={},
        folder=Path("/tmp"),  # noqa: S108
        binds=[Bind(source, "/mnt/probe", read_only=True)],
        on_output=lambda _: None,
        confinement=Confinement(tmp_megabytes=1),
        ports=[9001] if network else None,
    )
    process.join(30)
    process.end()
    return process.exit_code == 0


@functools.cache
def namespaces_work() -> bool:
    """Whether this host lets us mount for a process of our own; tried, not guessed."""
    with tempfile.TemporaryDirectory() as source:
        return _works(source, network=False)


@functools.cache
def networks_work() -> bool:
    """Whether a process can have a network of its own here; tried, not guessed."""
    with tempfile.TemporaryDirectory() as source:
        return _works(source, network=True)
