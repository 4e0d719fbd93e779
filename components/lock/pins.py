"""Pins: of what uv has found for a package, the one wheel that the target's pip takes."""

from __future__ import annotations

import base64
import hashlib
import http.client
import netrc
import re
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urlsplit, urlunsplit

from packaging.tags import Tag
from packaging.utils import BuildTag, InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion

from ..contract import Pin, Target
from ..contract.requirements import wheel_of
from .errors import LockError

_SHA256 = re.compile(r"[0-9a-f]{64}")


def pin(
    package: Mapping[str, Any],
    target: Target,
    tags: Mapping[Tag, int],
    kept: Mapping[str, Pin] = MappingProxyType({}),
) -> Pin:
    """The package's pin: name, version, hash of the wheel that the target's pip takes.

    Args:
        package: As pylock.toml has it.
        target: For what.
        tags: The target's.
        kept: The lock as it was, by name; a hash stays where the index still has the file.

    Raises:
        LockError: The target takes none of the wheels.
    """
    if "archive" in package:
        return _pin_of_url(package, target, tags, kept)
    name, version = package["name"], package.get("version", "")
    best: tuple[bool, int, tuple[int, str], str, str] | None = None
    for wheel in package.get("wheels", ()):
        build, wheel_tags = _parsed(wheel)
        rank = min((tags[tag] for tag in wheel_tags if tag in tags), default=None)
        if rank is None:
            continue
        sha256 = _named(wheel)
        number, text = build or (-1, "")
        stays = _stays(Pin(name, version, _hashes(sha256)), kept)
        candidate = (stays, -rank, (number, text), sha256, wheel["url"])
        best = max(best, candidate) if best else candidate
    if best is None:
        raise LockError(
            f"{name} {version} has no wheel for {target}, and "
            "nothing is built from source here. Choose another version in requirements.in."
        )
    return Pin(name, version, _hashes(best[3] or _hash_of(best[4])))


def _hashes(sha256: str) -> tuple[str, ...]:
    return (f"sha256:{sha256}",) if sha256 else ()


def _stays(found: Pin, kept: Mapping[str, Pin]) -> bool:
    """Whether the lock had it already, with the hash that the index names."""
    return bool(found.hashes) and found == kept.get(found.name)


def _pin_of_url(
    package: Mapping[str, Any],
    target: Target,
    tags: Mapping[Tag, int],
    kept: Mapping[str, Pin],
) -> Pin:
    """The pin of a package that requirements.in names by URL."""
    archive, name = package["archive"], package["name"]
    url = urldefrag(archive["url"]).url
    if not _parsed(archive)[1] & set(tags):
        raise LockError(
            f"{name} @ {url} is a wheel that {target} does not take. Ask for one whose name ends "
            "with a tag of it, or for this one elsewhere only (; platform_machine != "
            f"{target.machine!r})."
        )
    version = (wheel_of(url) or ("", ""))[1]
    found = Pin(name, version, _hashes(_named(archive)), url)
    # uv believes what stands in the URL.
    return found if _stays(found, kept) else replace(found, hashes=_hashes(_hash_of(url)))


def _parsed(wheel: Mapping[str, Any]) -> tuple[BuildTag, frozenset[Tag]]:
    """Build and tags of a wheel, none of one whose name pip would not read.

    An index may percent-encode what stands in a version, and have a query behind the name.
    """
    name = wheel.get("name") or unquote(urlsplit(wheel["url"]).path.rpartition("/")[2])
    try:
        _, _, build, tags = parse_wheel_filename(str(name))
    except (InvalidWheelFilename, InvalidVersion):
        return (), frozenset()
    return build, tags


def _named(wheel: Mapping[str, Any]) -> str:
    """The SHA-256 that the index names, if it is one."""
    found = str(wheel.get("hashes", {}).get("sha256", "")).lower()
    return found if _SHA256.fullmatch(found) else ""


@cache
def _hash_of(url: str) -> str:
    """SHA-256 of a file of an index that names none."""
    digest = hashlib.sha256()
    shown = re.sub(r"//[^/@]*@", "//", url)
    try:
        with urllib.request.urlopen(_request(url), timeout=60) as response:  # noqa: S310
            while chunk := response.read(1 << 20):
                digest.update(chunk)
            if response.length:
                raise OSError(f"the connection ended {response.length:,} bytes too early")
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise LockError(
            f"{shown} cannot be read to make its SHA-256 ({error}). Look at the URL, or use an "
            "index that names hashes."
        ) from error
    return digest.hexdigest()


def _request(url: str) -> urllib.request.Request:
    """A request for a file of an index, with what the URL or a netrc has of credentials."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        raise ValueError("it is no https URL")
    host = parts.netloc.rpartition("@")[2]
    # Safe is what may stand there as it is, % for what is encoded already.
    path = quote(parts.path, safe="%/:@!$&'()*+,;=~")
    request = urllib.request.Request(  # noqa: S310
        urlunsplit((parts.scheme, host, path, parts.query, "")),
        headers={"User-Agent": "efs-inference"},
    )
    user, password = parts.username, parts.password
    if user is None and (found := _netrc(parts.hostname or "")):
        user, password = found
    if user is not None:
        pair = f"{unquote(user)}:{unquote(password or '')}".encode()
        # A redirect gets none.
        request.add_unredirected_header("Authorization", f"Basic {base64.b64encode(pair).decode()}")
    return request


def _netrc(host: str) -> tuple[str, str] | None:
    try:
        found = netrc.netrc().authenticators(host)
    except (OSError, netrc.NetrcParseError):
        return None
    return (found[0], found[2]) if found else None
