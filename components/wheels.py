"""Fills a wheel cache: the wheels of the locks, by their SHA-256, in a bucket.

``python -m efs_inference.wheels --directory DIR s3://BUCKET/PREFIX`` takes the locks of the
application in DIR, of the same targets as ``efs_inference.lock``; without a place, it fills the
caches that the stacks' files name. A wheel that is there, with the checksum that its name says,
stays. Each other one is downloaded by pip, which compares its hash, from the index or the URL that
the lock names, and uploaded with its checksum, which S3 compares again. So it can be repeated at
any time; nothing is removed. Credentials are those of pip (netrc, keyring) and of the AWS CLI.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import importlib.util
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from . import commands
from .contract import Application, Pin, Target, read_lock, runtime
from .contract.wheel_cache import WheelCache, hashes
from .errors import ConfigurationError
from .lock import PYPI, LockError, Stacks, chosen

_THREADS = 8
# What S3 says of an object or a bucket that is not there.
_GONE = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket"})
_RIGHTS = "s3:ListBucket on the bucket, s3:GetObject and s3:PutObject on what is below the prefix"


class WheelsError(Exception):
    """The cache cannot be filled; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A wheel of a lock.

    Attributes:
        sha256: Its SHA-256, hexadecimal.
        pin: The line of the lock.
        target: For what.
        index_url: From where, if the line names no URL.
    """

    sha256: str
    pin: Pin
    target: Target
    index_url: str

    @property
    def checksum(self) -> str:
        """Its SHA-256 as S3 has it."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode()

    def __str__(self) -> str:
        return f"{self.pin.name} {self.pin.version} (sha256:{self.sha256})"


def wheels_of(application: Application, target: Target, index_url: str) -> list[Wheel]:
    """The wheels of the application's lock for this target.

    Raises:
        ConfigurationError: There is none, it breaks a rule, or it is not that of requirements.in.
    """
    pins, options = read_lock(application, target)
    indexes = runtime.indexes_of(options)
    return [
        Wheel(sha256=sha256, pin=pin, target=target, index_url=indexes.get(pin.name, index_url))
        for sha256, pin in hashes(pins, f"the lock of {target.name}").items()
    ]


class Bucket:
    """The bucket of a cache.

    Raises:
        WheelsError: It cannot be used.
    """

    def __init__(self, cache: WheelCache) -> None:
        self.cache = cache
        try:
            self._client: Any = boto3.client("s3")
            self._client.head_bucket(Bucket=cache.bucket)
        except (BotoCoreError, ClientError) as error:
            raise self._failure(error) from error

    def _failure(self, error: BotoCoreError | ClientError) -> WheelsError:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        if code in _GONE:
            remedy = f"make it in the stack's region: `aws s3 mb s3://{self.cache.bucket}`"
        elif code in {"403", "AccessDenied"}:
            remedy = f"whoever fills a cache needs {_RIGHTS}"
        else:
            remedy = "see that the AWS CLI reaches it: `aws s3 ls " + str(self.cache) + "/`"
        return WheelsError(f"{self.cache} cannot be used: {error}. Remedy: {remedy}")

    def has(self, wheel: Wheel) -> bool:
        """Whether the wheel is there, with the checksum that its name says.

        Raises:
            WheelsError: S3 does not say so.
        """
        place = {"Bucket": self.cache.bucket, "Key": self.cache.key(wheel.sha256)}
        try:
            found = self._client.head_object(**place, ChecksumMode="ENABLED")
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return False
            raise self._failure(error) from error
        except BotoCoreError as error:
            raise self._failure(error) from error
        return bool(found.get("ChecksumSHA256") == wheel.checksum)

    def put(self, wheel: Wheel, path: Path) -> None:
        """Upload the wheel.

        Raises:
            WheelsError: S3 does not take it.
        """
        try:
            with path.open("rb") as content:
                self._client.put_object(
                    Bucket=self.cache.bucket,
                    Key=self.cache.key(wheel.sha256),
                    Body=content,
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=wheel.checksum,
                    # For whoever looks into the bucket.
                    ContentDisposition=f'attachment; filename="{path.name}"',
                    ContentType="application/zip",
                )
        except (BotoCoreError, ClientError) as error:
            raise self._failure(error) from error


