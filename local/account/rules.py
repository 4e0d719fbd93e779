"""What AWS refuses, and in which words. Pure functions over requests.

A rule yields what is wrong, the first one being what AWS answers. What the program's settings
refuse already, such as Fargate's sizes, is not repeated here. Sources: [model] botocore's service
model, [doc] AWS's documentation, [deploy] a real deployment's answer that cdk-preflight cites,
[field] public logs of others, [unv.] refused by AWS, the text is ours.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from . import rights

MAX_PAYLOAD_BYTES = 6_291_456
Document = Mapping[str, Any]


class RefusalError(Exception):
    """AWS would answer with this error: its name, HTTP status, further members of the answer."""

    def __init__(self, code: str, message: str, status: int = 400, **more: object) -> None:
        super().__init__(message)
        self.code, self.status, self.more = code, status, more


def refuse(code: str, troubles: Iterable[str], status: int = 400) -> None:
    """Raise the first trouble, if there is one."""
    for trouble in troubles:
        raise RefusalError(code, trouble, status)


def denied(who: str, action: str, resource: str, kind: str = "identity-based") -> str:
    """What somebody hears whom no policy of a kind lets do something. [field]"""
    what = f"{who} is not authorized to perform: {action} on resource: {resource}"
    return f"User: {what} because no {kind} policy allows the {action} action"


# --- the service models: patterns, enums and maxima, which boto3 does not check -------------------


@functools.cache
def _model(service: str) -> Any:
    # A session would read the user's profile, which this cloud has nothing to do with.
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def by_model(service: str, operation: str, request: Document) -> Iterator[str]:
    """What the service's own model does not allow. [model]"""
    shape = _model(service).operation_model(operation).input_shape
    broken = list(_broken(shape, dict(request), ""))
    if broken:
        number = f"{len(broken)} validation error{'s'[: len(broken) > 1]}"
        yield f"{number} detected: {'; '.join(broken)}"


def _broken(shape: Any, value: object, where: str) -> Iterator[str]:
    if shape.type_name == "structure" and isinstance(value, dict):
        for name in shape.members.keys() & value.keys():
            inner = f"{where}.{name[0].lower()}{name[1:]}".lstrip(".")
            yield from _broken(shape.members[name], value[name], inner)
    elif shape.type_name == "list" and isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _broken(shape.member, item, f"{where}.{number}.member")
    elif isinstance(value, str | int):
        for rule in _member_rules(shape, value):
            yield f"Value '{value}' at '{where}' failed to satisfy constraint: Member must {rule}"


def _member_rules(shape: Any, value: str | int) -> Iterator[str]:
    size, what = (len(value), "length") if isinstance(value, str) else (value, "value")
    pattern = shape.metadata.get("pattern", "")
    if size > shape.metadata.get("max", size):
        yield f"have {what} less than or equal to {shape.metadata['max']}"
    if size < shape.metadata.get("min", size):
        yield f"have {what} greater than or equal to {shape.metadata['min']}"
    if value not in (getattr(shape, "enum", None) or [value]):
        yield f"satisfy enum value set: [{', '.join(shape.enum)}]"
    # \p{...} is Java's alone.
    if pattern and r"\p{" not in pattern and not re.fullmatch(pattern, str(value)):
        yield f"satisfy regular expression pattern: {pattern}"


# --- EFS ------------------------------------------------------------------------------------------


def file_system_policy(document: str, file_system_arn: str) -> Iterator[str]:
    """PutFileSystemPolicy: `InvalidPolicyException`. [cdk-preflight]"""
    try:
        named = [s.get("Resource", "*") for s in rights.statements(json.loads(document))]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        yield f"Policy is not valid: {error!r}"
        return
    if {item for names in named for item in rights.items(names)} - {"*", file_system_arn}:
        yield "Policy contains an invalid resource"


