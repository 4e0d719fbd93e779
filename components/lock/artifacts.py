"""Locks artifacts.in: reads what is new to make size and SHA-256, and says what has changed."""

from __future__ import annotations

import hashlib
import http.client
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
)
from botocore.exceptions import (
    ConnectionError as AwsConnectionError,
)

from ..contract.application import ARTIFACTS
from ..contract.artifacts import (
    Artifact,
    Local,
    S3Object,
    Web,
    Wish,
    digest,
    parse_lock,
    read_wishes,
    render,
)
from ..errors import ConfigurationError
from .errors import LockError

NAME = "artifacts"
_CHUNK = 1 << 20
_ATTEMPTS = 5
_SECONDS = 60
_EVERY = 5.0
"""Seconds between two words on how far it is."""
_PASSING = (
    *(OSError, http.client.HTTPException),
    *(AwsConnectionError, HTTPClientError, IncompleteReadError),
)
"""What may be otherwise at the next attempt; without credentials, for one, it is not."""
_SECURE = re.compile(r"https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/]")


def paths(directory: Path) -> tuple[Path, Path]:
    """artifacts.in of a folder, and its lock."""
    return directory / ARTIFACTS, directory / "locks" / f"{NAME}.txt"


def locked(directory: Path) -> dict[str, Artifact]:
    """What the lock has, by name; empty where there is none.

    Raises:
        LockError: It breaks a rule.
    """
    _, path = paths(directory)
    if not path.is_file():
        return {}
    try:
        return {artifact.name: artifact for artifact in parse_lock(path)}
    except ConfigurationError as error:
        raise LockError(f"{error}\nIf you cannot correct it, delete {path}.") from error


def made(directory: Path, before: Collection[Artifact], upgraded: Collection[str]) -> str | None:
    """The text of the lock; None where there is no artifacts.in.

    Args:
        directory: The application's folder.
        before: What is locked; it is not read again if it is still asked for.
        upgraded: Names of artifacts that are.

    Raises:
        LockError: With all that cannot be locked.
    """
    try:
        wishes = read_wishes(paths(directory)[0])
    except ConfigurationError as error:
        raise LockError(str(error)) from error
    if wishes is None:
        return None
    kept = {artifact.name: artifact for artifact in before if artifact.name not in upgraded}
    artifacts, problems = [], []
    for wish in wishes:
        had = kept.get(wish.name)
        try:
            stays = had is not None and had.is_of(wish) and not isinstance(wish.source, Local)
            artifacts.append(had if had is not None and stays else _found(wish, directory))
        except LockError as error:
            problems.append(str(error))
    if problems:
        raise LockError("\n".join(problems))
    return render(artifacts)


def write(directory: Path, before: dict[str, Artifact], text: str | None) -> str:
    """Write the lock, or remove it where there is no artifacts.in; what there is to say of it."""
    _, path = paths(directory)
    if text is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(text, encoding="utf-8")
    return report(before, locked(directory))


def report(before: dict[str, Artifact], after: dict[str, Artifact]) -> str:
    """What is said of the lock: what of it has changed."""
    lines = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if new is None:
            lines.append(f"- {name}")
        elif old is None:
            lines.append(f"+ {name} {_size(new)}")
        elif old.sha256 != new.sha256:
            lines.append(f"{name} {_size(old)} -> {_size(new)}, another content")
        elif old != new:
            lines.append(f"{name} {_size(new)}, the same content from {new.wish.source}")
    size = sum(artifact.size for artifact in after.values()) / 1e6
    count = "1 artifact" if len(after) == 1 else f"{len(after)} artifacts"
    total = f"{count}, {size:,.1f} MB"
    if not lines:
        return f"{NAME}: unchanged, {total}"
    return "\n    ".join([f"{NAME}: {total}", *lines])


def _size(artifact: Artifact) -> str:
    return f"{artifact.size / 1e6:,.1f} MB"


