"""What proves something wrong in another team's stack, and what leaves it open."""

import copy
import json
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from ..creation import created
from ..programs import judge_program
from .team import REGION, mandatory, only, team, with_policies


def test_a_role_by_its_arn_only_is_not_judged() -> None:
    p = team()
    function = p["Function", "models"]
    function.props["role"] = "arn:aws:iam::111122223333:role/platform/made-elsewhere"
    del function.origins["role"]
    [line] = judge_program(p)
    assert line.message == (
        "not judged: the rights of function 'models' on access point 'models'; role "
        "made-elsewhere is made elsewhere."
    )


def test_a_file_system_without_policy_lets_everybody_in() -> None:
    p = team()
    p.remove(p["RolePolicyAttachment", "reader"])
    assert mandatory(created(p)) == []


def test_rights_by_policy_attachment_and_single_texts_count() -> None:
    p = with_policies()
    p.remove(p["RolePolicyAttachment", "reader"])
    assert {line.about for line in mandatory(created(p))} == {"models", "uploads"}
    p = with_policies()
    p.remove(p["RolePolicyAttachment", "reader"])
    document = {
        "Statement": {
            "Effect": "Allow",
            "Action": "elasticfilesystem:*Mount",
            "Resource": f"{REGION}:file-system/*",
        }
    }
    policy = p.add("aws:iam/policy:Policy", "mount", {"policy": json.dumps(document)})
    p.add(
        "aws:iam/policyAttachment:PolicyAttachment",
        "mount",
        {"roles": ["reader-1"], "policyArn": UNKNOWN},
        policyArn=policy,
    )
    assert judge_program(p) == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, "allowed"),
        ({"Bool": {"aws:SecureTransport": False}}, "refused"),
        ({"Bool": {"elasticfilesystem:AccessedViaMountTarget": ["true"]}}, "allowed"),
        ({"StringLike": {"elasticfilesystem:AccessPointArn": "*"}}, "allowed"),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, "open"),
    ],
)
def test_conditions_are_judged_within_the_subset(condition: Any, expected: str) -> None:
    p = with_policies()
    p.remove(p["RolePolicyAttachment", "reader"])
    allow = {"Effect": "Allow", "Action": "elasticfilesystem:ClientMount", "Resource": "*"}
    document = {"Statement": [allow | {"Condition": condition}]}
    p["Role", "reader"].props["inlinePolicies"] = [{"policy": json.dumps(document)}]
    lines = judge_program(created(p))
    found = "refused" if any(line.mandatory for line in lines) else "open" if lines else "allowed"
    assert found == expected


def test_the_execution_role_does_not_count() -> None:
    p = team()
    task = p["TaskDefinition", "web"]
    task.props |= {"executionRoleArn": task.props["taskRoleArn"], "taskRoleArn": None}
    del task.origins["taskRoleArn"]
    assert "has no taskRoleArn" in only(p)


def test_a_command_that_runs_the_task_is_what_a_function_waits_for() -> None:
    p = team()
    task = p["TaskDefinition", "web"]
    p.remove(p["Service", "web"])
    run = p.add("command:local:Command", "fill", {"create": UNKNOWN}, create=task)
    assert mandatory(p) == []
    assert any("the command of" in line.message for line in judge_program(p))
    run.props["create"] = "aws ecs run-task --task-definition web"
    messages = [line.message for line in mandatory(p)]
    assert any("'fill', which runs container 'web'" in m for m in messages)
    run.dependencies += [p["MountTarget", f"uploads-{n}"].urn for n in (0, 1)]
    messages = [line.message for line in mandatory(p)]
    assert not any("'fill', which runs container 'web'" in m for m in messages)
    assert any("does not depend on command:local:Command 'fill'" in m for m in messages)
    p["Function", "uploads"].dependencies.append(run.urn)
    messages = [line.message for line in mandatory(p)]
    assert not any("does not depend on" in m for m in messages)


def test_who_only_notes_a_task_definition_is_no_populate_run() -> None:
    p = team()
    task = p["TaskDefinition", "web"]
    p.add("aws:ssm/parameter:Parameter", "note", {"value": UNKNOWN}, value=task)
    p.add("github:index/actionsSecret:ActionsSecret", "note", {"value": UNKNOWN}, value=task)
    assert judge_program(p) == []


@pytest.mark.parametrize(
    "props",
    [
        {"create": "echo aws ecs run-task --task-definition web"},
        {"create": "printf '%s' 'run-task' > how.txt; aws s3 cp how.txt s3://bucket"},
        {"create": "true", "delete": "aws ecs run-task --task-definition web"},
    ],
)
def test_a_command_that_does_not_run_the_task_when_it_is_created_is_no_run(
    props: dict[str, str],
) -> None:
    p = team()
    p.remove(p["Service", "web"])
    p.add("command:local:Command", "fill", props, create=p["TaskDefinition", "web"])
    assert mandatory(created(p)) == []


