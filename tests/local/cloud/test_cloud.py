"""The embedded cloud refuses what AWS refuses, in AWS's words, and otherwise behaves alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from local.cloud import Cloud
from tests.deployments import point_clients_at

from ..conftest import Stack, refusal

CLIENT_EXCEPTION = "ClientException: "
PARAMETER = "InvalidParameterValueException: "


def test_the_environment_shuts_out_the_users_profile(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nendpoint_url = http://127.0.0.1:9\nregion = eu-north-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    point_clients_at(cloud, monkeypatch)
    session = boto3.session.Session()
    assert session.region_name == "us-east-1"
    assert session.client("sts").get_caller_identity()["Account"] == cloud.account_id


def test_a_second_cloud_in_the_same_process_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="another Cloud is open"), Cloud(tmp_path):
        pass
    assert boto3.client(
        "sts",
        endpoint_url=cloud.endpoint,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    ).get_caller_identity()


def test_what_moto_drops_is_returned(stack: Stack) -> None:
    created = stack.create_function("", LoggingConfig={"LogFormat": "JSON", "LogGroup": "/mine"})
    version = stack.lambda_.publish_version(FunctionName="reader")
    mounts = [{"Arn": stack.point_arn, "LocalMountPath": "/mnt/shared"}]
    assert created["FileSystemConfigs"] == version["FileSystemConfigs"] == mounts
    assert created["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": "/mine"}
    assert created["VpcConfig"]["VpcId"] == stack.vpc
    mounts[0]["LocalMountPath"] = "/mnt/other"
    stack.lambda_.update_function_configuration(FunctionName="reader", FileSystemConfigs=mounts)
    latest = stack.lambda_.get_function_configuration(FunctionName="reader")
    assert latest["FileSystemConfigs"] == mounts


def test_a_mount_target_is_creating_for_a_while_and_a_function_has_to_wait(tmp_path: Path) -> None:
    with Cloud(tmp_path, seconds_to_create=600) as cloud:
        stack = Stack(cloud)
        said = refusal(stack.create_function, source="")
    assert said == (
        f"{PARAMETER}EFS file system {stack.file_system_arn} referenced by access point "
        f"{stack.point_arn} has mount targets created in all availability zones the function will "
        "execute in, but not all are in the available life cycle state yet. Please wait for them "
        "to become available and try the request again."
    )


def failed_to_start(stack: Stack, **changes: Any) -> str:
    """Why a task could not be started."""
    ended = stack.ended(stack.run("pass", **changes))
    assert ended["stopCode"] == "TaskFailedToStart"
    assert "exitCode" not in ended["containers"][0]
    return str(ended["stoppedReason"])


MOUNT = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: "


def test_a_task_without_a_mount_target_in_its_zone_does_not_start(stack: Stack) -> None:
    targets = stack.efs.describe_mount_targets(FileSystemId=stack.file_system)["MountTargets"]
    stack.efs.delete_mount_target(MountTargetId=targets[1]["MountTargetId"])
    said = failed_to_start(stack)
    name = f"{stack.file_system}.efs.us-east-1.amazonaws.com"
    assert said.startswith(f'{MOUNT}stderr: Failed to resolve "{name}" - check that your')


def test_a_task_in_a_network_without_dns_names_does_not_start(stack: Stack) -> None:
    stack.ec2.modify_vpc_attribute(VpcId=stack.vpc, EnableDnsHostnames={"Value": False})
    assert "Failed to resolve" in failed_to_start(stack)


@pytest.mark.parametrize("side", ["ingress", "egress"])
def test_a_task_for_which_2049_is_closed_does_not_start(stack: Stack, side: str) -> None:
    if side == "ingress":
        stack.ec2.revoke_security_group_ingress(
            GroupId=stack.target_group, IpPermissions=[stack.nfs]
        )
    else:
        every = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        https = {**every, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
        stack.ec2.revoke_security_group_egress(GroupId=stack.client_group, IpPermissions=[every])
        stack.ec2.authorize_security_group_egress(GroupId=stack.client_group, IpPermissions=[https])
    said = failed_to_start(stack)
    assert said.startswith(f"{MOUNT}stderr: Mount attempt 1/3 failed due to timeout after 15 sec")


def test_2049_may_be_open_by_address(stack: Stack) -> None:
    stack.ec2.revoke_security_group_ingress(GroupId=stack.target_group, IpPermissions=[stack.nfs])
    by_address = {"CidrIp": "10.0.0.0/16", "IpProtocol": "tcp", "FromPort": 2000, "ToPort": 2100}
    stack.ec2.authorize_security_group_ingress(GroupId=stack.target_group, **by_address)
    assert stack.ended(stack.run("pass"))["containers"][0]["exitCode"] == 0


def test_a_task_whose_role_lacks_client_mount_is_denied(stack: Stack) -> None:
    stack.allow("task", [stack.client_statement("elasticfilesystem:ClientWrite")])
    said = failed_to_start(stack)
    assert "b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'" in said


def test_a_right_through_another_access_point_is_none(stack: Stack) -> None:
    statement = stack.client_statement("elasticfilesystem:*")
    other = {"StringEquals": {"elasticfilesystem:AccessPointArn": stack.point_arn + "0"}}
    stack.allow("task", [statement | {"Condition": other}])
    assert "access denied" in failed_to_start(stack)


def test_without_a_file_system_policy_every_client_has_access(stack: Stack) -> None:
    stack.allow("task", [])
    efs = stack.efs.create_file_system(CreationToken="open")["FileSystemId"]
    point = stack.efs.create_access_point(ClientToken="open", FileSystemId=efs)["AccessPointId"]
    for subnet in stack.subnets:
        stack.efs.create_mount_target(
            FileSystemId=efs, SubnetId=subnet, SecurityGroups=[stack.target_group]
        )
    authorization = {"accessPointId": point, "iam": "ENABLED"}
    volume = {"fileSystemId": efs, "authorizationConfig": authorization}
    ended = stack.ended(stack.run("open('/mnt/shared/x', 'w')", efs=volume))
    assert ended["containers"][0]["exitCode"] == 0


def test_rights_may_come_from_a_policy_of_aws(stack: Stack) -> None:
    stack.allow("task", [])
    stack.iam.attach_role_policy(
        RoleName="task",
        PolicyArn="arn:aws:iam::aws:policy/AmazonElasticFileSystemClientReadWriteAccess",
    )
    ended = stack.ended(stack.run("open('/mnt/shared/x', 'w')"))
    assert ended["containers"][0]["exitCode"] == 0


def test_a_task_cannot_start_without_its_log_group_or_the_right_to_write_it(stack: Stack) -> None:
    stack.allow("execution", [stack.network])
    assert "AccessDeniedException" in failed_to_start(stack)
    stack.allow("execution", [{"Effect": "Allow", "Action": "logs:Put*", "Resource": "*"}])
    assert "logs:CreateLogStream" in failed_to_start(stack)
    stack.allow("execution", [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}])
    stack.logs.delete_log_group(logGroupName="/tasks")
    assert "The specified log group does not exist" in failed_to_start(stack)


def test_a_container_whose_program_is_not_on_this_host_does_not_start(stack: Stack) -> None:
    said = failed_to_start(stack, container={"entryPoint": ["/lambda-entrypoint.sh"]})
    assert said.startswith("CannotStartContainerError: ")


def test_a_function_needs_a_mount_target_in_each_of_its_zones(stack: Stack) -> None:
    targets = stack.efs.describe_mount_targets(FileSystemId=stack.file_system)["MountTargets"]
    stack.efs.delete_mount_target(MountTargetId=targets[0]["MountTargetId"])
    said = refusal(stack.create_function, source="")
    assert "does not have mount targets created in all availability zones" in said


def test_a_function_in_a_network_needs_the_right_to_make_network_interfaces(stack: Stack) -> None:
    stack.allow("reader", [stack.client_statement("elasticfilesystem:ClientMount")])
    said = refusal(stack.create_function, source="")
    assert said.endswith("does not have permissions to call CreateNetworkInterface on EC2")


def test_an_update_is_judged_as_a_whole(stack: Stack) -> None:
    stack.create_function("")
    nowhere: dict[str, list[str]] = {"SubnetIds": [], "SecurityGroupIds": []}
    update = stack.lambda_.update_function_configuration
    said = refusal(update, FunctionName="reader", VpcConfig=nowhere)
    assert "Function must be configured to execute in a VPC" in said


def test_a_call_over_a_closed_port_cannot_connect(stack: Stack) -> None:
    stack.create_function("def handler(event, context): pass")
    stack.ec2.revoke_security_group_ingress(GroupId=stack.target_group, IpPermissions=[stack.nfs])
    assert refusal(stack.invoke) == (
        "EFSMountConnectivityException: The function couldn't connect to the Amazon EFS file "
        f"system with access point {stack.point_arn}. Check your network configuration and try "
        "again."
    )


def test_a_call_without_the_right_to_mount_fails(stack: Stack) -> None:
    stack.allow("reader", [stack.network])
    stack.create_function("def handler(event, context): pass")
    assert refusal(stack.invoke) == (
        "EFSMountFailureException: The function could not mount the EFS file system with access "
        f"point {stack.point_arn}."
    )


def test_a_call_that_is_too_large_or_no_json_is_refused(stack: Stack) -> None:
    stack.create_function("def handler(event, context): pass")
    invoke = stack.lambda_.invoke
    large = refusal(invoke, FunctionName="reader", Payload=b'"' + b"x" * 6_291_456 + b'"')
    broken = refusal(invoke, FunctionName="reader", Payload=b"{")
    unknown = refusal(invoke, FunctionName="reader", Qualifier="live")
    assert large == (
        "RequestEntityTooLargeException: 6291458 byte payload is too large for the "
        "RequestResponse invocation type (limit 6291456 bytes)"
    )
    assert broken.startswith("InvalidRequestContentException: Could not parse request body")
    assert unknown.startswith("ResourceNotFoundException: ")
