"""The words in which the cases describe AWS resources; every default makes a sound program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .build import REGION, Build, Json, R, join

EFS = "elasticfilesystem:"
MOUNT, WRITE, ROOT = EFS + "ClientMount", EFS + "ClientWrite", EFS + "ClientRootAccess"
ANYWHERE = "0.0.0.0/0"
NGINX = "public.ecr.aws/nginx/nginx:1.27"
PYTHON = "public.ecr.aws/lambda/python:3.12"
AWS_POLICY = "arn:aws:iam::aws:policy/"
VPC_ACCESS = AWS_POLICY + "service-role/AWSLambdaVPCAccessExecutionRole"
EXECUTION = AWS_POLICY + "service-role/AmazonECSTaskExecutionRolePolicy"
READ_WRITE = AWS_POLICY + "AmazonElasticFileSystemClientReadWriteAccess"
READ_ONLY = AWS_POLICY + "AmazonElasticFileSystemClientReadOnlyAccess"
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
FUNCTION = "aws:lambda/function:Function"
COMMAND = "command:local:Command"


# Network


def rule(
    port: int | None = 2049,
    *groups: Any,
    blocks: Sequence[Any] = (),
    protocol: str = "tcp",
    to: int | None = None,
    itself: bool = False,
) -> dict[str, Any]:
    """An inline rule of a security group; without a port for everything."""
    found: dict[str, Any] = {
        "protocol": "-1" if port is None else protocol,
        "fromPort": port or 0,
        "toPort": to or port or 0,
    }
    if groups:
        found["securityGroups"] = list(groups)
    if blocks:
        found["cidrBlocks"] = list(blocks)
    if itself:
        found["self"] = True
    return found


OUT = rule(None, blocks=[ANYWHERE])


def vpc(p: Build, name: str = "vpc", cidr: str = "10.0.0.0/16", **props: Any) -> R:
    props = {"cidrBlock": cidr, "enableDnsHostnames": True, "enableDnsSupport": True, **props}
    table = {"mainRouteTableId": "rtb-0main", "defaultRouteTableId": "rtb-0main"}
    made = {**table, "defaultSecurityGroupId": "sg-00000000000000def"}
    return p.add("aws:ec2/vpc:Vpc", name, props, made=made)


def subnet(p: Build, name: str, of: R, zone: str, cidr: str, **props: Any) -> R:
    given = {"vpcId": of.id, "availabilityZone": zone, "cidrBlock": cidr, **props}
    return p.add("aws:ec2/subnet:Subnet", name, given)


def zone_of(place: R) -> str:
    """The letter of a subnet's zone."""
    return str(place.props["availabilityZone"])[-1]


def group(
    p: Build, name: str, of: R | None, *ingress: Any, egress: Sequence[Any] = (OUT,), **props: Any
) -> R:
    rules = {"ingress": list(ingress) or None, "egress": list(egress) or None}
    given = {"vpcId": of.id if of else None, **rules, **props}
    return p.add("aws:ec2/securityGroup:SecurityGroup", name, given)


def table(p: Build, name: str, of: R, subnets: Sequence[R], **target: Any) -> R:
    """A route table with a default route to `target`."""
    routes = [{"cidrBlock": ANYWHERE, **target}] if target else None
    one = p.add("aws:ec2/routeTable:RouteTable", name, {"vpcId": of.id, "routes": routes})
    for place in subnets:
        props = {"subnetId": place.id, "routeTableId": one.id}
        p.add("aws:ec2/routeTableAssociation:RouteTableAssociation", place.name, props)
    return one


@dataclass
class Net:
    """A VPC with a public and a private subnet in each zone, and two groups.

    `table` is the route table of the private subnets, where they have one.
    """

    vpc: R
    public: list[R]
    private: list[R]
    clients: R
    nfs: R
    made_table: R | None = None

    @property
    def table(self) -> R:
        assert self.made_table is not None
        return self.made_table

    @property
    def ids(self) -> list[Any]:
        return [one.id for one in self.private]


def network(p: Build, zones: str = "ab", *, region: str = REGION, nat: bool = True) -> Net:
    """The usual network: what runs in the private subnets goes out through NAT."""
    of = vpc(p)
    gateway = p.add("aws:ec2/internetGateway:InternetGateway", "igw", {"vpcId": of.id})
    public, private = [], []
    for number, letter in enumerate(zones):
        zone, cidr = f"{region}{letter}", f"10.0.{number}.0/24"
        public.append(subnet(p, f"public-{letter}", of, zone, cidr, mapPublicIpOnLaunch=True))
        private.append(subnet(p, f"private-{letter}", of, zone, f"10.0.{number + 100}.0/24"))
    table(p, "public", of, public, gatewayId=gateway.id)
    if nat:
        address = p.add("aws:ec2/eip:Eip", "nat", {"domain": "vpc"}, made={"allocationId": "e-1"})
        props = {"subnetId": public[0].id, "allocationId": address.out("allocationId")}
        out = p.add("aws:ec2/natGateway:NatGateway", "nat", props)
        routes = table(p, "private", of, private, natGatewayId=out.id)
    else:
        routes = table(p, "private", of, private)
    clients = group(p, "clients", of)
    nfs = group(p, "nfs", of, rule(2049, clients.id))
    return Net(of, public, private, clients, nfs, routes)


