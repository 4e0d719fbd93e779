"""Which versions stay when the alias has moved, and what a preview says of the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from pulumi.runtime.rpc import UNKNOWN

from components.gates import RetainedVersionsProvider
from components.gates.versions import Versions
from local.cloud import Cloud
from tests.deployments import point_clients_at
from tests.protocol import Dynamic, running

from ..conftest import Stack, refusal, zipped

pytestmark = pytest.mark.whole


class Function:
    """The function `reader`, its versions, its aliases, and the resource that retains versions."""

    def __init__(self, cloud: Cloud, stack: Stack, stub: Any) -> None:
        self._cloud, self._stub, self.stack = cloud, stub, stack
        self.lambda_ = stack.lambda_
        stack.create_function("def handler(*_): return 0", Publish=True)
        self.lambda_.create_alias(FunctionName="reader", Name="live", FunctionVersion="1")
        self.resource: Any = None

    def manage(self, **inputs: Any) -> None:
        """Create the resource."""
        self.resource = Dynamic(
            self._stub, RetainedVersionsProvider(), **{**self.inputs("1"), **inputs}
        )
        self.resource.create()

    def inputs(self, live: str) -> dict[str, Any]:
        return {
            "function_name": "reader",
            "alias": "live",
            "live_version": live,
            "subnet_ids": self.stack.subnets,
            "security_group_ids": [self.stack.client_group],
            "account_id": self._cloud.account_id,
            "region": self._cloud.region,
            "previous_version": None,
        }

    def publish(self, *, groups: list[str] | None = None, subnets: list[str] | None = None) -> str:
        """A version of another code, in another network where one is given."""
        network = {
            "SubnetIds": subnets or self.stack.subnets,
            "SecurityGroupIds": groups or [self.stack.client_group],
        }
        self.lambda_.update_function_configuration(FunctionName="reader", VpcConfig=network)
        code = zipped(f"def handler(*_): return {len(self.versions())!r}, {network!r}")
        self.lambda_.update_function_code(FunctionName="reader", ZipFile=code)
        return str(self.lambda_.publish_version(FunctionName="reader")["Version"])

    def move(self, version: str, **changes: Any) -> None:
        """Let the alias route to a version, and the resource hear of it."""
        self.lambda_.update_alias(FunctionName="reader", Name="live", FunctionVersion=version)
        self.resource.update(live_version=version, **changes)

    def versions(self) -> list[str]:
        listed = self.lambda_.list_versions_by_function(FunctionName="reader")["Versions"]
        return [found["Version"] for found in listed if found["Version"] != "$LATEST"]


@pytest.fixture
def function(cloud: Cloud, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    point_clients_at(cloud, monkeypatch)
    with running(**{"aws:region": cloud.region}) as stub:
        yield Function(cloud, stack, stub)


def other_group(stack: Stack) -> str:
    """A second security group in the function's VPC."""
    vpc = stack.ec2.describe_subnets(SubnetIds=stack.subnets)["Subnets"][0]["VpcId"]
    made = stack.ec2.create_security_group(GroupName="second", Description="x", VpcId=vpc)
    rule = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    stack.ec2.revoke_security_group_egress(GroupId=made["GroupId"], IpPermissions=rule)
    return str(made["GroupId"])


def test_the_live_version_and_the_one_before_it_stay(function: Function) -> None:
    function.manage()
    for number in ("2", "3", "4"):
        assert function.publish() == number
        function.move(number)
    assert function.versions() == ["3", "4"]
    assert function.resource.state["previous_version"] == "3"


def test_a_version_that_failed_its_smoke_test_goes_and_what_served_before_stays(
    function: Function,
) -> None:
    function.manage()
    function.publish()  # never live
    function.publish()
    function.move("3")
    assert function.versions() == ["1", "3"]


def test_what_any_alias_routes_to_stays_by_weight_too(function: Function) -> None:
    function.manage()
    for _ in range(5):
        function.publish()
    route = {"AdditionalVersionWeights": {"3": 0.1}}
    function.lambda_.create_alias(
        FunctionName="reader", Name="audit", FunctionVersion="2", RoutingConfig=route
    )
    function.move("5")
    # 6 is newer than what serves: nobody's to delete here.
    assert function.versions() == ["1", "2", "3", "5", "6"]


