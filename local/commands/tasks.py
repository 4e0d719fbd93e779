"""Runs a task of a deployed program, as `aws ecs run-task` would."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
from botocore.exceptions import ClientError

from ..engine import Resource
from ..provider import refusal
from .deployed import Deployment, DeploymentError, FunctionError
from .screen import Screen

_CLUSTER = "aws:ecs/cluster:Cluster"
_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
_SUBNET, _GROUP = "aws:ec2/subnet:Subnet", "aws:ec2/securityGroup:SecurityGroup"


def check_names(planned: Deployment, options: argparse.Namespace) -> None:
    """Raise FunctionError if a plan lacks what is named, or has several to choose from."""
    _chosen(planned, _DEFINITION, "task", options.task)
    _chosen(planned, _CLUSTER, "cluster", options.cluster)
    for name in options.subnet:
        _chosen(planned, _SUBNET, "subnet", name)
    _groups(planned, options)


def run_task(deployment: Deployment, options: argparse.Namespace, screen: Screen) -> int:
    """Run a task to its end and show its log; returns the exit code of its first container.

    Args:
        deployment: What is deployed.
        options: The command's, with names that the program gives its resources.
        screen: Shows what happens.

    Raises:
        FunctionError: The program has no such task, cluster, subnet or security group.
        DeploymentError: ECS refuses the task, or it does not start.
    """
    definition = _chosen(deployment, _DEFINITION, "task", options.task)
    cluster = _chosen(deployment, _CLUSTER, "cluster", options.cluster)
    region = str(definition.outputs["arn"]).split(":")[3]
    ecs = boto3.client("ecs", region)
    request = {
        "taskDefinition": definition.outputs["arn"],
        "cluster": cluster.outputs["arn"],
        "launchType": "FARGATE",
        **_network(deployment, options, region),
    }
    try:
        known = ecs.describe_task_definition(taskDefinition=definition.outputs["arn"])
        containers: Sequence[Any] = known["taskDefinition"]["containerDefinitions"]
        if options.words:
            own = {"name": containers[0]["name"], "command": options.words}
            request["overrides"] = {"containerOverrides": [own]}
        (task,) = ecs.run_task(**request)["tasks"]
        with screen.step(f"task {definition.name}"):
            while task["lastStatus"] != "STOPPED":
                time.sleep(0.2)
                task = ecs.describe_tasks(cluster=task["clusterArn"], tasks=[task["taskArn"]])[
                    "tasks"
                ][0]
    except ClientError as error:
        raise DeploymentError(refusal(error)) from error
    for container in containers:
        _show_log(container, task["taskArn"].rpartition("/")[2], region, screen)
    ended = task["containers"][0]
    code = ended.get("exitCode")
    if code is None:
        raise DeploymentError(f"{task['stoppedReason']}; {ended.get('reason', '')}".rstrip("; "))
    screen.line(f"exit code {code}", "error" if code else "good")
    return int(code)


def _chosen(deployment: Deployment, type_: str, what: str, name: str | None) -> Resource:
    found = {resource.name: resource for resource in deployment.result.of_type(type_)}
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if name in found:
        return found[name]
    wrong = f"--{what} {name!r}" if name else f"there are several of {type_}"
    names = f"{', '.join(found)} can be named" if found else f"the program makes no {type_}"
    raise FunctionError(f"{wrong}: {names}" if found or name else names)


def _groups(deployment: Deployment, options: argparse.Namespace) -> list[Resource]:
    if not options.security_group and not deployment.result.of_type(_GROUP):
        return []
    names = options.security_group or [None]
    return [_chosen(deployment, _GROUP, "security-group", name) for name in names]


def _default_subnets(region: str) -> list[str]:
    found = boto3.client("ec2", region).describe_subnets(
        Filters=[{"Name": "default-for-az", "Values": ["true"]}]
    )
    return [subnet["SubnetId"] for subnet in found["Subnets"]]


def _network(deployment: Deployment, options: argparse.Namespace, region: str) -> dict[str, Any]:
    subnets = list(deployment.result.of_type(_SUBNET))
    chosen = [_chosen(deployment, _SUBNET, "subnet", name) for name in options.subnet] or subnets
    ids = [each.id for each in chosen] or _default_subnets(region)
    public = "ENABLED" if options.assign_public_ip else "DISABLED"
    network: dict[str, Any] = {"subnets": ids, "assignPublicIp": public}
    if groups := _groups(deployment, options):
        network["securityGroups"] = [each.id for each in groups]
    return {"networkConfiguration": {"awsvpcConfiguration": network}}


def _show_log(container: Mapping[str, Any], task: str, region: str, screen: Screen) -> None:
    logging = container.get("logConfiguration") or {}
    options = logging.get("options") or {}
    if logging.get("logDriver") != "awslogs":
        screen.line(f"{container['name']} has no log driver awslogs, so there is no log", "warning")
        return
    stream = f"{options.get('awslogs-stream-prefix', 'ecs')}/{container['name']}/{task}"
    client = boto3.client("logs", options.get("awslogs-region", region))
    pages = client.get_paginator("filter_log_events")
    try:
        for page in pages.paginate(logGroupName=options["awslogs-group"], logStreamNames=[stream]):
            for event in page["events"]:
                screen.line(f"  {event['message']}")
    except ClientError as error:
        screen.line(f"the log {stream} cannot be read: {refusal(error)}", "warning")
