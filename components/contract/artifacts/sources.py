"""Where artifacts come from: S3, the web, or a file of this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

_S3 = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>.+?)"
    r"(?:\?versionId=(?P<version>[^\s&?]{1,1024}))?"
)
# Plain http is for tests and the embedded cloud, on this machine alone.
_WEB = re.compile(
    r"(?:https://[^\s/?#@]+|http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?)/[^\s#]+"
)
_PRESIGNED = re.compile(r"[?&](X-(Amz|Goog)-Signature|Signature|sig)=", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_MOST_KEY_BYTES = 1_024

RULE = (
    "a source is s3://bucket/key, s3://bucket/key?versionId=..., an https URL without credentials, "
    "or the path of a file on this machine"
)


class SourceError(ValueError):
    """It is no source; the text is the rule that it breaks."""


@dataclass(frozen=True)
class S3Object:
    """An object of S3, in one of its versions where that is named."""

    bucket: str
    key: str
    version: str = ""

    def __str__(self) -> str:
        version = f"?versionId={self.version}" if self.version else ""
        return f"s3://{self.bucket}/{self.key}{version}"

    def arn(self, partition: str) -> str:
        """For the resource of a policy, in which some characters of a key would be patterns.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
        """
        key = re.sub(r"[*?$]", lambda found: f"${{{found[0]}}}", self.key)
        return f"arn:{partition}:s3:::{self.bucket}/{key}"

    def url(self, region: str, dns_suffix: str) -> str:
        """Where it is to be had. The bucket is in the path, so it may have periods."""
        version = f"?versionId={quote(self.version, safe='-_.~')}" if self.version else ""
        key = quote(self.key, safe="/-_.~")
        return f"https://s3.{region}.{dns_suffix}/{self.bucket}/{key}{version}"


@dataclass(frozen=True)
class Web:
    """A file that everybody may read, by https."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class Local:
    """A file of this machine, which Pulumi uploads; ``text`` is how artifacts.in names it."""

    text: str

    def __str__(self) -> str:
        return self.text

    def path(self, folder: Path) -> Path:
        """Where it lies, seen from the application's folder."""
        return folder / Path(self.text).expanduser()


Source = S3Object | Web | Local


def source_of(text: str) -> Source:
    """What a source names.

    Raises:
        SourceError: It names nothing.
    """
    if _CONTROL.search(text):
        raise SourceError("a source has no control characters")
    if found := _S3.fullmatch(text):
        parts: Mapping[str, str | None] = found.groupdict()
        key = parts["key"] or ""
        if key.endswith("/") or key.startswith("/") or len(key.encode()) > _MOST_KEY_BYTES:
            raise SourceError("a key names one object: no slash at its ends, 1,024 bytes at most")
        return S3Object(parts["bucket"] or "", key, parts["version"] or "")
    if _WEB.fullmatch(text):
        if _PRESIGNED.search(text):
            raise SourceError("a URL that is signed ends; name the object itself, s3://bucket/key")
        _check_url(text)
        return Web(text)
    if _SCHEME.match(text) or not text or text.endswith("/"):
        raise SourceError(RULE)
    try:
        Path(text).expanduser()
    except RuntimeError as error:
        raise SourceError("nobody knows the home directory of `~`; name the whole path") from error
    return Local(text)


def _check_url(text: str) -> None:
    if not text.isascii():
        raise SourceError("a URL is ASCII: write é as %C3%A9, and such a host in its form xn--...")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise SourceError(f"{RULE} ({error})") from error
    if parts.path in ("", "/"):
        raise SourceError(RULE)
