"""Tasks as their roles: the credentials that ECS hands them, and what S3 answers to these."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.s3.models import s3_backends
from werkzeug.wrappers import Request, Response

from .account import Account
from .rules import RefusalError, denied

PATH = "/v2/credentials/"
"""Where a task has its role's credentials."""
ENDPOINT = "efs_inference.endpoint"
"""Member of a request's environment: what the task reaches that it comes from, a `Reach`."""
_SECONDS = 6 * 3600
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_ACTIONS = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "DELETE": "Delete"}


@dataclass(frozen=True, kw_only=True)
class _Session:
    role: str
    task: str
    authorization: str
    credentials: Credentials

    @property
    def arn(self) -> str:
        account, name = self.role.split(":")[4], self.role.rpartition("/")[2]
        return f"arn:aws:sts::{account}:assumed-role/{name}/{self.task}"


class TaskRoles:
    """The sessions of task roles on a cloud.

    Attributes:
        endpoint: URL of the cloud.
        cloud: What answers there (WSGI).
    """

    cloud: Callable[[dict[str, Any], Any], Iterable[bytes]]

    def __init__(self) -> None:
        self.endpoint = ""
        self._by_path: dict[str, _Session] = {}
        self._by_key: dict[str, _Session] = {}

    def begin(self, role: str, task: str) -> dict[str, str]:
        """Environment variables by which a task finds its role's credentials, and S3.

        https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
        """
        words = (secrets.token_hex(10).upper(), secrets.token_hex(20), secrets.token_hex(40))
        session = _Session(
            role=role,
            task=task,
            authorization=secrets.token_hex(20),
            credentials=Credentials(f"ASIA{words[0]}", *words[1:]),
        )
        path = PATH + secrets.token_hex(16)
        self._by_path[path] = self._by_key[session.credentials.access_key] = session
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.endpoint + path,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": session.authorization,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
        }

    def answer(self, request: Request, account: Account) -> Response | None:
        """Answer a request for credentials, or refuse one of a task to S3; None for all others."""
        if request.path.startswith(PATH):
            return self._credentials(request)
        scope = request.headers.get("Authorization", "").partition("Credential=")[2].split("/")
        session = self._by_key.get(scope[0])
        if session is None or scope[3:4] != ["s3"]:
            return None
        try:
            _authenticate(request, session, scope[2])
            with account.lock:
                _authorize(request, session, account)
                return _range_of(request, account)
        except RefusalError as refusal:
            text = f"<Code>{refusal.code}</Code><Message>{escape(str(refusal))}</Message>"
            body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{text}</Error>'
            return Response(body, status=refusal.status, content_type="application/xml")

    def _credentials(self, request: Request) -> Response:
        session = self._by_path.get(request.path)
        if session is None or session.authorization != request.headers.get("Authorization"):
            return Response(status=403)
        known, end = session.credentials, time.gmtime(time.time() + _SECONDS)
        document = {
            "RoleArn": session.role,
            "AccessKeyId": known.access_key,
            "SecretAccessKey": known.secret_key,
            "Token": known.token,
            "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", end),
        }
        return Response(json.dumps(document), content_type="application/json")


def _authenticate(request: Request, session: _Session, region: str) -> None:
    """Sign the request once more, as botocore does, and compare."""
    sent = request.headers["Authorization"]
    signed = sent.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    moment = request.headers.get("X-Amz-Date", "")
    if request.headers.get("X-Amz-Security-Token") != session.credentials.token:
        raise RefusalError("InvalidToken", "The provided token is malformed or otherwise invalid.")
    again = AWSRequest(
        request.method,
        # As it was sent: werkzeug's own URL is decoded and encoded again.
        f"{request.host_url.rstrip('/')}{request.environ['RAW_URI']}",
        {name: request.headers.get(name, "") for name in signed},
    )
    again.context["timestamp"] = moment
    signer = S3SigV4Auth(session.credentials, "s3", region)
    text = signer.string_to_sign(again, signer.canonical_request(again))
    if sent.rpartition("Signature=")[2] != signer.signature(text, again):
        raise RefusalError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided.",
            403,
        )


_NO_BUCKET = (
    "The specified bucket does not exist on the local cloud, which has the stack's own alone. To "
    "try an artifact of S3 here, name a copy on this machine in artifacts.in"
)


def _authorize(request: Request, session: _Session, account: Account) -> None:
    path = unquote(urlsplit(request.environ["RAW_URI"]).path)
    name, _, key = path.removeprefix("/").partition("/")
    bucket = s3_backends[account.id]["aws"].buckets.get(name)
    if bucket is None:
        raise RefusalError("NoSuchBucket", _NO_BUCKET, 404)
    arn = f"arn:aws:s3:::{name}"
    action = f"s3:{_ACTIONS.get(request.method, 'Put')}Object" if key else "s3:ListBucket"
    if "versionId" in request.args:
        action += "Version"
    resource = f"{arn}/{key}" if key else arn
    _pass_endpoint(request, session, action, resource)
    _allow(session, account, bucket, action, resource)
    if action.startswith("s3:GetObject") and key not in bucket.keys:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, permissions
        _allow(session, account, bucket, "s3:ListBucket", arn)
        raise RefusalError("NoSuchKey", "The specified key does not exist.", 404)


def _range_of(request: Request, account: Account) -> Response | None:
    """The part of an object that is asked for; None for what moto answers itself.

    moto reads the whole object for each range, and a task asks for many of a large one at once.
    """
    wanted = _RANGE.fullmatch(request.headers.get("Range", ""))
    if request.method != "GET" or wanted is None:
        return None
    path = unquote(urlsplit(request.environ["RAW_URI"]).path)
    name, _, key = path.removeprefix("/").partition("/")
    found = s3_backends[account.id]["aws"].get_object(name, key, request.args.get("versionId"))
    begin = int(wanted[1])
    if found is None or begin >= found.contentsize:
        return None
    end = min(int(wanted[2]) + 1, found.contentsize)
    with found.lock:
        found._value_buffer.seek(begin)
        part = found._value_buffer.read(end - begin)
    headers = {"Content-Range": f"bytes {begin}-{end - 1}/{found.contentsize}"}
    return Response(part, status=206, headers=headers, content_type="binary/octet-stream")


def _pass_endpoint(request: Request, session: _Session, action: str, resource: str) -> None:
    """Refuse what the policy of the VPC's endpoint does not let through."""
    reach = request.environ.get(ENDPOINT)
    context = {"aws:PrincipalAccount": session.role.split(":")[4], "aws:SecureTransport": "true"}
    # All buckets here are the account's own.
    context["aws:ResourceAccount"] = context["aws:PrincipalAccount"]
    if reach is not None and reach.refuses("s3", action, resource, context):
        text = denied(session.arn, action, repr(resource), "VPC endpoint")
        raise RefusalError("AccessDenied", text, 403)


def _allow(session: _Session, account: Account, bucket: Any, action: str, resource: str) -> None:
    policies = [json.loads(bucket.policy)] if bucket.policy else []
    if not account.may(session.role, action, resource, _CONTEXT, policies):
        raise RefusalError("AccessDenied", denied(session.arn, action, repr(resource)), 403)


# The endpoint stands for TLS.
_CONTEXT = {"aws:SecureTransport": "true"}