def test_an_access_point_without_user_is_wrong_where_two_share_it() -> None:
    p = team()
    for name in ("models", "uploads"):
        del p["AccessPoint", name].props["posixUser"]
    assert [line.about for line in mandatory(created(p))] == ["uploads"]


def test_a_directory_that_is_there_keeps_its_owner() -> None:
    p = team()
    point = p["AccessPoint", "models"]
    point.props["rootDirectory"]["creationInfo"]["permissions"] = "0600"
    assert "cannot enter it" in only(created(copy.deepcopy(p)))
    point.props["fileSystemId"], point.origins = "fs-0123456789abcdef0", {}
    assert mandatory(created(p)) == []


def test_a_policy_of_another_provider_leaves_rights_open() -> None:
    p = with_policies()
    p.remove(p["RolePolicyAttachment", "reader"])
    p.add("aws-native:iam:RolePolicy", "own", {"roleName": "role-1"}, roleName=p["Role", "reader"])
    assert mandatory(created(p)) == []
    messages = [line.message for line in judge_program(created(p))]
    assert any("is of a type that this pack does not read" in message for message in messages)


def test_mount_targets_of_a_file_system_from_elsewhere_may_have_others_beside() -> None:
    p = team()
    for part in p.parts:
        if part.origins.get("fileSystemId") == [p["FileSystem", "models"].urn]:
            part.props["fileSystemId"] = "fs-0123456789abcdef0"
            del part.origins["fileSystemId"]
    for name, zone in (("a", "eu-west-1a"), ("c", "eu-west-1c")):
        p.add("aws:ec2/subnet:Subnet", name, {"availabilityZone": zone})
    target, function = p["MountTarget", "models-0"], p["Function", "models"]
    p.remove(p["MountTarget", "models-1"])
    target.props["subnetId"], target.origins["subnetId"] = UNKNOWN, [p["Subnet", "a"].urn]
    function.props["vpcConfig"]["subnetIds"] = [UNKNOWN]
    function.origins["vpcConfig"].append(p["Subnet", "c"].urn)
    assert mandatory(created(p)) == []
    assert any("may have others there" in line.message for line in judge_program(created(p)))


def test_functions_of_two_pythons_of_which_one_may_write_are_noted() -> None:
    p = with_policies()
    loader = p.twin(p["Function", "uploads"], "loader")
    loader.props["runtime"] = "python3.11"
    loader.origins["role"] = [p["Role", "writer"].urn]
    messages = [line.message for line in judge_program(created(p))]
    assert any("whether function 'loader' populates what function 'uploads'" in m for m in messages)


def test_a_route_table_from_elsewhere_leaves_the_way_out_open() -> None:
    p = team()
    vpc = p.add("aws:ec2/vpc:Vpc", "own", {})
    subnet = p.add("aws:ec2/subnet:Subnet", "own", {"vpcId": UNKNOWN}, vpcId=vpc)
    table = {"subnetId": UNKNOWN, "routeTableId": "rtb-0123456789abcdef0"}
    p.add("aws:ec2/routeTableAssociation:RouteTableAssociation", "own", table, subnetId=subnet)
    service = p["Service", "web"]
    service.props["networkConfiguration"]["subnets"] = [UNKNOWN]
    service.origins["networkConfiguration"].append(subnet.urn)
    install = ["pip", "install", "-t", "/mnt/uploads/lib", "numpy"]
    p.edit(
        p["TaskDefinition", "web"], "containerDefinitions", lambda d: d[0].update(command=install)
    )
    lines = judge_program(created(p))
    assert not any("without a route" in line.message for line in lines)
    assert any("route table rtb-0123456789abcdef0 is made elsewhere" in x.message for x in lines)


def test_which_of_two_revisions_a_family_stands_for_is_left_open() -> None:
    p = team()
    install = ["pip", "install", "-t", "/mnt/uploads/lib", "numpy"]
    first = p["TaskDefinition", "web"]
    p.edit(
        first,
        "containerDefinitions",
        lambda d: d[0].update(command=install, image="python:3.11"),
    )
    second = p.twin(first, "newer")
    p.edit(second, "containerDefinitions", lambda d: d[0].update(image="python:3.12"))
    for part in (first, second):
        part.props["family"] = "web"
    p["Service", "web"].props["taskDefinition"] = "web"
    del p["Service", "web"].origins["taskDefinition"]
    whole = created(p)
    assert not any("populates with Python" in line.message for line in mandatory(whole))
    lines = judge_program(whole)
    assert any("is web, and several in this stack are" in line.message for line in lines)
    assert "not-judged-before-creation" not in {line.policy for line in lines}