def _found(wish: Wish, directory: Path) -> Artifact:
    try:
        if isinstance(wish.source, Local):
            size, sha256 = digest(wish.source.path(directory))
            return Artifact(wish=wish, size=size, sha256=sha256)
        if isinstance(wish.source, Web):
            size, sha256 = _hashed(wish.name, _FromWeb(wish.source.url).open)
            return Artifact(wish=wish, size=size, sha256=sha256)
        return _from_s3(wish, wish.source)
    except (ClientError, BotoCoreError) as error:
        raise LockError(
            f"{wish.name}: {wish.source} cannot be read: {error}. See that it is there, and that "
            "your credentials may read it (AWS_PROFILE; s3:GetObject, s3:GetObjectVersion)."
        ) from error
    except urllib.error.HTTPError as error:
        raise LockError(
            f"{wish.name}: {wish.source} answers {error.code} {error.reason}. See that it is "
            "there, and that everybody may read it."
        ) from error
    except _PASSING as error:
        what = getattr(error, "strerror", None) or error
        raise LockError(
            f"{wish.name}: {wish.source} cannot be read: {what}. Correct the source, or the way "
            "to it."
        ) from error


def _from_s3(wish: Wish, source: S3Object) -> Artifact:
    objects = _FromS3(source)
    size, sha256 = _hashed(wish.name, objects.open)
    version = objects.version
    if not version:
        print(
            f"{wish.name}: {source.bucket} keeps no versions, so it can be published only as long "
            "as nobody overwrites it",
            file=sys.stderr,
        )
    return Artifact(
        wish=replace(wish, source=replace(source, version=version)),
        size=size,
        sha256=sha256,
        region=objects.region(),
        kms_key_arn=objects.kms_key_arn,
    )


@dataclass
class _FromS3:
    """An object, read as who makes the lock."""

    source: S3Object
    version: str = ""
    kms_key_arn: str = ""
    tag: str = ""

    def __post_init__(self) -> None:
        self._client: Any = boto3.client("s3")

    def open(self, at: int) -> tuple[IO[bytes], int]:
        """The rest of it from a byte on, and how much that is."""
        which: dict[str, str] = {"Bucket": self.source.bucket, "Key": self.source.key}
        which |= {"VersionId": self.source.version} if self.source.version else {}
        which |= {"Range": f"bytes={at}-", "IfMatch": self.tag} if at else {}
        answer = self._client.get_object(**which)
        found = str(answer.get("VersionId") or "")
        self.version = "" if found == "null" and not self.source.version else found
        self.kms_key_arn, self.tag = str(answer.get("SSEKMSKeyId") or ""), answer["ETag"]
        return answer["Body"], int(answer["ContentLength"])

    def region(self) -> str:
        """Where the bucket is; S3 says so to whoever asks."""
        try:
            answer = self._client.head_bucket(Bucket=self.source.bucket)
        except ClientError as error:
            answer = error.response
        found = answer.get("BucketRegion")
        found = found or answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
        return str(found or self._client.meta.region_name)


class _SecureRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any, **named: Any) -> urllib.request.Request | None:
        request = super().redirect_request(*arguments, **named)
        if request is not None and not _SECURE.match(request.full_url):
            raise OSError(f"it leads on to {request.host}, not by https")
        return request


@dataclass
class _FromWeb:
    """A file that everybody may read."""

    url: str

    def open(self, at: int) -> tuple[IO[bytes], int]:
        """The rest of it from a byte on, and how much that is."""
        headers = {"User-Agent": "efs-inference", **({"Range": f"bytes={at}-"} if at else {})}
        request = urllib.request.Request(self.url, headers=headers)  # noqa: S310 - https
        opener = urllib.request.build_opener(_SecureRedirects)
        answer: http.client.HTTPResponse = opener.open(request, timeout=_SECONDS)
        if answer.length is None:
            raise OSError("its server does not say how large it is")
        if at and answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            raise OSError("the connection broke off, and its server knows no ranges")
        return answer, answer.length


def _hashed(name: str, open_at: Callable[[int], tuple[IO[bytes], int]]) -> tuple[int, str]:
    """Size and SHA-256, read on from where it broke off."""
    sha256, at = hashlib.sha256(), 0
    shown = time.monotonic()
    for left in reversed(range(_ATTEMPTS)):
        try:
            stream, rest = open_at(at)
            size = at + rest
            with stream:
                while at < size and (data := stream.read(_CHUNK)):
                    sha256.update(data)
                    at += len(data)
                    if time.monotonic() - shown > _EVERY:
                        shown = time.monotonic()
                        print(f"{name}: {at / 1e6:,.0f} of {size / 1e6:,.0f} MB", file=sys.stderr)
            if at == size:
                break
            raise OSError(f"the connection ended after {at:,} bytes")
        except urllib.error.HTTPError:
            raise
        except _PASSING as error:
            if not left:
                raise
            print(f"{name}: {error}; it is read on", file=sys.stderr)
            time.sleep(1)
    return at, sha256.hexdigest()
