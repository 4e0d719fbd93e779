"""Tasks in a VPC without internet: what they reach, and what ECS says where a step has no way."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ..conftest import Stack, client

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/base:1"
PULL = {"Effect": "Allow", "Action": ["ecr:*", "logs:*"], "Resource": "*"}
SERVICES = ("ecr.api", "ecr.dkr", "logs")
# Says which of these ports of its own loopback something listens at.
REACHES = """
import socket
for port in {ports}:
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
        print("reached", port)
    except OSError as error:
        print("refused", port)
print(len(socket.if_nameindex()), "interfaces")
"""


@pytest.fixture
def server() -> Iterator[int]:
    """The port of a server of this host."""
    made = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
    yield made.server_port
    made.shutdown()
    made.server_close()


@pytest.fixture
def closed(stack: Stack) -> Stack:
    """The stack, its subnets without a route to the internet, with endpoints in their VPC."""
    stack.ec2.delete_route(RouteTableId=stack.table, DestinationCidrBlock="0.0.0.0/0")
    stack.ec2.authorize_security_group_ingress(
        GroupId=stack.target_group,
        IpPermissions=[{**stack.nfs, "FromPort": 443, "ToPort": 443}],
    )
    for service in SERVICES:
        endpoint(stack, service)
    stack.ec2.create_vpc_endpoint(
        VpcId=stack.vpc,
        ServiceName="com.amazonaws.us-east-1.s3",
        VpcEndpointType="Gateway",
        RouteTableIds=[stack.table],
    )
    stack.allow("execution", [PULL])
    return stack


def endpoint(stack: Stack, service: str, **more: Any) -> str:
    made = stack.ec2.create_vpc_endpoint(
        **{
            "VpcId": stack.vpc,
            "ServiceName": f"com.amazonaws.us-east-1.{service}",
            "VpcEndpointType": "Interface",
            "SubnetIds": stack.subnets[:1],
            "SecurityGroupIds": [stack.target_group],
            "PrivateDnsEnabled": True,
            **more,
        }
    )
    return str(made["VpcEndpoint"]["VpcEndpointId"])


def delete(stack: Stack, service: str) -> None:
    name = f"com.amazonaws.us-east-1.{service}"
    found = stack.ec2.describe_vpc_endpoints()["VpcEndpoints"]
    ids = [each["VpcEndpointId"] for each in found if each["ServiceName"] == name]
    stack.ec2.delete_vpc_endpoints(VpcEndpointIds=ids)


def run(stack: Stack, source: str = "print('ran')", **container: Any) -> str:
    """What a task prints, or why it did not start."""
    container.setdefault("image", IMAGE)
    before = len(stack.lines())
    ended = stack.ended(stack.run(source, container=container))
    if ended["stopCode"] == "TaskFailedToStart":
        return str(ended["stoppedReason"])
    return "\n".join(stack.lines()[before:])


def test_a_task_reaches_the_cloud_and_no_other_server_of_this_host(
    closed: Stack, server: int
) -> None:
    cloud = int(closed.cloud.endpoint.rpartition(":")[2])
    # As a sum: a server that the definition names stands for one in the VPC.
    source = REACHES.format(ports=f"({cloud}, {server - 1} + 1)")
    assert run(closed, source) == f"reached {cloud}\nrefused {server}\n1 interfaces"


def test_with_a_route_to_the_internet_it_has_the_network_of_this_host(
    stack: Stack, server: int
) -> None:
    said = run(stack, REACHES.format(ports=f"({server - 1} + 1,)"), image="python:3.11")
    assert said.startswith(f"reached {server}")


def test_a_server_that_its_definition_names_stands_for_one_in_the_vpc(
    closed: Stack, server: int
) -> None:
    source = REACHES.format(ports=f"({server - 1} + 1,)") + f"# http://127.0.0.1:{server}/simple\n"
    assert run(closed, source).startswith(f"reached {server}")
    every = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    https = {**every, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    nfs = {**https, "FromPort": 2049, "ToPort": 2049}
    closed.ec2.revoke_security_group_egress(GroupId=closed.client_group, IpPermissions=[every])
    closed.ec2.authorize_security_group_egress(
        GroupId=closed.client_group, IpPermissions=[https, nfs]
    )
    assert run(closed, source).startswith(f"refused {server}")


S3 = """
import json, os, urllib.request, urllib.error, sys
sys.path[:0] = {path!r}
import boto3, botocore.config
config = botocore.config.Config(retries={{"total_max_attempts": 1}}, connect_timeout=3)
for service in ("s3", "sts"):
    try:
        made = boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"], config=config)
        if service == "s3":
            print(service, made.get_object(Bucket="b-{word}", Key="k")["Body"].read().decode())
        else:
            print(service, made.get_caller_identity()["Account"])
    except Exception as error:
        print(service, error)
