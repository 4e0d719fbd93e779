"""What a function and a task reach, and what this host lets us confine."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import Cloud
from local.sandbox import namespaces_work

from ..conftest import Stack
from .test_confinement import WRITE, function, needs_namespaces

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


@needs_namespaces
def test_a_host_that_refuses_networks_alone_confines_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: int
) -> None:
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
