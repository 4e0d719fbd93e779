"""What whoever deploys calls on the embedded cloud, as actions of IAM."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

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
    """Notes each request to a cloud that is signed with its own credentials."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.actions: set[str] = set()
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
        self.actions.add(_OTHERS.get(found, found))

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
