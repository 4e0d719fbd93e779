"""`egress: none` on the embedded cloud: the chain in a closed network, and what its endpoints do.

The task has a network namespace of its own, in which nothing answers but the services that its VPC
has endpoints of.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from components import wheels
from local.cloud import Cloud
from local.engine.packs import find_packs, judge
from tests.chain import ROOT, TINY, Chain
from tests.deployments import Stack, point_clients_at
from tests.lambda_src.conftest import Index

pytestmark = pytest.mark.whole
REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/lambda/python"
IMAGE = f"{REPOSITORY}:3.{sys.version_info.minor}"
CACHE = "s3://our-wheels/efs"
SHA256 = TINY.pin.rpartition(":")[2]
# In the task, the model tries the port of the package index, which serves on this host.
MODEL = """
import os, socket
import tiny

SAMPLE = {"instances": [21]}

def reaches(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True

def predict(instances):
    in_the_task = os.environ.get("AWS_EXECUTION_ENV") == "AWS_ECS_FARGATE"
    assert not (in_the_task and reaches(PORT)), "the task reaches the package index"
    return [tiny.double(x) for x in instances]
"""


def made(folder: Path, index: Index) -> Chain:
    chain = Chain(folder)
    chain.serve_tiny(index)
    port = index.url.split(":")[2].partition("/")[0]
    model = MODEL.replace("PORT", port)
    (folder / "lambda_src" / "application" / "model.py").write_text(model)
    return chain


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory, index: Index) -> Iterator[Chain]:
    """A copy of the project on an open cloud."""
    folder = tmp_path_factory.mktemp("closed")
    chain = made(folder / "project", index)
    with Cloud(folder / "state", seconds_to_create=0) as cloud, pytest.MonkeyPatch.context() as own:
        own.chdir(chain.folder)
        own.syspath_prepend(str(chain.folder))
        point_clients_at(cloud, own)
        boto3.client("s3").create_bucket(Bucket="our-wheels")
        yield chain


def fill(chain: Chain, index: Index) -> None:
    folder = chain.folder / "lambda_src" / "application"
    assert wheels.main(["--directory", str(folder), "--index-url", index.url, CACHE]) == 0


@pytest.fixture(scope="module")
def closed(chain: Chain, index: Index) -> Stack:
    """The stack when it is up, without internet."""
    fill(chain, index)
    config = dict(entry.split("=", 1) for entry in chain.config)
    config |= {"egress": "none", "wheelCache": CACHE, "populatorImage": IMAGE, "memoryMb": "3008"}
    stack = Stack(chain.folder, "dev", **config)
    assert stack.up() is None, stack.messages("error")
    return stack


def test_a_task_without_a_way_out_publishes_from_the_cache_and_the_function_answers(
    closed: Stack, index: Index
) -> None:
    assert closed.ask({"instances": [4]}) == {"predictions": [8]}
    assert closed.result is not None
    kinds = {each.type.rpartition(":")[2] for each in closed.result.resources}
    assert kinds & {"InternetGateway", "NatGateway", "Eip", "Route"} == set()
    found = boto3.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    assert {each["ServiceName"].partition("us-east-1.")[2] for each in found} == {
        *("s3", "ecr.api", "ecr.dkr", "logs"),
    }


def test_the_packs_have_nothing_against_it_and_nothing_to_note(closed: Stack) -> None:
    assert closed.result is not None
    about = {"file-system-is-protected", "image-has-a-digest", "function-has-reserved-concurrency"}
    findings = judge(find_packs(ROOT), closed.result).findings
    assert [f"{e.policy}: {e.message}" for e in findings if e.policy not in about] == []


def again(stack: Stack, word: str) -> str:
    """Let another task run; what `up` says, with the tasks' words."""
    stack.configure(releaseSalt=word)
    error = stack.up()
    return f"{error}\n{stack.messages('error')}" if error else ""


def endpoint(service: str) -> Any:
    """The VPC's endpoint of a service, as AWS describes it."""
    found = boto3.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    name = f"com.amazonaws.us-east-1.{service}"
    (there,) = (e for e in found if (e["ServiceName"], e["State"]) == (name, "available"))
    return there


@contextmanager
def without(service: str) -> Iterator[None]:
    """The VPC without one of its endpoints."""
    ec2 = boto3.client("ec2")
    found = endpoint(service)
    ec2.delete_vpc_endpoints(VpcEndpointIds=[found["VpcEndpointId"]])
    try:
        yield
    finally:
        groups = [each["GroupId"] for each in found.get("Groups", [])]
        interface = {
            "SubnetIds": found["SubnetIds"],
            "SecurityGroupIds": groups,
            "PrivateDnsEnabled": True,
        }
        gateway = {"RouteTableIds": found["RouteTableIds"]}
        kind = found["VpcEndpointType"]
        ec2.create_vpc_endpoint(
            VpcEndpointType=kind,
            VpcId=found["VpcId"],
            ServiceName=found["ServiceName"],
            PolicyDocument=found["PolicyDocument"],
            **(gateway if kind == "Gateway" else interface),
        )


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("ecr.api", "unable to retrieve ecr registry auth: service call has been retried"),
        ("ecr.dkr", 'failed to do request: Head "https://123456789012.dkr.ecr.'),
        ("s3", 'failed to do request: Get "https://prod-us-east-1-starport-layer-bucket'),
        ("logs", "There is a connection issue between the task and Amazon CloudWatch"),
    ],
)
def test_without_an_endpoint_the_step_that_needs_it_fails_in_the_words_of_aws(
    closed: Stack, service: str, words: str
) -> None:
    with without(service):
        said = again(closed, f"without-{service}")
    assert words in said
    assert service in said.partition("Remedy")[2] + said.partition("remedy")[2]