def test_a_stack_from_before_this_resource_keeps_the_newest_older_version(
    function: Function,
) -> None:
    for _ in range(3):
        function.publish()
    function.lambda_.update_alias(FunctionName="reader", Name="live", FunctionVersion="4")
    function.manage(live_version="4")
    assert function.versions() == ["3", "4"]


def test_another_group_can_be_deleted_because_what_held_it_goes_even_the_way_back(
    function: Function,
) -> None:
    function.manage()
    old, new = function.stack.client_group, other_group(function.stack)
    version = function.publish(groups=[new])
    said = refusal(function.stack.ec2.delete_security_group, GroupId=old)
    assert said.startswith("DependencyViolation")
    function.move(version, security_group_ids=[new])
    assert function.versions() == ["2"]
    assert function.resource.state["previous_version"] == ""
    function.stack.ec2.delete_security_group(GroupId=old)


def test_a_zone_less_takes_the_versions_with_a_subnet_there(function: Function) -> None:
    function.manage()
    stack, (kept, removed) = function.stack, function.stack.subnets
    version = function.publish(subnets=[kept])
    efs = stack.efs
    for target in efs.describe_mount_targets(FileSystemId=stack.file_system)["MountTargets"]:
        if target["SubnetId"] == removed:
            efs.delete_mount_target(MountTargetId=target["MountTargetId"])
    said = refusal(stack.ec2.delete_subnet, SubnetId=removed)
    assert said.startswith("DependencyViolation")
    function.move(version, subnet_ids=[kept])
    assert function.versions() == ["2"]
    stack.ec2.delete_subnet(SubnetId=removed)


def test_the_way_back_stays_where_it_holds_nothing_that_goes(function: Function) -> None:
    function.manage(subnet_ids=["subnet-of-another", *function.stack.subnets])
    function.publish()
    function.move("2", subnet_ids=function.stack.subnets)
    assert function.versions() == ["1", "2"]


def test_a_preview_refuses_to_delete_what_an_alias_of_somebody_holds(function: Function) -> None:
    function.manage()
    function.lambda_.create_alias(FunctionName="reader", Name="audit", FunctionVersion="1")
    news = {"live_version": UNKNOWN, "security_group_ids": [UNKNOWN]}
    (why,) = function.resource.refusals(**news)
    group = function.stack.client_group
    assert why.startswith(
        f"alias audit of function reader routes to version 1, which holds {group}. "
    )
    assert "Remedy: let the alias route elsewhere (`aws lambda update-alias" in why
    # Another model alone deletes no group.
    assert function.resource.refusals(live_version=UNKNOWN) == []
    function.lambda_.delete_alias(FunctionName="reader", Name="audit")
    assert function.resource.refusals(**news) == []


def test_a_canary_of_the_own_alias_on_what_goes_is_refused_too(function: Function) -> None:
    function.manage()
    function.publish()
    function.move("2")
    function.lambda_.update_alias(
        FunctionName="reader",
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {"1": 0.1}},
    )
    (why,) = function.resource.refusals(live_version=UNKNOWN, security_group_ids=[UNKNOWN])
    assert why.startswith("alias live of function reader routes to version 1, ")


def test_a_preview_says_which_versions_go(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    function.manage()
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", said.append)
    provider = RetainedVersionsProvider()
    news = {**function.inputs("1"), "live_version": UNKNOWN, "security_group_ids": [UNKNOWN]}
    assert provider.diff("reader", function.resource.state, news).changes
    (line,) = said
    assert line.startswith(f"{function.stack.client_group} will be deleted, and these versions")
    assert "hold network interfaces there: 1. " in line
    said.clear()
    assert provider.diff("reader", function.inputs("1"), function.inputs("2")).changes
    assert not provider.diff("reader", function.inputs("1"), function.inputs("1")).changes
    assert said == []


def test_a_version_to_which_an_alias_routes_since_then_stays(function: Function) -> None:
    """Somebody may set an alias between the look at it and the deletion."""
    versions = Versions(function.lambda_, "reader")
    function.publish()
    assert (versions.delete(1), versions.delete(2), versions.delete(2)) == (False, True, True)
    assert function.versions() == ["1"]


def test_a_function_that_cannot_be_read_fails_the_update_in_one_line(function: Function) -> None:
    function.manage()
    function.resource.inputs["function_name"] = "gone"
    with pytest.raises(grpc.RpcError, match="old versions of function gone were not deleted: "):
        function.resource.update(live_version="2")
