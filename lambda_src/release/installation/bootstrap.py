"""Fetches the populate task's program from S3, checks its SHA-256 and becomes it.

The text of this file is what the container runs, ``python3 -c <text> <URL> install ...``, before
anything else is there: it imports the standard library alone, and nothing of this package. The
program is a zip whose name is its SHA-256.
"""

from __future__ import annotations

import datetime
import errno
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path
from typing import BinaryIO, NoReturn

EXIT_CODES = {"error": 1, "disk": 14, "program": 18, "stopped": 143}
"""Those of ``layout.ExitCode`` that are used here, by their kinds."""

_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
_CREDENTIALS = "http://169.254.170.2"
_SECONDS = 30
_ATTEMPTS = 8
_LONGEST_PAUSE = 15.0
_CHUNK = 1 << 20
_LONGEST = 1 << 16
"""Bytes that are read of an answer that is not the object."""
# A role's policy spreads for some seconds, in which S3 still refuses.
_PASSING_STATUS = frozenset({403, 408, 429, 500, 502, 503, 504})
_PASSING_CODE = frozenset({"ExpiredToken", "InternalError", "RequestTimeout", "SlowDown"})
_IN_VAIN = frozenset({"NoSuchBucket", "NoSuchKey"})


class FetchError(Exception):
    """What was asked for cannot be had; ``kind`` is one of ``EXIT_CODES``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Stopped(BaseException):
    """A signal ends the program. No Exception, so that nothing on the way swallows it."""


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
        return passing and self.code not in _IN_VAIN


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


_FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"


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


def download(url: str, target: BinaryIO) -> str:
    """Write an object to ``target``; returns its SHA-256. What passes is tried again.

    Raises FetchError, and OSError where ``target`` cannot be written.
    """
    last = attempts(_ATTEMPTS)
    attempt = 1
    while True:
        target.seek(0)
        target.truncate()
        try:
            return _copied(url, target)
        except AnswerError as error:
            trouble = str(error)
            if attempt == last or not error.passes:
                raise FetchError("program", _refused(url, error)) from None
        except CredentialsError as error:
            trouble = f"the task gets no credentials from {error}"
            if attempt == last:
                raise FetchError("program", f"{trouble}. Run `pulumi up` again.") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            if getattr(error, "errno", None) in _DISK:
                raise
            trouble = str(error) or type(error).__name__
            if attempt == last:
                raise FetchError("program", _unreachable(url, trouble)) from None
        pause = min(2.0 ** (attempt - 1), _LONGEST_PAUSE)
        log("program", f"{trouble}; the next attempt is in {pause:g} s")
        time.sleep(pause)
        attempt += 1


_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def _copied(url: str, target: BinaryIO) -> str:
    digest = hashlib.sha256()
    with get(url) as answer:
        while block := answer.read(_CHUNK):
            digest.update(block)
            target.write(block)
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
    target.flush()
    return digest.hexdigest()


def _refused(url: str, error: AnswerError) -> str:
    if error.code in _IN_VAIN:
        gone = "It is gone"
    elif error.status // 100 == 3:
        gone = "The bucket is not in the region that this URL names"
    else:
        # Who may not list a bucket is refused what is not there: S3 API, GetObject, permissions.
        gone = (
            "It is gone, or the task role may not read it (s3:GetObject in its policies and "
            "permissions boundary, the bucket's policy, and kms:Decrypt where a key encrypts it)"
        )
    return (
        f"S3 does not give the task its program {url} ({error}). {gone}. `pulumi refresh` and "
        "then `pulumi up` put back what is missing."
    )


def _unreachable(url: str, trouble: str) -> str:
    return (
        f"S3 did not answer for the task's program {url} ({trouble}). See that the task reaches "
        "S3 (egress or a gateway endpoint, egress ports, proxy), then run `pulumi up` again."
    )


def unpack(archive: BinaryIO, folder: Path) -> None:
    """Unpack the program; every file gets its own mode, and everybody may read it.

    Raises FetchError where it is no zip, and OSError.
    """
    folder.chmod(0o755)
    try:
        with zipfile.ZipFile(archive) as files:
            for entry in files.infolist():
                made = Path(files.extract(entry, folder))
                made.chmod(0o755 if entry.external_attr >> 16 & 0o100 else 0o644)
    except OSError:
        raise
    except Exception as error:  # of many kinds, none of them named by zipfile
        what = f"{type(error).__name__}: {error}"
        raise FetchError("program", f"the task's program is no whole zip ({what})") from error


def log(phase: str, message: str, **fields: object) -> None:
    """Print one line in the installer's form."""
    line = {"phase": phase, "message": message} | fields
    print(json.dumps(line, separators=(",", ":")), flush=True)


def failed(kind: str, message: str) -> int:
    """Print the last line; returns the exit code."""
    log("failure", message, kind=kind)
    return EXIT_CODES[kind]


def prepare(url: str, folder: Path) -> None:
    """Put the program into the folder. Raises FetchError and OSError."""
    name = url.rpartition("/")[2].partition(".")[0]
    log("program", f"from {url}")
    with tempfile.TemporaryFile() as archive:
        found = download(url, archive)
        if found != name:
            raise FetchError(
                "program",
                f"the task's program {url} has {archive.tell():,} bytes and the SHA-256 {found}, "
                "and its name says another one: it was overwritten. Delete it; `pulumi refresh` "
                "and then `pulumi up` upload it again.",
            )
        unpack(archive, folder)


_STOPS = {
    signal.SIGTERM: "SIGTERM",
    signal.SIGINT: "SIGINT",
    signal.SIGALRM: "its own deadline (--timeout)",
}


def _stop(number: int, _frame: object) -> NoReturn:
    for each in _STOPS:
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(_STOPS[signal.Signals(number)])


def become(url: str, command: list[str]) -> NoReturn:
    """Become the program, which gets what is left of the time that the command names.

    Raises FetchError, OSError and Stopped.
    """
    for number in _STOPS:
        # The container's first process has no default for them.
        signal.signal(number, _stop)
    at = command.index("--timeout") + 1 if "--timeout" in command else 0
    if at:
        signal.setitimer(signal.ITIMER_REAL, int(command[at]))
    os.umask(0o022)
    folder = Path(tempfile.mkdtemp(prefix="program-"))
    prepare(url, folder)
    os.chdir(folder)
    # What comes from here on waits for the program, which takes it as soon as it can.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    if at:
        left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        command[at] = str(max(1, round(left)))
    os.execv(sys.executable, [sys.executable, "-m", "release", *command])  # noqa: S606


def main(arguments: list[str]) -> int:
    """Become the program; what it returns is the exit code of a failure."""
    try:
        become(arguments[0], arguments[1:])
    except FetchError as error:
        return failed(error.kind, str(error))
    except Stopped as stopped:
        return failed("stopped", f"stopped by {stopped} before the end; run it again.")
    except Exception as error:
        kind = "disk" if getattr(error, "errno", None) in _DISK else "error"
        what = f"{type(error).__name__}: {error}"
        return failed(kind, f"the task cannot become its program: {what}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