def download(wheels: Sequence[Wheel], folder: Path) -> dict[str, Path]:
    """Download wheels of one target from one index; where each lies, by its SHA-256.

    Raises:
        WheelsError: pip cannot, or the hash of one is another.
    """
    target, index_url = wheels[0].target, wheels[0].index_url
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(f"{wheel.pin}\n" for wheel in wheels), encoding="utf-8")
    files = folder / "files"
    command = [sys.executable, "-m", "pip", "download", "--dest", str(files)]
    command += ["--index-url", index_url, "--requirement", str(requirements)]
    command += ["--require-hashes", "--only-binary=:all:", "--no-deps"]
    command += ["--implementation", "cp", "--python-version", target.python]
    platforms = dict.fromkeys(tag.platform for tag in target.tags() if tag.platform != "any")
    command += [word for platform in platforms for word in ("--platform", platform)]
    command += ["--no-input", "--progress-bar=off", "--no-color", "--disable-pip-version-check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise WheelsError(_failure(wheels, done.stderr))
    return {_sha256(path): path for path in files.iterdir()}


def _failure(wheels: Sequence[Wheel], said: str) -> str:
    if importlib.util.find_spec("pip") is None:
        return "pip, which downloads, is not installed here. Remedy: `python -m ensurepip`"
    lines = [line for line in said.splitlines() if line.strip() and "Retrying (" not in line]
    message = (
        f"{wheels[0].target.name}: pip cannot download what {wheels[0].index_url} and the URLs of "
        f"the lock should have. Remedy: look at what it says; {commands.LOCK} makes another lock "
        f"if a file is gone.\n{chr(10).join(lines[-12:])}"
    )
    return re.sub(r"://[^/\s@]+@", "://***@", message)


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def fill(bucket: Bucket, wheels: Iterable[Wheel]) -> str:
    """Bring these wheels into the cache; says each on the screen, and returns what was done.

    Raises:
        WheelsError: One cannot be had, or not uploaded. What is uploaded before stays.
    """
    wheels = list(wheels)
    known = list({wheel.sha256: wheel for wheel in wheels}.values())
    with ThreadPoolExecutor(_THREADS) as threads:
        there = list(threads.map(bucket.has, known))
    missing = [wheel for wheel, found in zip(known, there, strict=True) if not found]
    uploaded = 0
    for part in _parts(missing):
        with tempfile.TemporaryDirectory(prefix="efs-inference-") as folder:
            found = download(part, Path(folder))
            for wheel in part:
                path = found.get(wheel.sha256)
                if path is None:
                    raise WheelsError(f"{wheel}: pip downloaded another file. Remedy: run it again")
                bucket.put(wheel, path)
                uploaded += path.stat().st_size
                print(f"{path.name}: uploaded, {path.stat().st_size / 1e6:,.1f} MB", flush=True)
    targets = sorted({wheel.target.name for wheel in wheels})
    return (
        f"{bucket.cache} has the {len(known)} wheels of {', '.join(targets)}: {len(missing)} "
        f"uploaded ({uploaded / 1e6:,.1f} MB), {len(known) - len(missing)} were there"
    )


def _parts(wheels: Iterable[Wheel]) -> Iterable[Sequence[Wheel]]:
    """The wheels by target and index: pip asks each index that it is given for every package."""
    parts: dict[tuple[Target, str], list[Wheel]] = {}
    for wheel in wheels:
        parts.setdefault((wheel.target, wheel.index_url), []).append(wheel)
    return parts.values()


def main(arguments: list[str] | None = None) -> int:
    """Fill the cache; the exit code says whether that went well."""
    options = _parser().parse_args(arguments)
    try:
        stacks = Stacks.around(options.directory)
        application = Application(options.directory)
        targets = chosen(application.requirements_path, stacks, options.target)
        index_url = options.index_url or stacks.index_url or PYPI
        wheels = [
            wheel for target in targets for wheel in wheels_of(application, target, index_url)
        ]
        for cache in _caches(options.cache, stacks):
            print(fill(Bucket(cache), wheels))
    except (WheelsError, ConfigurationError, LockError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _caches(given: str | None, stacks: Stacks) -> list[WheelCache]:
    texts = [given] if given else sorted(stacks.wheel_caches)
    if not texts:
        raise WheelsError(
            "no cache is named, here or in a stack's file. Remedy: s3://BUCKET/PREFIX"
        )
    try:
        return [WheelCache.parse(text) for text in texts]
    except ValueError as error:
        raise WheelsError(f"{', '.join(texts)}: {error}. Remedy: correct it") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}.wheels", description=__doc__)
    text = "the cache; default: each wheelCache of the stacks"
    parser.add_argument("cache", nargs="?", metavar="s3://BUCKET/PREFIX", help=text)
    parser.add_argument(
        "--directory", type=Path, required=True, help="where model.py and locks/ are"
    )
    text = "package index; default: the stacks' indexUrl"
    parser.add_argument("--index-url", metavar="URL", help=text)
    text = "take the lock of this target only, such as python3.12-arm64; may be repeated"
    parser.add_argument("--target", action="append", default=[], metavar="NAME", help=text)
    return parser


if __name__ == "__main__":
    sys.exit(main())
