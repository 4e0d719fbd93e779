"""Requests to the cloud and refusals of them, in the protocols of AWS's services."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from ..account import RefusalError

_FUNCTIONS, _EFS = r"/2015-03-31/functions", "/2015-02-01"
_ROUTES = {
    ("POST", rf"{_FUNCTIONS}/?"): ("lambda", "CreateFunction"),
    ("PUT", rf"{_FUNCTIONS}/([^/]+)/configuration"): ("lambda", "UpdateFunctionConfiguration"),
    ("POST", rf"{_FUNCTIONS}/([^/]+)/invocations"): ("lambda", "Invoke"),
    ("DELETE", rf"{_FUNCTIONS}/([^/]+)"): ("lambda", "DeleteFunction"),
    ("PUT", r"/2017-10-31/functions/([^/]+)/concurrency"): ("lambda", "PutFunctionConcurrency"),
    ("POST", rf"{_EFS}/file-systems"): ("efs", "CreateFileSystem"),
    ("POST", rf"{_EFS}/access-points"): ("efs", "CreateAccessPoint"),
    ("POST", rf"{_EFS}/mount-targets"): ("efs", "CreateMountTarget"),
    ("PUT", rf"{_EFS}/file-systems/([^/]+)/policy"): ("efs", "PutFileSystemPolicy"),
}
_OF_EC2 = frozenset({"DeleteSubnet", "DeleteSecurityGroup"})


def parameters(request: Request, data: bytes) -> dict[str, Any]:
    """What an operation is asked with: a form, a query or JSON."""
    if operation_of(request)[0] == "ec2":
        return request.form.to_dict()
    if request.method == "DELETE":
        return request.args.to_dict()
    return dict(json.loads(data or b"{}"))


def region_of(request: Request) -> str:
    """The region that a request is signed for."""
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/", request.headers.get("Authorization", ""))
    return scope[1] if scope else ""


def operation_of(request: Request) -> tuple[str, str]:
    """The service and the operation, as far as the layer before moto looks at them."""
    service, _, operation = request.headers.get("X-Amz-Target", "").partition(".")
    if service.startswith("AmazonEC2ContainerService"):
        return "ecs", operation
    if (action := request.form.get("Action")) in _OF_EC2:
        return "ec2", str(action)
    for (method, path), found in _ROUTES.items():
        if request.method == method and re.fullmatch(path, request.path):
            return found
    return "", ""


def refused(request: Request, refusal: RefusalError) -> Response:
    """A refusal as the service that was asked says it."""
    if operation_of(request)[0] == "ec2":
        what = f"<Code>{refusal.code}</Code><Message>{escape(str(refusal))}</Message>"
        text = f"<Response><Errors><Error>{what}</Error></Errors><RequestID/></Response>"
        return Response(text, status=refusal.status, content_type="text/xml")
    members = {"__type": refusal.code, "ErrorCode": refusal.code, "message": str(refusal)}
    response = Response(
        json.dumps({**members, "Message": str(refusal), **refusal.more}),
        status=refusal.status,
        content_type="application/x-amz-json-1.1",
    )
    response.headers["X-Amzn-ErrorType"] = refusal.code
    return response
