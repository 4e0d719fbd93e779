"""Functions and tasks, and what runs them; every default makes a sound program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .build import Build, Json, R, join
from .network import Net, network
from .storage import MOUNT, Store, client, store

NGINX = "public.ecr.aws/nginx/nginx:1.27"
PYTHON = "public.ecr.aws/lambda/python:3.12"
FUNCTION = "aws:lambda/function:Function"
COMMAND = "command:local:Command"


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
    subnets: Any = None,
    groups: Sequence[Any] = (),
    **props: Any,
) -> R:
    """A function in the private subnets; it waits for the store's mount targets."""
    ids = [one.id if isinstance(one, R) else one for one in groups or [net.clients]]
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
        "vpcConfig": {"subnetIds": subnets or net.ids, "securityGroupIds": ids},
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


def mounting(
    p: Build, s: Store, *containers: dict[str, Any], role: R | None = None, **props: Any
) -> R:
    """A task named as its first container, with a volume on the store and the rights to it."""
    name = containers[0]["name"]
    role = role or client(p, name, s, service="ecs-tasks")
    return task(p, name, list(containers), [volume(s)], role, **props)


def serve(
    p: Build, net: Net, s: Store, *containers: dict[str, Any], role: R | None = None, **props: Any
) -> R:
    """A service of such a task, of the same name."""
    of = mounting(p, s, *containers, role=role)
    return service(p, of.name, of, net, **props)


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


INSTALL = ("python3", "-m", "pip", "install", "--target", "/mnt/data/python", "numpy==2.1.0")
OLD = PYTHON.replace("3.12", "3.11")


def installer(p: Build, s: Store, image: Any = PYTHON, *, command: Sequence[str] = INSTALL) -> R:
    """A task that installs libraries to the store."""
    installs = container("install", image, "/mnt/data", command=list(command))
    return mounting(p, s, installs, role=client(p, "w", s, service="ecs-tasks"))


def installed(p: Build, net: Net, s: Store, image: Any = PYTHON, **props: Any) -> R:
    """One run of the task that installs libraries."""
    return run(p, "install", installer(p, s, image), net, after=s.targets, **props)


def loading(
    p: Build, net: Net, s: Store, *after: R, actions: Sequence[str] = (MOUNT,), **props: Any
) -> R:
    """A function that loads what is installed, and waits for the mount targets and `after`."""
    reader = client(p, "reader", s, *actions)
    given = {"variables": {"PYTHONPATH": "/mnt/data/python"}, **props}
    return function(p, "infer", net, s, role=reader, after=[*s.targets, *after], **given)


@dataclass
class Pair:
    """What a task installs and a function loads."""

    net: Net
    s: Store
    task: R
    run: R
    function: R


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
