"""Where a file is fetched from: S3 as the task's role, or the web."""

from __future__ import annotations

import http.client
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import IO, Any

from .. import aws

_SECONDS = 30
"""Seconds without a byte after which an attempt has failed."""
_KEYS_SECONDS = 60.0
"""Seconds for which the role's credentials are used again; ECS renews them long before they end."""
_PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")
# Plain http is for tests and the embedded cloud, on this machine alone.
SECURE = re.compile(r"https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/]")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A file to fetch.

    ``name`` is its path below the folder, ``url`` is https; with ``signed`` it is an object of S3,
    ``https://s3.<region>.<suffix>/<bucket>/<key>``, that is read as the task's role. ``size`` is
    in bytes, None where nobody knows it.
    """

    name: str
    url: str
    sha256: str
    size: int | None = None
    signed: bool = False


class SourceError(Exception):
    """An answer without the file; ``passes`` where the next one may be another."""

    def __init__(self, message: str, *, passes: bool = False) -> None:
        super().__init__(message)
        self.passes = passes


class OutOfRangeError(SourceError):
    """The file has no byte where the range begins."""


@dataclass(frozen=True)
class Body:
    """What came: a stream that begins at byte ``start`` of a file of ``total`` bytes.

    It is ``whole`` where the source does not answer with ranges.
    """

    stream: http.client.HTTPResponse
    start: int
    total: int | None
    whole: bool = False


class Source:
    """One file's source. May be used by several threads."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def open(self, begin: int, end: int) -> Body:
        """Ask for the bytes from ``begin`` on and before ``end``; the answer may have them all.

        Raises SourceError, OSError and HTTPException.
        """
        headers = {"Range": f"bytes={begin}-{end - 1}"} if end else {}
        stream = self._signed(headers) if self._wanted.signed else self._plain(headers)
        try:
            if stream.status != http.HTTPStatus.PARTIAL_CONTENT:
                return Body(stream, 0, stream.length, whole=True)
            found = _RANGE.fullmatch(stream.headers.get("Content-Range", ""))
            if found is None or int(found[1]) != begin:
                raise SourceError("the answer is another range than was asked for", passes=True)
            return Body(stream, begin, int(found[2]))
        except BaseException:
            stream.close()
            raise

    def _signed(self, headers: dict[str, str]) -> http.client.HTTPResponse:
        try:
            return aws.get(self._wanted.url, headers, _keys.get())
        except aws.AnswerError as error:
            _refuse_range(error.status)
            hint = _WHO_MAY_NOT_LIST if error.status == http.HTTPStatus.FORBIDDEN else ""
            raise SourceError(f"S3 answers {error}{hint}", passes=error.passes) from None
        except aws.FetchError as error:
            raise SourceError(str(error)) from error

    def _plain(self, headers: dict[str, str]) -> http.client.HTTPResponse:
        # Some hosts refuse Python's own name.
        sent = {"User-Agent": "efs-inference", **headers}
        request = urllib.request.Request(self._wanted.url, headers=sent)  # noqa: S310 (https)
        try:
            answer: http.client.HTTPResponse = _opener.open(request, timeout=_SECONDS)
        except urllib.error.HTTPError as error:
            with error:
                _refuse_range(error.code)
                what = f"{urllib.parse.urlsplit(error.url).hostname} answers {error.code}"
                raise SourceError(
                    f"{what} {error.reason}".rstrip(), passes=error.code in _PASSING_STATUS
                ) from None
        return answer


_WHO_MAY_NOT_LIST = ", which it also says of what is gone, to who may not list the bucket"


def _refuse_range(status: int) -> None:
    if status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        raise OutOfRangeError("the answer is that there is no such range")


class _SecureRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not SECURE.match(newurl):
            place = "/".join(newurl.split("/", 3)[:3])
            raise SourceError(f"it leads on to {place}, which is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_opener = urllib.request.build_opener(_SecureRedirects)


class _Keys:
    """The role's credentials, asked for now and then and not for each range."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = 0.0
        self._keys: dict[str, str] = {}

    def get(self) -> dict[str, Any]:
        with self._lock:
            if not self._keys or time.monotonic() - self._asked > _KEYS_SECONDS:
                self._keys = aws.credentials()
                self._asked = time.monotonic()
            return self._keys


_keys = _Keys()
