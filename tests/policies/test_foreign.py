"""Programs of other shapes than ours."""

import copy
import json

from pulumi.runtime.rpc import UNKNOWN

from .programs import Program, judge_program
from .team import created, mandatory, only, team


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


def test_rule_resources_of_the_older_kind_count() -> None:
    p = team()
    p["SecurityGroup", "nfs"].props["ingress"] = UNKNOWN
    p["SecurityGroup", "nfs"].origins = {}
    rule = p.add(
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        "nfs",
        {
            "type": "ingress",
            "securityGroupId": UNKNOWN,
            "sourceSecurityGroupId": UNKNOWN,
            "protocol": "TCP",
            "fromPort": 2000,
            "toPort": 2100,
        },
        securityGroupId=p["SecurityGroup", "nfs"],
        sourceSecurityGroupId=p["SecurityGroup", "clients"],
    )
    assert mandatory(p) == []
    rule.props["toPort"] = 2048
    assert mandatory(created(p))


def test_a_group_that_admits_itself_admits_its_members() -> None:
    p = team()
    clients = p["SecurityGroup", "clients"]
    clients.props["ingress"] = [{"protocol": "tcp", "fromPort": 2049, "toPort": 2049, "self": True}]
    for part in p.parts:
        if part.type.endswith("MountTarget"):
            part.origins["securityGroups"] = [clients.urn]
    assert mandatory(p) == []


def test_a_prefix_list_is_not_judged() -> None:
    p = team()
    p["SecurityGroup", "nfs"].props["ingress"] = [
        {"protocol": "tcp", "fromPort": 2049, "toPort": 2049, "prefixListIds": ["pl-1"]}
    ]
    assert mandatory(p) == []
    assert "not-judged" in {line.policy for line in judge_program(p)}


def test_a_function_without_a_vpc_is_found() -> None:
    p = team()
    p["Function", "models"].props["vpcConfig"] = None
    assert only(p).startswith(
        "function 'models' mounts access point 'models', but has no vpcConfig"
    )


def test_a_function_without_environment_and_mount_is_nobodys_concern() -> None:
    p = team()
    p.add("aws:lambda/function:Function", "plain", {"runtime": "nodejs22.x"})
    assert judge_program(p) == []


def test_a_root_directory_beside_an_access_point_is_found() -> None:
    p = team()
    volume = p["TaskDefinition", "web"].props["volumes"][0]["efsVolumeConfiguration"]
    volume["rootDirectory"] = "/uploads"
    assert "has rootDirectory /uploads beside access point 'uploads'" in only(p)


def test_a_volume_of_another_file_system_is_found() -> None:
    p = team()
    p["TaskDefinition", "web"].origins["volumes"] = [
        p["AccessPoint", "uploads"].urn,
        p["FileSystem", "models"].urn,
    ]
    assert "names file system 'models', but its access point 'uploads' belongs to" in only(p)


def test_a_file_system_from_another_stack_is_not_judged() -> None:
    p = team()
    point = p["AccessPoint", "models"]
    point.props["fileSystemId"] = "fs-0123456789abcdef0"
    point.origins = {}
    lines = judge_program(p)
    assert [line.message for line in lines] == [
        "not judged: whether function 'models' reaches file system fs-0123456789abcdef0; file "
        "system fs-0123456789abcdef0 is made elsewhere."
    ]


def test_a_function_in_a_zone_without_mount_target_is_found() -> None:
    p = team()
    zones = {}
    for name, zone in (("a", "eu-west-1a"), ("b", "eu-west-1b"), ("c", "eu-west-1c")):
        zones[name] = p.add("aws:ec2/subnet:Subnet", name, {"availabilityZone": zone})
    for number, name in enumerate("ab"):
        target = p["MountTarget", f"models-{number}"]
        target.props["subnetId"] = UNKNOWN
        target.origins["subnetId"] = [zones[name].urn]
    function = p["Function", "models"]
    function.props["vpcConfig"]["subnetIds"] = [UNKNOWN, UNKNOWN]
    function.origins["vpcConfig"] += [zones["a"].urn, zones["c"].urn]
    assert mandatory(p) == []
    assert only(created(p)).startswith(
        "function 'models' runs in subnet 'c' in zone eu-west-1c, but file system 'models' has "
        "mount targets in eu-west-1a, eu-west-1b only"
    )


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


def test_an_order_through_parents_counts() -> None:
    p = team()
    function = p["Function", "models"]
    targets = function.dependencies
    function.dependencies = []
    part = p.add("acme:index:Inference", "models", {})
    part.dependencies = targets
    function.parent = part.urn
    assert judge_program(p) == []


def test_a_stack_of_others_has_nothing_to_judge() -> None:
    p = Program([])
    p.add("aws:s3/bucket:Bucket", "bucket", {})
    assert [line.policy for line in judge_program(p)] == ["nothing-judged"]
    assert [line.policy for line in judge_program(p, "guardrails")] == ["nothing-judged"]


def test_subnets_out_of_a_vpc_component_raise_no_alarm() -> None:
    p = team()
    vpc = p.add("awsx:ec2:Vpc", "network", {"privateSubnetIds": UNKNOWN})
    for number, zone in enumerate(("eu-west-1a", "eu-west-1b", "eu-west-1c")):
        subnet = p.add("aws:ec2/subnet:Subnet", f"net-{number}", {"availabilityZone": zone})
        subnet.parent = vpc.urn
    for part in p.parts:
        if part.type.endswith("MountTarget"):
            part.props["subnetId"] = UNKNOWN
            part.origins["subnetId"] = [vpc.urn]
    for name in ("models", "uploads"):
        function = p["Function", name]
        function.props["vpcConfig"]["subnetIds"] = UNKNOWN
        function.origins["vpcConfig"].append(vpc.urn)
    assert mandatory(p) == []
    assert {line.policy for line in judge_program(p)} <= {
        "not-judged",
        "not-judged-before-creation",
    }


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


def test_a_task_on_instances_is_not_judged_where_it_runs() -> None:
    p = team()
    p["Service", "web"].props["networkConfiguration"] = None
    p["Service", "web"].props["launchType"] = "EC2"
    assert [line.policy for line in judge_program(p)] == ["not-judged"]


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


def test_a_function_from_an_image_is_not_judged_for_its_python() -> None:
    p = team()
    p.remove(p["Service", "web"])
    p["Function", "uploads"].props |= {"runtime": None, "packageType": "Image"}
    install = ["pip", "install", "-t", "/mnt/uploads/lib", "numpy"]
    p.edit(
        p["TaskDefinition", "web"], "containerDefinitions", lambda d: d[0].update(command=install)
    )
    assert any("'uploads' runs an image" in line.message for line in judge_program(p))


def test_a_default_security_group_that_nobody_manages_is_not_judged() -> None:
    p = team()
    for part in p.parts:
        if part.type.endswith("MountTarget"):
            part.props["securityGroups"] = UNKNOWN
            del part.origins["securityGroups"]
    assert mandatory(p) == []
    assert {line.policy for line in judge_program(p)} == {"not-judged"}
