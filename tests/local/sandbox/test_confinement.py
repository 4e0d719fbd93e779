"""A function may do here what it may do on Lambda: write to /tmp, reach its file system, stop."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.cloud import Cloud
from local.executors import functions
from local.sandbox import Bind, Confinement, Host, Process, namespaces_work, networks_work

if TYPE_CHECKING:
    from tests.local.conftest import Stack

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


CONNECT = """
    import socket
    def handler(event, context):
        try:
            socket.create_connection(tuple(event), timeout=20).close()
            return "connected"
        except OSError as error:
            return type(error).__name__ + ": " + str(error)
"""


@pytest.fixture
def server() -> Iterator[int]:
    """The port of a server on this host's loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@needs_namespaces
def test_a_function_in_the_subnets_reaches_nothing_but_its_runtime(
    stack: Stack, server: int
) -> None:
    function(stack, CONNECT)
    assert "refused" in stack.invoke(["127.0.0.1", server])[0]
    assert "unreachable" in stack.invoke(["192.0.2.1", 443])[0]
    assert stack.invoke(["pypi.org", 443])[0].startswith("gaierror")
    assert "unreachable" in stack.invoke(["::ffff:192.0.2.1", 443])[0]
    assert stack.invoke(["127.0.0.1", 9001])[0] == "connected"


def test_a_function_outside_of_a_vpc_has_the_network(stack: Stack, server: int) -> None:
    function(stack, CONNECT, VpcConfig=None, FileSystemConfigs=None)
    assert stack.invoke(["127.0.0.1", server])[0] == "connected"


@needs_namespaces
def test_a_route_to_a_nat_gateway_is_a_way_out_if_the_group_lets_it(
    stack: Stack, server: int
) -> None:
    address = stack.ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = stack.ec2.create_nat_gateway(SubnetId=stack.subnets[0], AllocationId=address)
    table = stack.ec2.create_route_table(VpcId=stack.vpc)["RouteTable"]["RouteTableId"]
    stack.ec2.create_route(
        RouteTableId=table,
        DestinationCidrBlock="0.0.0.0/0",
        NatGatewayId=gateway["NatGateway"]["NatGatewayId"],
    )
    function(stack, CONNECT)
    assert "refused" in stack.invoke(["127.0.0.1", server])[0]
    for subnet in stack.subnets:
        stack.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    assert stack.invoke(["127.0.0.1", server])[0] == "connected"
    every = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    stack.ec2.revoke_security_group_egress(GroupId=stack.client_group, IpPermissions=[every])
    nfs = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "CidrIp": "10.0.0.0/16"}
    stack.ec2.authorize_security_group_egress(GroupId=stack.client_group, **nfs)
    assert "refused" in stack.invoke(["127.0.0.1", server])[0]


def test_a_task_has_the_network_and_a_disk(stack: Stack, server: int) -> None:
    source = f"""
        import socket, tempfile
        socket.create_connection(("127.0.0.1", {server})).close()
        tempfile.TemporaryFile().write(b"x")
        open("/mnt/shared/x", "w")
        print("done")
    """
    stack.ended(stack.run(textwrap.dedent(source)))
    assert stack.lines() == ["done"]


TICKS = """
    import subprocess, sys, tempfile, threading, time
    file = tempfile.NamedTemporaryFile()
    child = "import sys, time\\nwhile open(sys.argv[1], 'a').write('x'): time.sleep(0.01)"
    subprocess.Popen([sys.executable, "-c", child, file.name], start_new_session=True)
    ticks = []
    def tick():
        while True:
            ticks.append(None)
            time.sleep(0.01)
    threading.Thread(target=tick, daemon=True).start()
    def handler(event, context):
        time.sleep(event)
        return [len(ticks), len(open(file.name).read())]
"""


@pytest.fixture(params=[pytest.param(True, marks=needs_namespaces), False])
def any_stack(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    """With namespaces and without."""
    from tests.local.conftest import Stack

    monkeypatch.setattr("local.cloud.server.namespaces_work", lambda: request.param)
    with Cloud(tmp_path / "state", seconds_to_create=0) as opened:
        yield Stack(opened)
    deadline = time.monotonic() + 30
    while left := [line for line in _commands() if str(tmp_path) in line]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def _commands() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_text(errors="replace"))
    return found


def test_between_calls_threads_and_child_processes_stand_still(any_stack: Stack) -> None:
    function(any_stack, TICKS)
    before = any_stack.invoke(1)[0]
    assert min(before) > 1
    time.sleep(2)
    after = any_stack.invoke(0)[0]
    assert max(now - then for now, then in zip(after, before, strict=True)) < 50
    later = any_stack.invoke(1)[0]
    assert min(now - then for now, then in zip(later, after, strict=True)) > 1


def test_a_hundred_calls_in_a_row_are_answered_by_one_process(any_stack: Stack) -> None:
    function(any_stack, "import os\ndef handler(event, context): return [os.getpid(), event]")
    answers = [any_stack.invoke(number)[0] for number in range(100)]
    assert [answer[1] for answer in answers] == list(range(100))
    assert len({answer[0] for answer in answers}) == 1


def test_an_environment_that_was_idle_for_long_is_ended(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    function(stack, "import time; born = time.time()\ndef handler(e, c): return born")
    first = stack.invoke()[0]
    assert stack.invoke()[0] == first
    monkeypatch.setattr(functions, "_MAX_IDLE_SECONDS", 0)
    assert stack.invoke()[0] != first


@needs_namespaces
def test_a_host_that_refuses_networks_alone_confines_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: int
) -> None:
    from tests.local.conftest import Stack

    monkeypatch.setattr("local.cloud.server.networks_work", lambda: False)
    said: list[str] = []
    with Cloud(tmp_path / "state", log=said.append, seconds_to_create=0) as opened:
        stack = Stack(opened)
        function(stack, CONNECT)
        assert stack.invoke(["127.0.0.1", server])[0] == "connected"
        stack.lambda_.delete_function(FunctionName="reader")
        function(stack, WRITE)
        assert stack.invoke(["/var/tmp"])[0] == {"/var/tmp": "Read-only file system"}
    (line,) = said
    assert "network" in line
    assert "/tmp" not in line


def namespaces_of(limit: str) -> list[bool]:
    """What the two probes say to an unprivileged user in a user namespace with a limit of 0."""
    program = (
        "from local.sandbox import namespaces_work, networks_work\n"
        "print(namespaces_work(), networks_work())"
    )
    script = f'echo 0 > /proc/sys/user/{limit} && exec "$0" -c "$1"'
    ended = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", script, sys.executable, program],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        pytest.skip(f"user namespaces are refused here: {ended.stderr.strip()}")
    return [word == "True" for word in ended.stdout.split()]


@needs_namespaces
@pytest.mark.parametrize(
    ("limit", "expected"),
    [("max_mnt_namespaces", [False, False]), ("max_net_namespaces", [True, False])],
)
def test_the_probes_find_what_this_host_refuses(limit: str, expected: list[bool]) -> None:
    assert namespaces_of(limit) == expected


def test_this_host_is_probed_once() -> None:
    assert namespaces_work() is namespaces_work()