def test_the_policy_of_the_endpoint_of_s3_counts(closed: Stack) -> None:
    ec2 = boto3.client("ec2")
    found = endpoint("s3")
    policy = json.loads(found["PolicyDocument"])
    layers: dict[str, Any] = policy["Statement"][1]
    layers["Resource"] = layers["Resource"][-1]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=found["VpcEndpointId"],
        PolicyDocument=json.dumps({**policy, "Statement": [layers]}),
    )
    try:
        said = again(closed, "policy")
    finally:
        ec2.modify_vpc_endpoint(
            VpcEndpointId=found["VpcEndpointId"], PolicyDocument=found["PolicyDocument"]
        )
    assert "because no VPC endpoint policy allows the s3:GetObject action" in said


def test_a_wheel_that_the_cache_lacks_is_named_with_the_command_that_fills_it(
    closed: Stack, chain: Chain, index: Index
) -> None:
    boto3.client("s3").delete_object(Bucket="our-wheels", Key=f"efs/{SHA256}.whl")
    said = again(closed, "missing")
    assert f"the wheel of tiny 1.0 (sha256:{SHA256}) is not in the cache" in said
    assert "`make wheels`" in said
    fill(chain, index)
    assert again(closed, "there-again") == ""


def test_a_preview_refuses_what_lies_outside_before_anything_is_created(
    chain: Chain, index: Index
) -> None:
    config = {"egress": "none", "indexUrl": "https://pypi.org/simple"}
    stack = Stack(chain.folder, "dev", **config)
    before = len(boto3.client("ec2").describe_vpcs()["Vpcs"])
    error = str(stack.up())
    assert "populatorImage = 'public.ecr.aws/lambda/python:" in error
    assert "indexUrl = 'https://pypi.org/simple': egress is none: " in error
    assert len(boto3.client("ec2").describe_vpcs()["Vpcs"]) == before


def test_an_index_inside_a_vpc_that_is_there_and_s3_serve_the_tasks(
    chain: Chain, index: Index, closed: Stack
) -> None:
    """A server of this host that the task's definition names stands for one in the VPC."""
    weights = b"weights" * 1_000
    boto3.client("s3").put_object(Bucket="our-wheels", Key="w.bin", Body=weights)
    application = chain.folder / "lambda_src" / "application"
    (application / "artifacts.in").write_text("w s3://our-wheels/w.bin\n")
    (application / "locks" / "artifacts.txt").write_text(
        f"w s3://our-wheels/w.bin --region=us-east-1 --size={len(weights)} "
        f"--hash=sha256:{hashlib.sha256(weights).hexdigest()}\n"
    )
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/24", AvailabilityZone="us-east-1a")[
        "Subnet"
    ]["SubnetId"]
    (table,) = (t for t in ec2.describe_route_tables()["RouteTables"] if t["VpcId"] == vpc)
    group = ec2.create_security_group(GroupName="in", Description="in", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="10.7.0.0/16"
    )
    for service in ("ecr.api", "ecr.dkr", "logs"):
        ec2.create_vpc_endpoint(
            VpcId=vpc,
            ServiceName=f"com.amazonaws.us-east-1.{service}",
            VpcEndpointType="Interface",
            SubnetIds=[subnet],
            SecurityGroupIds=[group],
            PrivateDnsEnabled=True,
        )
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.s3",
        VpcEndpointType="Gateway",
        RouteTableIds=[table["RouteTableId"]],
    )
    (application / "model.py").write_text(MODEL.replace("reaches(PORT)", "reaches(9)"))
    config = {"egress": "none", "populatorImage": IMAGE, "indexUrl": index.url}
    (chain.folder / "Pulumi.existing.yaml").write_text("config: {}\n")
    index.asked.clear()
    stack = Stack(chain.folder, "existing", subnetIds=json.dumps([subnet]), **config)
    assert stack.up() is None, stack.messages("error")
    assert index.asked == ["tiny"]
    assert stack.ask({"instances": [4]}) == {"predictions": [8]}
    (found,) = (path for path in (chain.folder.parent / "state").rglob("w") if path.is_file())
    assert found.read_bytes() == weights


def test_a_user_s_own_run_fills_the_cache_of_the_embedded_cloud(
    tmp_path: Path, index: Index
) -> None:
    chain = made(tmp_path / "project", index)
    chain.config += ["egress=none", f"wheelCache={CACHE}", f"populatorImage={IMAGE}"]
    run = chain.run("up")
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"wheel cache {CACHE}" in run.stdout
    assert len(chain.releases()) == 1
