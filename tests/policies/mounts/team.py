"""The stack of another team, of another shape than ours."""

import json

from pulumi.runtime.rpc import UNKNOWN

from ..programs import Part, Program, judge_program
from ..wire import Said

REGION = "arn:aws:elasticfilesystem:eu-west-1:111122223333"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonElasticFileSystemClientReadOnlyAccess"
READ_WRITE = "arn:aws:iam::aws:policy/AmazonElasticFileSystemClientReadWriteAccess"


def team() -> Program:
    """Another team's stack in preview.

    Default VPC by id, inline security group rules, two file systems and access points, functions at
    different paths, a service that writes its own files, rights by attachment, no populate run.
    """
    p = Program()
    subnets = ["subnet-00000000000000001", "subnet-00000000000000002"]
    clients = p.add(
        "aws:ec2/securityGroup:SecurityGroup",
        "clients",
        {
            "ingress": UNKNOWN,
            "egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}],
        },
    )
    nfs = p.add(
        "aws:ec2/securityGroup:SecurityGroup",
        "nfs",
        {
            "ingress": [
                {
                    "protocol": "tcp",
                    "fromPort": "2049",
                    "toPort": 2049.0,
                    "securityGroups": [UNKNOWN],
                }
            ],
            "egress": UNKNOWN,
        },
        ingress=clients,
    )
    role = p.add(
        "aws:iam/role:Role",
        "reader",
        {"name": "reader-1", "inlinePolicies": UNKNOWN, "managedPolicyArns": UNKNOWN},
    )
    p.add(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "reader",
        {"role": "reader-1", "policyArn": READ_ONLY},
    )
    writer = p.add(
        "aws:iam/role:Role", "writer", {"name": "writer-1", "managedPolicyArns": [READ_WRITE]}
    )
    for name in ("models", "uploads"):
        system = p.add("aws:efs/fileSystem:FileSystem", name, {"encrypted": True})
        for number, subnet in enumerate(subnets):
            target = p.add(
                "aws:efs/mountTarget:MountTarget",
                f"{name}-{number}",
                {"fileSystemId": UNKNOWN, "subnetId": subnet, "securityGroups": [UNKNOWN]},
                fileSystemId=system,
                securityGroups=nfs,
            )
            target.dependencies.append(system.urn)
        p.add(
            "aws:efs/accessPoint:AccessPoint",
            name,
            {
                "fileSystemId": UNKNOWN,
                "posixUser": {"uid": 1000, "gid": 1000},
                "rootDirectory": {
                    "path": f"/{name}",
                    "creationInfo": {"ownerUid": 1000, "ownerGid": 1000, "permissions": "0755"},
                },
            },
            fileSystemId=system,
        )
        function = p.add(
            "aws:lambda/function:Function",
            name,
            {
                "runtime": "python3.12",
                "role": UNKNOWN,
                "architectures": UNKNOWN,
                "fileSystemConfig": {"arn": UNKNOWN, "localMountPath": f"/mnt/{name}"},
                "vpcConfig": {"subnetIds": subnets, "securityGroupIds": [UNKNOWN]},
            },
            role=role,
            fileSystemConfig=p["AccessPoint", name],
            vpcConfig=clients,
        )
        function.dependencies += [p["MountTarget", f"{name}-{n}"].urn for n in (0, 1)]
    _service(p, subnets, clients, writer)
    return p


def _service(p: Program, subnets: list[str], clients: Part, writer: Part) -> None:
    container = {
        "name": "web",
        "image": "nginx:1.27",
        "mountPoints": [{"sourceVolume": "data", "containerPath": "/mnt/uploads"}],
    }
    volume = {
        "name": "data",
        "efsVolumeConfiguration": {
            "fileSystemId": UNKNOWN,
            "transitEncryption": "ENABLED",
            "authorizationConfig": {"accessPointId": UNKNOWN, "iam": "ENABLED"},
        },
    }
    task = p.add(
        "aws:ecs/taskDefinition:TaskDefinition",
        "web",
        {
            "containerDefinitions": json.dumps([container]),
            "volumes": [volume],
            "taskRoleArn": UNKNOWN,
            "requiresCompatibilities": ["FARGATE"],
        },
        volumes=p["AccessPoint", "uploads"],
        taskRoleArn=writer,
    )
    task.origins["volumes"].append(p["FileSystem", "uploads"].urn)
    network = {"subnets": subnets, "securityGroups": [UNKNOWN], "assignPublicIp": True}
    p.add(
        "aws:ecs/service:Service",
        "web",
        {"taskDefinition": UNKNOWN, "networkConfiguration": network},
        taskDefinition=task,
        networkConfiguration=clients,
    )


def with_policies() -> Program:
    """As `team`, with file system policies: without one everybody may do everything."""
    p = team()
    deny: dict[str, object] = {"Effect": "Deny", "Principal": "*", "Action": "*"}
    deny["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    for name in ("models", "uploads"):
        p.add(
            "aws:efs/fileSystemPolicy:FileSystemPolicy",
            name,
            {"fileSystemId": UNKNOWN, "policy": json.dumps({"Statement": [deny]})},
            fileSystemId=p["FileSystem", name],
        )
    return p


def mandatory(p: Program, pack: str = "mounts") -> list[Said]:
    return [line for line in judge_program(p, pack) if line.mandatory]


def only(p: Program) -> str:
    [line] = mandatory(p)
    return line.message
