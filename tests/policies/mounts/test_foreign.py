"""Programs of other shapes than ours."""

import copy
import json

from pulumi.runtime.rpc import UNKNOWN

from ..creation import created
from ..programs import Program, judge_program
from .team import mandatory, only, team


def test_another_teams_stack_is_compliant_and_nothing_is_left_open() -> None:
    assert judge_program(team()) == []
    assert judge_program(created(team())) == []


def test_inline_rules_that_name_somebody_else_are_found() -> None:
    p = team()
    other = p.add("aws:ec2/securityGroup:SecurityGroup", "other", {})
    p["SecurityGroup", "nfs"].origins["ingress"] = [other.urn]
    assert {line.policy for line in mandatory(p)} == {"consumer-reaches-its-mount-targets"}


def test_a_group_without_egress_lets_nothing_out() -> None:
    p = team()
    p["SecurityGroup", "clients"].props["egress"] = UNKNOWN
    assert mandatory(p) == []
    assert "this preview shows no rule for TCP 2049" in judge_program(p)[0].message
    assert "lets out nothing, but not TCP 2049" in mandatory(created(p))[0].message


def test_two_stacks_worth_in_one_do_not_meet() -> None:
    p, twin = team(), team()
    for part in twin.parts:
        part.urn += "-2"
        part.name += "-2"
        part.dependencies = [urn + "-2" for urn in part.dependencies]
        part.origins = {name: [urn + "-2" for urn in urns] for name, urns in part.origins.items()}
        part.props = json.loads(
            json.dumps(part.props)
            .replace("/mnt/", "/mnt/two-")
            .replace("reader-1", "reader-2")
            .replace("subnet-0", "subnet-1")
        )
    p.parts += twin.parts
    assert judge_program(p) == []


def test_a_stack_of_others_has_nothing_to_judge() -> None:
    p = Program()
    p.add("aws:s3/bucket:Bucket", "bucket", {})
    assert [line.policy for line in judge_program(p)] == ["nothing-judged"]
    assert [line.policy for line in judge_program(p, "guardrails")] == ["nothing-judged"]


def test_a_function_outside_a_vpc_as_the_provider_reads_it_back_is_found() -> None:
    p = team()
    p["Function", "models"].props["vpcConfig"] = {
        "subnetIds": [],
        "securityGroupIds": [],
        "vpcId": "",
    }
    assert "has no vpcConfig" in only(p)


def test_volumes_unknown_as_a_whole_are_not_passed_over() -> None:
    p = team()
    p["TaskDefinition", "web"].props["volumes"] = UNKNOWN
    assert mandatory(p) == []
    assert any("transitEncryption" in line.message for line in judge_program(p))


def test_a_scheduled_task_that_populates_needs_its_rights_and_a_way_out() -> None:
    p = team()
    p.remove(p["Service", "web"])
    network = {"subnets": [UNKNOWN], "securityGroups": [UNKNOWN], "assignPublicIp": False}
    vpc = p.add("aws:ec2/vpc:Vpc", "own", {})
    subnet = p.add(
        "aws:ec2/subnet:Subnet",
        "own",
        {"availabilityZone": "eu-west-1a", "vpcId": UNKNOWN},
        vpcId=vpc,
    )
    p.remove(p["MountTarget", "uploads-1"])
    target = p["MountTarget", "uploads-0"]
    target.props["subnetId"] = UNKNOWN
    target.origins["subnetId"] = [subnet.urn]
    p["Function", "uploads"].props["vpcConfig"]["subnetIds"] = [UNKNOWN]
    p["Function", "uploads"].origins["vpcConfig"].append(subnet.urn)
    schedule = p.add(
        "aws:cloudwatch/eventTarget:EventTarget",
        "nightly",
        {"ecsTarget": {"taskDefinitionArn": UNKNOWN, "networkConfiguration": network}},
        ecsTarget=p["TaskDefinition", "web"],
    )
    schedule.origins["ecsTarget"] += [subnet.urn, p["SecurityGroup", "clients"].urn]
    assert mandatory(created(copy.deepcopy(p))) == []  # a nightly job need not populate
    install = ["sh", "-c", "pip install --target /mnt/uploads/lib numpy"]
    p.edit(
        p["TaskDefinition", "web"], "containerDefinitions", lambda d: d[0].update(command=install)
    )
    messages = [line.message for line in mandatory(created(p))]
    assert any("runs in subnet 'own' without a route to 0.0.0.0/0" in text for text in messages)
