"""What whoever deploys calls on the embedded cloud, as actions of IAM."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

import botocore.session
import pytest
from werkzeug.wrappers import Request

from local.cloud import Cloud

# Where IAM has another name for a call. Source: Service Authorization Reference.
_OTHERS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    # The local provider's way to an endpoint's addresses.
    "ec2:DescribeManagedPrefixLists": "ec2:DescribePrefixLists",
}
_SIGNED = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/")
_NAMES = {"monitoring": "cloudwatch"}
_Route = tuple[str, re.Pattern[str], dict[str, str], list[str], str]


class Calls:
    """Notes each request to a cloud that is signed with its own credentials.

    Attributes:
        actions: The actions of IAM.
        on: The same with ARNs of what they are on, as far as a request names it; and the roles that
            it passes.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.actions: set[str] = set()
        self.on: set[tuple[str, str]] = set()
        self._session = botocore.session.get_session()
        self._operations: dict[str, list[_Route]] = {}
        answer = Cloud.__call__

        def noted(cloud: Cloud, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            data = Request(environ).get_data(parse_form_data=False)
            environ["wsgi.input"] = io.BytesIO(data)
            self._note(Request(environ), data)
            environ["wsgi.input"] = io.BytesIO(data)
            return answer(cloud, environ, start)

        patch.setattr(Cloud, "__call__", noted)

    def _note(self, request: Request, data: bytes) -> None:
        signed = _SIGNED.search(request.headers.get("Authorization", ""))
        # Tasks and functions have credentials of their own.
        if signed is None or signed[1] != "embedded":
            return
        service = signed[2]
        found = f"{_NAMES.get(service, service)}:{self._operation(service, request, data)}"
        action = _OTHERS.get(found, found)
        self.actions.add(action)
        given = _given(request, data)
        self.on |= {(action, arn) for arn in _arns(service, request, given)}
        roles = (given.get(name) for name in ("Role", "taskRoleArn", "executionRoleArn"))
        self.on |= {("iam:PassRole", str(role)) for role in roles if role}

    def _operation(self, service: str, request: Request, data: bytes) -> str:
        if target := request.headers.get("X-Amz-Target"):
            return target.rpartition(".")[2]
        if of_path := re.fullmatch(r"/service/\w+/operation/(\w+)", request.path):
            return of_path[1]
        if action := re.search(rb"(?:^|&)Action=(\w+)", data):
            return action[1].decode()
        # Services on REST: the one whose path says most, and whose query and headers are there.
        matching = [
            (len(query), len(path.pattern), name)
            for method, path, query, needed, name in self._rest(service)
            if method == request.method
            and path.fullmatch(request.path)
            and all(request.args.get(key, "-") == value for key, value in query.items())
            and all(key in request.headers or key in request.args for key in needed)
        ]
        return max(matching)[2] if matching else f"{request.method} {request.full_path}"

    def _rest(self, service: str) -> list[_Route]:
        if service not in self._operations:
            name = {"elasticfilesystem": "efs"}.get(service, service)
            model = self._session.get_service_model(name)
            self._operations[service] = [
                _route(model.operation_model(operation)) for operation in model.operation_names
            ]
        return self._operations[service]


def _given(request: Request, data: bytes) -> dict[str, Any]:
    """What a request gives in its body, where that is JSON or a form."""
    try:
        return dict(json.loads(data))
    except ValueError:
        return dict(parse_qsl(data.decode(errors="replace")))


def _arns(service: str, request: Request, given: dict[str, Any]) -> Iterator[str]:
    """ARNs of what a request is on."""
    place = "us-east-1:123456789012"
    parts = [unquote(part) for part in request.path.split("/") if part]
    if service == "s3" and parts:
        yield f"arn:aws:s3:::{'/'.join(parts)}"
    if service == "lambda" and (name := given.get("FunctionName") or "".join(parts[2:3])):
        name = name.partition(":function:")[2] or name
        qualifier = request.args.get("Qualifier")
        yield f"arn:aws:lambda:{place}:function:{name}{f':{qualifier}' if qualifier else ''}"
    for names, form in _FORMS.get(service, {}).items():
        for value in (given.get(name) for name in names.split()):
            if isinstance(value, str):
                yield value if value.startswith("arn:") else form.format(place=place, name=value)


_FORMS = {
    "logs": {"logGroupName": "arn:aws:logs:{place}:log-group:{name}:log-stream:any"},
    "ecs": {
        "clusterName": "arn:aws:ecs:{place}:cluster/{name}",
        "family": "arn:aws:ecs:{place}:task-definition/{name}:1",
        "taskDefinition": "arn:aws:ecs:{place}:task-definition/{name}:1",
        "task": "arn:aws:ecs:{place}:task/any/{name}",
    },
    "iam": {"RoleName": "arn:aws:iam::123456789012:role/{name}"},
    "sns": {"TopicArn Name": "arn:aws:sns:{place}:{name}"},
    "events": {"Name Rule": "arn:aws:events:{place}:rule/{name}"},
    "kms": {"KeyId": "arn:aws:kms:{place}:key/{name}"},
    "monitoring": {
        "AlarmName": "arn:aws:cloudwatch:{place}:alarm:{name}",
        "DashboardName": "arn:aws:cloudwatch::123456789012:dashboard/{name}",
    },
}


def _route(operation: Any) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    pattern = re.sub(r"\\{(\w+)\\\+\\}", r".+", re.escape(path))
    pattern = re.sub(r"\\{\w+\\}", r"[^/]+", pattern)
    pairs = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
    shape = operation.input_shape
    members = [shape.members[name] for name in shape.required_members] if shape else []
    needed = [
        member.serialization["name"]
        for member in members
        if member.serialization.get("location") in {"header", "querystring"}
    ]
    return operation.http["method"], re.compile(f"{pattern}/?"), pairs, needed, operation.name
