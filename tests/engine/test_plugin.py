"""The stand-in of the AWS plugin, asked what Pulumi's engine asks: only the CLI has that engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import grpc
import pytest
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.rpc import UNKNOWN

from local.cloud import Cloud
from local.provider import KINDS
from tests.engine.destroy import aws_plugin
from tests.engine.kinds import ENDINGS
from tests.protocol import plain, struct

pytestmark = pytest.mark.whole
VPC, GROUP = "aws:ec2/vpc:Vpc", "aws:ec2/securityGroup:SecurityGroup"
ROLE, POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with (
        Cloud(tmp_path_factory.mktemp("efs"), seconds_to_create=0) as cloud,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, value in {**cloud.environment(), "STAND_IN_WAITS": "1"}.items():
            environment.setenv(name, value)
        with aws_plugin() as stub:
            yield stub


def urn(type_: str, name: str = "it") -> str:
    return f"urn:pulumi:dev::project::{type_}::{name}"


def checked(plugin: Any, type_: str, olds: dict[str, Any], **news: Any) -> dict[str, Any]:
    request = provider_pb2.CheckRequest(urn=urn(type_), olds=struct(olds), news=struct(news))
    return plain(plugin.Check(request).inputs)


def diff(plugin: Any, type_: str, olds: dict[str, Any], news: dict[str, Any]) -> Any:
    return plugin.Diff(
        provider_pb2.DiffRequest(urn=urn(type_), old_inputs=struct(olds), news=struct(news))
    )


def created(plugin: Any, type_: str, *, preview: bool = False, **inputs: Any) -> Any:
    return plugin.Create(
        provider_pb2.CreateRequest(urn=urn(type_), properties=struct(inputs), preview=preview)
    )


def test_it_knows_how_everything_ends_that_the_local_cloud_can_make() -> None:
    assert ENDINGS.keys() == KINDS.keys()


def test_a_name_that_it_has_made_up_stays_and_one_that_is_given_counts(plugin: Any) -> None:
    first = checked(plugin, GROUP, {}, description="x")
    assert first["name"].startswith("it-")
    assert checked(plugin, GROUP, first, description="y")["name"] == first["name"]
    given = checked(plugin, GROUP, first, name="ours")
    assert (given["name"], given["__defaults"]) == ("ours", [])


def test_a_diff_says_what_replaces_and_which_goes_first(plugin: Any) -> None:
    made_up = checked(plugin, GROUP, {}, description="x")
    found = diff(plugin, GROUP, made_up, {**made_up, "description": "y"})
    assert (list(found.replaces), found.deleteBeforeReplace) == (["description"], False)
    given = checked(plugin, GROUP, {}, name="ours", description="x")
    assert diff(plugin, GROUP, given, {**given, "description": "y"}).deleteBeforeReplace
    tagged = diff(plugin, GROUP, given, {**given, "tags": {"a": "b"}})
    assert (list(tagged.diffs), list(tagged.replaces)) == (["tags"], [])
    same = diff(plugin, GROUP, given, given)
    assert (same.changes, list(same.diffs)) == (provider_pb2.DiffResponse.DIFF_NONE, [])


def test_a_preview_makes_nothing_and_knows_no_id(plugin: Any) -> None:
    before = len(boto3.client("ec2").describe_vpcs()["Vpcs"])
    planned = created(plugin, VPC, preview=True, cidrBlock="10.0.0.0/16")
    assert plain(planned.properties)["arn"] == UNKNOWN
    assert len(boto3.client("ec2").describe_vpcs()["Vpcs"]) == before


def test_what_is_in_the_way_is_waited_for_and_then_named(plugin: Any) -> None:
    made = created(plugin, VPC, cidrBlock="10.0.0.0/16")
    ec2 = boto3.client("ec2")
    subnet = ec2.create_subnet(VpcId=made.id, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    request = provider_pb2.DeleteRequest(urn=urn(VPC), id=made.id, properties=made.properties)
    with pytest.raises(grpc.RpcError, match=f"DependencyViolation: The vpc '{made.id}' has"):
        plugin.Delete(request)
    ec2.delete_subnet(SubnetId=subnet)
    plugin.Delete(request)
    plugin.Delete(request)  # gone already


def test_an_update_changes_what_there_is_and_a_refusal_is_in_awss_words(plugin: Any) -> None:
    with pytest.raises(grpc.RpcError, match="NoSuchEntity: "):
        created(plugin, POLICY, role="nobody", name="p", policy="{}")
    trust = '{"Version": "2012-10-17", "Statement": []}'
    role = created(plugin, ROLE, name="ours", assumeRolePolicy=trust)
    allow = '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}'
    policy = trust.replace("[]", f"[{allow}]")
    first: dict[str, Any] = {"role": role.id, "name": "p", "policy": policy}
    made = created(plugin, POLICY, **first)
    plugin.Update(
        provider_pb2.UpdateRequest(
            urn=urn(POLICY),
            id=made.id,
            olds=made.properties,
            old_inputs=struct(first),
            news=struct({**first, "policy": policy.replace("Get", "Put")}),
        )
    )
    kept = boto3.client("iam").get_role_policy(RoleName=role.id, PolicyName="p")["PolicyDocument"]
    assert "s3:PutObject" in str(kept)


def test_it_answers_where_the_stack_is(plugin: Any) -> None:
    request = provider_pb2.InvokeRequest(tok="aws:index/getRegion:getRegion", args=struct({}))
    assert plain(getattr(plugin.Invoke(request), "return"))["region"] == "us-east-1"