"""


def test_it_is_answered_by_the_services_that_have_an_endpoint_and_no_other(
    closed: Stack,
) -> None:
    import sys

    s3 = client(closed.cloud, "s3")
    s3.create_bucket(Bucket="b-own")
    s3.put_object(Bucket="b-own", Key="k", Body=b"content")
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    own = closed.client_statement("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")
    closed.allow("task", [own, read])
    said = run(closed, S3.format(path=sys.path, word="own"))
    assert "s3 content" in said
    assert "sts Connection was closed before we received a valid response" in said, said
    policy = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": ["arn:aws:s3:::other/*", "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*"],
    }
    (gateway,) = (
        each
        for each in closed.ec2.describe_vpc_endpoints()["VpcEndpoints"]
        if each["VpcEndpointType"] == "Gateway"
    )
    closed.ec2.modify_vpc_endpoint(
        VpcEndpointId=gateway["VpcEndpointId"], PolicyDocument=json.dumps({"Statement": [policy]})
    )
    said = run(closed, S3.format(path=sys.path, word="own"))
    assert "because no VPC endpoint policy allows the s3:GetObject action" in said


REASONS = {
    "ecr.api": "ResourceInitializationError: unable to pull secrets or registry auth: execution "
    "resource retrieval failed: unable to retrieve ecr registry auth: service call has been "
    "retried 3 time(s): RequestError: send request failed caused by: Post "
    '"https://api.ecr.us-east-1.amazonaws.com/": dial tcp 203.0.113.7:443: i/o timeout. Please '
    "check your task network configuration.",
    "ecr.dkr": "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed "
    f'to resolve ref {IMAGE}: failed to do request: Head "https://123456789012.dkr.ecr.us-east-1.'
    'amazonaws.com/v2/base/manifests/1": dial tcp 203.0.113.7:443: i/o timeout',
    "s3": "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: "
    'httpReadSeeker: failed open: failed to do request: Get "https://prod-us-east-1-starport-'
    'layer-bucket.s3.us-east-1.amazonaws.com/...": dial tcp 203.0.113.7:443: i/o timeout',
    "logs": "ResourceInitializationError: failed to validate logger args: The task cannot find the "
    "Amazon CloudWatch log group defined in the task definition. There is a connection issue "
    "between the task and Amazon CloudWatch. Check your network configuration. : signal: killed",
}


@pytest.mark.parametrize("service", REASONS)
def test_without_an_endpoint_a_task_does_not_start(closed: Stack, service: str) -> None:
    delete(closed, service)
    assert run(closed) == REASONS[service]


def test_a_public_image_is_not_reached(closed: Stack) -> None:
    said = run(closed, image="public.ecr.aws/lambda/python:3.11")
    assert said.startswith("CannotPullContainerError: pull image manifest has been retried 5 time")
    assert 'Head "https://public.ecr.aws/v2/lambda/python/manifests/3.11": dial tcp' in said


def test_a_secret_needs_an_endpoint_of_its_own(closed: Stack) -> None:
    arn = client(closed.cloud, "secretsmanager").create_secret(Name="s", SecretString="x")["ARN"]
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn}
    closed.allow("execution", [PULL, read])
    secrets = [{"name": "S", "valueFrom": arn}]
    assert run(closed, secrets=secrets) == (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve secret from asm: service call has been retried 5 "
        f"time(s): failed to fetch secret {arn} from secrets manager: RequestCanceled: request "
        "context canceled caused by: context deadline exceeded. Please check your task network "
        "configuration."
    )
    endpoint(closed, "secretsmanager")
    assert run(closed, secrets=secrets) == "ran"


@pytest.mark.parametrize("image", [IMAGE, IMAGE.replace(":1", f"@sha256:{'0' * 64}")])
def test_an_execution_role_that_may_not_pull_is_refused(closed: Stack, image: str) -> None:
    repository = "arn:aws:ecr:us-east-1:123456789012:repository/base"
    logs = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    token = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
    pull = {"Effect": "Allow", "Action": "ecr:Batch*", "Resource": repository}
    layer = {"Effect": "Allow", "Action": "ecr:GetDownloadUrlForLayer", "Resource": repository}
    closed.allow("execution", [logs, pull, layer])
    assert "is not authorized to perform: ecr:GetAuthorizationToken" in run(closed, image=image)
    closed.allow("execution", [logs, token, pull])
    assert run(closed, image=image).endswith(": 403 Forbidden")
    closed.allow("execution", [logs, token, pull, layer])
    assert run(closed, image=image) == "ran"


@pytest.mark.parametrize(
    "broken",
    [{"PrivateDnsEnabled": False}, {"SecurityGroupIds": "client"}],
    ids=["no private name", "another group"],
)
def test_an_endpoint_needs_a_private_name_and_an_open_port(
    closed: Stack, broken: dict[str, Any]
) -> None:
    delete(closed, "logs")
    if "SecurityGroupIds" in broken:
        broken = {"SecurityGroupIds": [closed.client_group]}
    endpoint(closed, "logs", **broken)
    assert run(closed) == REASONS["logs"]


def test_the_socket_of_a_closed_task_is_gone_with_it(closed: Stack) -> None:
    before = threading.active_count()
    assert run(closed) == "ran"
    assert threading.active_count() <= before + 1
    with socket.create_server(("127.0.0.1", 0)):
        pass