# Storage


@dataclass
class Store:
    """A file system with its mount targets and one access point."""

    fs: R
    ap: R
    targets: list[R]


def file_system(p: Build, name: str = "data", *, policy: Any = (TLS_ONLY,), **props: Any) -> R:
    fs = p.add("aws:efs/fileSystem:FileSystem", name, {"encrypted": True, **props})
    if policy:
        file_system_policy(p, name, fs, *policy)
    return fs


def file_system_policy(p: Build, name: str, fs: Any, *statements: Any) -> R:
    of = fs.id if isinstance(fs, R) else fs
    props = {"fileSystemId": of, "policy": Json(document(*statements))}
    return p.add("aws:efs/fileSystemPolicy:FileSystemPolicy", name, props)


def target(p: Build, name: str, fs: Any, place: Any, *groups: Any, zone: str = "") -> R:
    """A mount target; of a subnet made elsewhere the zone says where it comes to stand."""
    made: dict[str, Any] = {"ipAddress": "10.0.101.7", "networkInterfaceId": "eni-1"}
    made["availabilityZoneName"] = place.props["availabilityZone"] if isinstance(place, R) else zone
    if not groups:
        made["securityGroups"] = ["sg-00000000000000def"]
    props = {
        "fileSystemId": fs.id if isinstance(fs, R) else fs,
        "subnetId": place.id if isinstance(place, R) else place,
        "securityGroups": [g.id if isinstance(g, R) else g for g in groups] or None,
    }
    return p.add("aws:efs/mountTarget:MountTarget", name, props, made=made)


def access_point(
    p: Build, name: str, fs: Any, path: str | None = None, *, uid: int = 1000, **props: Any
) -> R:
    own = {"ownerUid": uid, "ownerGid": uid, "permissions": "0755"}
    given = {
        "fileSystemId": fs.id if isinstance(fs, R) else fs,
        "posixUser": {"uid": uid, "gid": uid},
        "rootDirectory": {"path": path or f"/{name}", "creationInfo": own},
        **props,
    }
    return p.add("aws:efs/accessPoint:AccessPoint", name, given)


def store(
    p: Build, net: Net, name: str = "data", *, policy: Any = (TLS_ONLY,), **props: Any
) -> Store:
    """A file system in every zone of the network, and an access point of its name."""
    fs = file_system(p, name, policy=policy, **props)
    targets = [target(p, f"{name}-{zone_of(s)}", fs, s, net.nfs) for s in net.private]
    return Store(fs, access_point(p, name, fs), targets)


# Rights


def document(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": actions, "Resource": resources, **more}


def through(ap: R) -> dict[str, Any]:
    """The condition that a client comes through this access point."""
    return {"Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": ap.arn}}}


def trust(service: str) -> Json:
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return Json(document(statement))


def attach(p: Build, name: str, to: R, arn: Any) -> R:
    props = {"role": to.out("name"), "policyArn": arn}
    return p.add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", name, props)


def role(p: Build, name: str, /, *statements: Any, service: str = "lambda", **props: Any) -> R:
    """A role, with its statements in an inline policy of its own."""
    one = p.add("aws:iam/role:Role", name, {"assumeRolePolicy": trust(service), **props})
    if service == "lambda":
        attach(p, f"{name}-vpc", one, VPC_ACCESS)
    if statements:
        grant(p, name, one, *statements)
    return one


def grant(p: Build, name: str, to: R, *statements: Any) -> R:
    props = {"role": to.id, "policy": Json(document(*statements))}
    return p.add("aws:iam/rolePolicy:RolePolicy", name, props)


def client(p: Build, name: str, s: Store, *actions: str, service: str = "lambda") -> R:
    """A role of a client of the file system, that may mount, and write unless told otherwise."""
    statement = allow(list(actions or (MOUNT, WRITE)), s.fs.arn, **through(s.ap))
    return role(p, name, statement, service=service)


# Consumers


def function(
    p: Build,
    name: str,
    net: Net,
    s: Store | None,
    /,
    path: str = "/mnt/data",
    *,
    role: Any = None,
    ap: Any = None,
    after: Sequence[R] | None = None,
    variables: dict[str, Any] | None = None,
    **props: Any,
) -> R:
    """A function in the private subnets; it waits for the store's mount targets."""
    if role is None and s is not None:
        role = client(p, name, s)
    arn = ap.arn if isinstance(ap, R) else ap if ap is not None else s.ap.arn if s else None
    given = {
        "runtime": "python3.12",
        "handler": "app.handler",
        "timeout": 60,
        "memorySize": 2048,
        "role": role.arn if isinstance(role, R) else role,
        "fileSystemConfig": {"arn": arn, "localMountPath": path} if arn is not None else None,
        "vpcConfig": {"subnetIds": net.ids, "securityGroupIds": [net.clients.id]},
        "environment": {"variables": variables} if variables else None,
        **props,
    }
    before = list(after) if after is not None else list(s.targets) if s else []
    return p.add(FUNCTION, name, given, after=before)


