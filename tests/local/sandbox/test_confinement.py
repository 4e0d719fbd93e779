"""A function may do here what it may do on Lambda: write to /tmp, reach its file system, stop."""

from __future__ import annotations

import os
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

from local.sandbox import Bind, Confinement, Host, Process, networks_work

from ..conftest import Stack

needs_namespaces = pytest.mark.skipif(not networks_work(), reason="namespaces are refused here")


def function(stack: Stack, source: str, **changes: Any) -> None:
    stack.create_function(textwrap.dedent(source), **changes)


WRITE = """
    import os, pathlib
    def handler(event, context):
        found = {}
        for place in event:
            place = os.path.expandvars(os.path.expanduser(place))
            try:
                pathlib.Path(place, "x").write_text("")
                found[place] = "written"
            except OSError as error:
                found[place] = error.strerror
        return found
"""


@needs_namespaces
def test_a_function_writes_to_tmp_alone(stack: Stack, tmp_path: Path) -> None:
    function(stack, WRITE)
    (tmp_path / "open").mkdir(mode=0o777)
    read_only = ["/", "/dev", "/etc", "/home", "/mnt", "/mnt/shared", "/opt"]
    read_only += ["/root", "/run", "/sys", "/usr", "/var", "/var/tmp", "$LAMBDA_TASK_ROOT", "."]
    answer = stack.invoke([*read_only, "/tmp", "~", "/dev/shm", str(tmp_path / "open")])[0]
    missing = "No such file or directory"
    assert answer.pop("/tmp") == "written"
    assert answer.pop("/home/sbx_user1051") == missing
    assert answer.pop("/dev/shm") == missing
    assert answer.pop(str(tmp_path / "open")) != "written"
    assert set(answer.values()) <= {"Read-only file system", "Permission denied"}
    assert len(answer) == len(read_only)
    assert list((tmp_path / "open").iterdir()) == []


@needs_namespaces
def test_a_function_that_makes_its_home_is_refused_as_on_lambda(stack: Stack) -> None:
    function(
        stack,
        """
        import os, pathlib
        def handler(event, context):
            try:
                (pathlib.Path.home() / ".cache").mkdir(parents=True)
            except OSError as error:
                return [str(error), "HOME" in os.environ]
        """,
    )
    assert stack.invoke()[0] == ["[Errno 30] Read-only file system: '/home/sbx_user1051'", False]


@needs_namespaces
def test_a_function_has_no_right_to_undo_it(stack: Stack) -> None:
    function(
        stack,
        """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        def handler(event, context):
            codes = [
                libc.mount(b"none", b"/usr", b"", 1 << 12 | 32, None),
                libc.umount2(b"/mnt/shared", 2),
                libc.unshare(0x20000),
                libc.unshare(0x10000000),
                libc.chroot(b"/tmp"),
            ]
            return codes
        """,
    )
    assert stack.invoke()[0] == [-1] * 5


@needs_namespaces
def test_tmp_is_empty_new_and_as_large_as_the_ephemeral_storage(stack: Stack) -> None:
    function(
        stack,
        """
        import os, time
        def handler(event, context):
            time.sleep(event)
            found = os.listdir("/tmp")
            open("/tmp/" + context.aws_request_id, "w")
            size = os.statvfs("/tmp")
            return [found, size.f_blocks * size.f_frsize, os.environ.get("TMPDIR")]
        """,
        EphemeralStorage={"Size": 600},
    )
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(stack.invoke(1))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer[0] for answer in answers] == [[[], 600 << 20, None]] * 2
    assert len(stack.invoke(0)[0][0]) == 1


@needs_namespaces
def test_a_full_tmp_is_said_to_be_full(tmp_path: Path) -> None:
    lines: list[str] = []
    source = "open('/tmp/x', 'wb').write(b'x' * 3_000_000)"
    process = Process(
        Host(tmp_path, namespaces=True),
        ["/usr/bin/env", "python3", "-c", source],
        environment={"PATH": os.environ["PATH"]},
        folder=Path("/tmp"),
        binds=[Bind(str(tmp_path), "/mnt/x")],
        on_output=lines.extend,
        confinement=Confinement(tmp_megabytes=2),
    )
    process.join(30)
    assert lines[-1] == "OSError: [Errno 28] No space left on device"
