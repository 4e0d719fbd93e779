"""Paths under /mnt in texts that a consumer gets: environment, command, entry point."""

import posixpath
import re
from dataclasses import dataclass

MNT = "/mnt"

_URL = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]{0,31}://[^\s"'<>\\]*""")
# A path starts the text or follows a separator, the opening quote of a word, or -I, -L and alike.
_PATH = re.compile(
    r"""(?P<before>^|[\s:=,;|&<>(\[`]|(?<![\w})])["']|:-|(?<!\S)-[A-Za-z])"""
    r"""(?P<path>/[^\s:;,=|&<>()\[\]{}"'`\\$*?%]*)(?P<template>[${*?%]?)"""
    r"""(?P<padding>(?:={1,2}(?![^\s,;"']))?)"""
)
# server:/path is a path on the server; `app.jar:/path` is a list.
_SERVER = re.compile(
    r"(?:\S@[\w.-]+|\d+(?:\.\d+){3}|\.(?:amazonaws\.com(?:\.cn)?|internal|local))$"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_SURELY_A_BLOB = (
    128  # characters without '-', '_' or '.': longer than any path that a person writes
)
_NAME_MAX = 255  # bytes of one path component on Linux


@dataclass(frozen=True)
class Path:
    """A path as it is written and as the kernel resolves it."""

    written: str
    resolved: str

    def __str__(self) -> str:
        if self.resolved == self.written.rstrip("/"):
            return self.resolved
        return f"{self.written} (that is {self.resolved})"


def normalise(path: str) -> str:
    """The absolute path without `.`, `..`, doubled and trailing slashes."""
    return posixpath.normpath("/" + path.lstrip("/"))


def lies_under(path: str, mount: str) -> bool:
    """Whether a normalised path is the mount or lies below it."""
    return mount == "/" or path == mount or path.startswith(mount + "/")


def paths_under(mount: str, text: str) -> list[str]:
    """The paths below a mount that a text names, as seen from the mount."""
    found = [path.resolved for path in paths_under_mnt(text, root=f"/{mount.split('/')[1]}")]
    below = [path for path in found if path != mount and lies_under(path, mount)]
    return [path.removeprefix(mount).strip("/") for path in below]


def paths_under_mnt(text: str, root: str = MNT) -> list[Path]:
    """Each different path below /mnt, or another root, that the text names, in order.

    Lists (`PYTHONPATH=/a:/mnt/b`), options (`--release=/mnt/x`), JSON and shell lines are taken
    apart. URLs, `server:/path`, base64 and the unfinished last part of a template
    (`/mnt/${NAME}`) are no paths.
    """
    if root not in text or _is_blob(text):
        return []
    local = _URL.sub(" ", text)
    found: dict[str, Path] = {}
    for match in _PATH.finditer(local):
        written = match["path"]
        if match["template"]:
            written = written[: written.rfind("/") + 1]
        written = re.sub(r"(?<=[^./])[.!]+$", "", written)
        resolved = normalise(written)
        if resolved == root or not lies_under(resolved, root):
            continue
        if not _is_blob(written + match["padding"]) and not _is_on_a_server(match):
            found.setdefault(resolved, Path(written, resolved))
    return list(found.values())


def _is_on_a_server(match: re.Match[str]) -> bool:
    if match["before"] != ":":
        return False
    start = match.start("before")
    return _SERVER.search(match.string[max(0, start - _NAME_MAX) : start]) is not None


def _is_blob(text: str) -> bool:
    if any(len(part) > _NAME_MAX for part in text.split("/")) and not re.search(r"[\s:=,]", text):
        return True
    if not _BASE64.fullmatch(text):
        return False
    return len(text) >= _SURELY_A_BLOB or (text.endswith("=") and len(text) % 4 == 0)