def container(name: str, image: Any, path: str | None = None, **more: Any) -> dict[str, Any]:
    """A container definition that mounts the volume `data` at `path`."""
    volume = more.pop("volume", "data")
    read_only = more.pop("read_only", False)
    found = {"name": name, "image": image, "essential": True, **more}
    if path is not None:
        point = {"sourceVolume": volume, "containerPath": path, "readOnly": read_only}
        found["mountPoints"] = [point]
    return found


def volume(s: Store, name: str = "data", *, iam: str | None = "ENABLED", **more: Any) -> Any:
    """A volume on the store's access point."""
    authorization = {"accessPointId": s.ap.id} | ({"iam": iam} if iam else {})
    efs = {
        "fileSystemId": s.fs.id,
        "transitEncryption": "ENABLED",
        "authorizationConfig": authorization,
        **more,
    }
    return {
        "name": name,
        "efsVolumeConfiguration": {k: v for k, v in efs.items() if v is not None},
    }


def task(p: Build, name: str, containers: Any, volumes: Any, role: R | None, **props: Any) -> R:
    """A task definition for Fargate."""
    given = {
        "family": name,
        "containerDefinitions": Json(containers) if isinstance(containers, list) else containers,
        "volumes": volumes,
        "taskRoleArn": role.arn if role else None,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "1024",
        "memory": "4096",
        **props,
    }
    return p.add("aws:ecs/taskDefinition:TaskDefinition", name, given)


def placed(net: Net, *, public: bool = False, **more: Any) -> dict[str, Any]:
    """The network of a task."""
    subnets = net.public if public else net.private
    return {
        "subnets": [one.id for one in subnets],
        "securityGroups": [net.clients.id],
        "assignPublicIp": public,
        **more,
    }


def service(p: Build, name: str, of: R, net: Net, after: Sequence[R] = (), **props: Any) -> R:
    given = {
        "taskDefinition": of.arn,
        "launchType": "FARGATE",
        "networkConfiguration": placed(net),
        **props,
    }
    return p.add("aws:ecs/service:Service", name, given, after=after)


def run(p: Build, name: str, of: R, net: Net, after: Sequence[R] = (), **props: Any) -> R:
    """A one-off run of a task, by a dynamic resource."""
    given = {
        "taskDefinition": of.arn,
        "subnets": net.ids,
        "securityGroups": [net.clients.id],
        "assignPublicIp": False,
        **props,
    }
    return p.add("pulumi-python:dynamic:Resource", name, given, after=after)


def command_run(p: Build, name: str, of: R, net: Net, after: Sequence[R] = (), more: str = "") -> R:
    """A one-off run of a task, by the command line."""
    places = [part for one in net.private for part in (one.id, ",")][:-1]
    text = join(
        "aws ecs run-task --cluster main --launch-type FARGATE --task-definition ",
        of.arn,
        " --network-configuration 'awsvpcConfiguration={subnets=[",
        *places,
        "],securityGroups=[",
        net.clients.id,
        "],assignPublicIp=DISABLED}'",
        more,
    )
    return p.add(COMMAND, name, {"create": text}, after=after)


def schedule(p: Build, name: str, of: R, net: Net, **ecs: Any) -> R:
    """A nightly run of a task."""
    events = p.add(
        "aws:cloudwatch/eventRule:EventRule", name, {"scheduleExpression": "rate(1 day)"}
    )
    props = {
        "rule": events.out("name"),
        "arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/main",
        "ecsTarget": {"taskDefinitionArn": of.arn, "networkConfiguration": placed(net), **ecs},
    }
    return p.add("aws:cloudwatch/eventTarget:EventTarget", name, props)


@dataclass
class Pair:
    """What a task installs and a function loads."""

    net: Net
    s: Store
    task: R
    run: R
    function: R


INSTALL = ("python3", "-m", "pip", "install", "--target", "/mnt/data/python", "numpy==2.1.0")


def populated(
    p: Build,
    *,
    image: Any = PYTHON,
    command: Sequence[str] = INSTALL,
    task_props: dict[str, Any] | None = None,
    **function_props: Any,
) -> Pair:
    """A task that installs libraries once, and a function that loads them: sound."""
    net = network(p)
    s = store(p, net)
    reader = client(p, "reader", s, MOUNT)
    writer = client(p, "writer", s, service="ecs-tasks")
    installs = container("install", image, "/mnt/data", command=list(command))
    of = task(p, "install", [installs], [volume(s)], writer, **(task_props or {}))
    once = run(p, "install", of, net, after=s.targets)
    given = {"variables": {"PYTHONPATH": "/mnt/data/python"}, "role": reader, **function_props}
    user = function(p, "infer", net, s, after=[*s.targets, once], **given)
    return Pair(net, s, of, once, user)