# Why a mount fails -> what a task's `stoppedReason` says of it. [field]
_EFS_UTILS = "unsuccessful EFS utils command execution; code:"
_ATTEMPT = "Mount attempt {}/3 failed due to timeout after 15 sec, wait 0 sec before next attempt. "
_STOPPED = {
    "no mount target": 'Failed to resolve "{name}.efs.{region}.amazonaws.com" - check that your '
    "file system ID is correct, and ensure that the VPC has an EFS mount target for this file "
    "system ID. See https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail. : "
    f"{_EFS_UTILS} 1",
    "port closed": f"{_ATTEMPT.format(1)}{_ATTEMPT.format(2)}b'mount.nfs4: Connection timed out' : "
    f"{_EFS_UTILS} 32",
    "access denied": "b'mount.nfs4: access denied by server while mounting 127.0.0.1:/' : "
    f"{_EFS_UTILS} 32",
    "no directory": "b'mount.nfs4: mounting 127.0.0.1:/ failed, reason given by server: No such "
    f"file or directory' : {_EFS_UTILS} 32",
}


class MountError(Exception):
    """A mount that AWS would not make, for one of the four reasons above."""

    def __init__(self, trouble: str, file_system: str, access_point_arn: str) -> None:
        super().__init__(f"{file_system}: {trouble}")
        self.trouble, self.file_system, self.arn = trouble, file_system, access_point_arn

    def stopped_reason(self, region: str) -> str:
        """Of the task that it kept from starting. [field]"""
        said = _STOPPED[self.trouble].format(name=self.file_system, region=region)
        did = "failed to invoke EFS utils commands to set up EFS volumes"
        return f"ResourceInitializationError: {did}: stderr: {said}"

    def refusal(self) -> RefusalError:
        """The answer to the invoke that it failed. [doc: troubleshooting invocation; model]"""
        if self.trouble in {"no mount target", "port closed"}:
            why = f"couldn't connect to the Amazon EFS file system with access point {self.arn}"
            text = f"The function {why}. Check your network configuration and try again."
            return RefusalError("EFSMountConnectivityException", text, 408)
        text = f"The function could not mount the EFS file system with access point {self.arn}."
        return RefusalError("EFSMountFailureException", text, 403)


# --- ECS ------------------------------------------------------------------------------------------


def task_definition(request: Document) -> Iterator[str]:
    """RegisterTaskDefinition: `ClientException`. [deploy, field]"""
    size = len(json.dumps(request, separators=(",", ":")).encode())
    if size > 65_536:
        yield f"Actual length: '{size}'. Max allowed length is '65536' bytes."
    volumes = {volume["name"]: volume for volume in request.get("volumes", [])}
    for volume in volumes.values():
        yield from _volume(volume.get("efsVolumeConfiguration", {}), "taskRoleArn" in request)
    for container in request["containerDefinitions"]:
        for point in container.get("mountPoints", []):
            if point.get("sourceVolume") not in volumes:
                yield f"Unknown volume '{point.get('sourceVolume')}'."
    if "FARGATE" in request.get("requiresCompatibilities", []):
        yield from _fargate(request)


def _volume(efs: Document, task_role: bool) -> Iterator[str]:
    authorization = efs.get("authorizationConfig", {})
    point, iam = "accessPointId" in authorization, authorization.get("iam") == "ENABLED"
    tls = efs.get("transitEncryption") == "ENABLED"
    if point and efs.get("rootDirectory", "/") != "/":
        rule = 'the root directory must either be set to "/" or be omitted.'
        yield f"When using an EFS access point, {rule}"
    if iam and not tls:
        yield "EFS IAM authorization requires TransitEncryption to be enabled."
    if point and not tls:
        yield "EFS access points require TransitEncryption to be enabled."  # [unv.]
    if iam and not task_role:
        yield "EFS IAM authorization requires a task role."


def _fargate(request: Document) -> Iterator[str]:
    if request.get("networkMode") != "awsvpc":
        yield "Fargate only supports network mode ‘awsvpc’."
    drivers = [c.get("logConfiguration", {}) for c in request["containerDefinitions"]]
    if "awslogs" in [d.get("logDriver") for d in drivers] and "executionRoleArn" not in request:
        need = "execution role ARN to support log driver awslogs."
        yield f"Fargate requires task definition to have {need}"


