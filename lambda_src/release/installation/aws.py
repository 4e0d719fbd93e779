"""What is asked of AWS as the task's role: its credentials, signatures, objects of S3.

bootstrap.py and this file are one text before there is a package, see there: it imports the
standard library alone.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import http.client
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
_CREDENTIALS = "http://169.254.170.2"
_FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
_SECONDS = 30
_LONGEST = 1 << 16
"""Bytes that are read of an answer that is not the object."""
# A role's policy spreads for some seconds, in which S3 still refuses.
_PASSING_STATUS = frozenset({403, 408, 429, 500, 502, 503, 504})
_PASSING_CODE = frozenset({"ExpiredToken", "InternalError", "RequestTimeout", "SlowDown"})
_IN_VAIN = frozenset({"NoSuchBucket", "NoSuchKey"})


class FetchError(Exception):
    """What was asked for cannot be had; ``kind`` is one of bootstrap.py's ``EXIT_CODES``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class CredentialsError(OSError):
    """The task has a role, but does not get its credentials; another attempt may."""


class AnswerError(Exception):
    """An answer of S3 that is not the object."""

    def __init__(self, status: int, body: bytes) -> None:
        text = body.decode(errors="replace")
        found = (re.search(f"<{name}>(.*?)</", text, re.DOTALL) for name in ("Code", "Message"))
        code, message = (each[1].strip()[:500] if each else "" for each in found)
        super().__init__(": ".join(filter(None, [f"{status} {code}".strip(), message])))
        self.status, self.code = status, code

    @property
    def passes(self) -> bool:
        """Whether it may be another one soon."""
        passing = self.status in _PASSING_STATUS or self.code in _PASSING_CODE
        return passing and not self.gone

    @property
    def gone(self) -> bool:
        """Whether the object, or its bucket, is not there."""
        return self.code in _IN_VAIN


def credentials() -> dict[str, str]:
    """The task role's credentials, for ``signed``: AccessKeyId, SecretAccessKey, Token.

    Raises FetchError where the task has no role, and CredentialsError while it gets none.
    """
    relative = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    url = _CREDENTIALS + relative if relative else os.environ.get(_FULL_URI)
    if not url:
        raise FetchError(
            "program", "the task has no credentials: its definition needs a taskRoleArn."
        )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    try:
        headers = {"Authorization": token} if (token := _authorization()) else {}
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 (ECS's own URL)
        with direct.open(request, timeout=_SECONDS) as answer:
            return _keys(answer.read(_LONGEST))
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
        raise CredentialsError(f"{url}: {error or type(error).__name__}") from error


def _keys(text: bytes) -> dict[str, str]:
    """The credentials in an answer. Raises ValueError, which shows nothing that is secret."""
    found = json.loads(text) if text else {}
    said = found if isinstance(found, dict) else {}
    keys = {name: said.get(name) for name in ("AccessKeyId", "SecretAccessKey", "Token")}
    for name, value in keys.items():
        if not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value):
            why = said.get("message") or said.get("Message") or "nothing about it"
            raise ValueError(f"the answer has no {name}, and says {str(why)[:500]}")
    return {name: str(value) for name, value in keys.items()}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A signature is for one host, and the token for nobody else."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


def _authorization() -> str:
    file = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")


def signed(
    url: str,
    region: str,
    keys: dict[str, str],
    headers: dict[str, str] | None = None,
    now: datetime.datetime | None = None,
    service: str = "s3",
    method: str = "GET",
) -> dict[str, str]:
    """The headers of a signed request without a body, such as a GET of an object: Signature V4.

    ``url`` is percent-encoded as it will be sent; ``headers`` are signed too, such as ``Range``.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    parts = urllib.parse.urlsplit(url)
    moment = (now or datetime.datetime.now(datetime.UTC)).strftime("%Y%m%dT%H%M%SZ")
    sent = {name.lower(): " ".join(value.split()) for name, value in (headers or {}).items()}
    sent |= {"host": parts.netloc, "x-amz-date": moment, "x-amz-content-sha256": _EMPTY_SHA256}
    if keys.get("Token"):
        sent["x-amz-security-token"] = keys["Token"]
    names = ";".join(sorted(sent))
    pairs = sorted((_quoted(n), _quoted(v)) for n, v in urllib.parse.parse_qsl(parts.query, True))
    canonical = "\n".join(
        [
            method,
            parts.path or "/",
            "&".join(map("=".join, pairs)),
            *(f"{name}:{sent[name]}" for name in sorted(sent)),
            "",
            names,
            _EMPTY_SHA256,
        ]
    )
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    key = f"AWS4{keys['SecretAccessKey']}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    sent["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys['AccessKeyId']}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return sent


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


def get(
    url: str, headers: dict[str, str] | None = None, keys: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    """One attempt to open an object, ``https://<bucket>.s3.<region>.<suffix>/<key>``.

    The bucket may be in the path too: S3's certificate is for names without periods.
    AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL lead elsewhere, where it always is. ``keys`` are the
    task role's credentials where they are at hand. Raises AnswerError, OSError and FetchError.
    """
    parts = urllib.parse.urlsplit(url)
    bucket, _, rest = f".{parts.netloc}".rpartition(".s3.")
    region = rest.partition(".")[0]
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        query = f"?{parts.query}" if parts.query else ""
        within = bucket.replace(".", "/", 1)
        url = f"{endpoint.rstrip('/')}{within}{parts.path}{query}"
    sent = signed(url, region, keys or credentials(), headers)
    request = urllib.request.Request(url, headers=sent)  # noqa: S310 (https, or the endpoint's)
    try:
        answer: http.client.HTTPResponse = urllib.request.build_opener(_NoRedirect).open(
            request, timeout=_SECONDS
        )
    except urllib.error.HTTPError as error:
        with error:
            raise AnswerError(error.code, error.read(_LONGEST)) from None
    return answer


def attempts(usual: int) -> int:
    """How often something is tried: what AWS_MAX_ATTEMPTS says, where it is a number."""
    wanted = os.environ.get("AWS_MAX_ATTEMPTS", "")
    return max(1, int(wanted)) if re.fullmatch(r"[0-9]{1,3}", wanted) else usual