def run_task(request: Document, network_mode: str, containers: Sequence[str]) -> Iterator[str]:
    """RunTask: `InvalidParameterException`. [model, doc]"""
    network = request.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    if network_mode == "awsvpc" and not network.get("subnets"):
        yield "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    patterns = {"clientToken": r"[!-~]{1,64}", "startedBy": r"[A-Za-z0-9/_-]{1,128}"}
    for name, pattern in patterns.items():
        if name in request and not re.fullmatch(pattern, request[name]):
            yield f"{name} has to match {pattern}"  # [unv.]
    for override in request.get("overrides", {}).get("containerOverrides", []):
        if (name := override.get("name")) not in containers:  # [field]
            yield f"Override for container named {name} is not a container in the TaskDefinition."
    if len(json.dumps(request.get("overrides", {}))) > 8192:
        yield "overrides: at most 8192 characters"  # [unv.]


# --- Lambda ---------------------------------------------------------------------------------------

_RESERVED = re.compile(
    r"AWS_(LAMBDA_(?!EXEC_WRAPPER$).+|REGION|DEFAULT_REGION|EXECUTION_ENV)|_HANDLER|LAMBDA_.+"
)


def function(request: Document) -> Iterator[str]:
    """CreateFunction by its own values: `InvalidParameterValueException`. [deploy]"""
    variables = (request.get("Environment") or {}).get("Variables", {})
    subject = (
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided"
    )
    size = len(json.dumps(variables, separators=(",", ":")).encode())
    if size > 4096:
        yield f"{subject} exceeded the 4KB limit. Measured size: {size} bytes"
    if reserved := ", ".join(sorted(filter(_RESERVED.fullmatch, variables))):
        rule = "contains reserved keys that are currently not supported for modification"
        yield f"{subject} {rule}. Reserved keys used in this request: {reserved}"


def function_role(*, trusted: bool, network: bool) -> Iterator[str]:
    """Whether Lambda may assume the role, and the role make network interfaces. [deploy]"""
    if not trusted:
        yield "The role defined for the function cannot be assumed by Lambda."
    if not network:
        rights = "permissions to call CreateNetworkInterface on EC2"
        yield f"The provided execution role does not have {rights}"


def function_mount(
    arn: str, file_system_arn: str | None, states: Sequence[str | None]
) -> Iterator[str]:
    """A function's access point; `states`: its mount targets', one for each subnet. [deploy]"""
    if file_system_arn is None:
        yield f"EFS access point {arn} does not exist."  # [unv.]
    if not states:
        remedy = "update the function configuration to include VPC subnets and security groups"
        why = f"configured to execute in a VPC to reference access point {arn}"
        yield f"Function must be {why}. Please {remedy}."
    subject = f"EFS file system {file_system_arn} referenced by access point {arn}"
    zones = "mount targets created in all availability zones the function will execute in"
    if None in states:
        remedy = (
            "Please create EFS mount targets in availability zones where the function has a "
            "corresponding subnet provided."
        )
        yield f"{subject} does not have {zones}. {remedy}"
    if set(states) != {"available"}:
        why = "but not all are in the available life cycle state yet"
        remedy = "Please wait for them to become available and try the request again."
        yield f"{subject} has {zones}, {why}. {remedy}"


def subnets(unknown: Iterable[str], service: str) -> Iterator[str]:
    """Unknown subnets, in the words of Lambda or ECS. [field]"""
    for subnet in unknown:
        why = f"The subnet ID '{subnet}' does not exist"
        if service == "ecs":
            where = f"Error retrieving subnet information for [{subnet}]"
            yield f"{where}: {why} (ErrorCode: InvalidSubnetID.NotFound)"
        where = "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound."
        yield f"{where} EC2 Error Message: {why}"


def payload(data: bytes) -> None:
    """An event, to be answered synchronously. [field, model]"""
    if len(data) > MAX_PAYLOAD_BYTES:
        why = f"{len(data)} byte payload is too large for the RequestResponse invocation type"
        text = f"{why} (limit {MAX_PAYLOAD_BYTES} bytes)"
        raise RefusalError("RequestEntityTooLargeException", text, 413)
    try:
        json.loads(data or b"{}")
    except ValueError as error:
        text = f"Could not parse request body into json: {error}"
        raise RefusalError("InvalidRequestContentException", text) from error
