"""Values on the wire, as the real engine gives them to providers and packs, and compares them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import sdk
from .sdk import UNKNOWN, Struct


def unwrapped(wire: Mapping[str, Any]) -> dict[str, Any]:
    """What they say, secrets like any other value."""
    return sdk.unwrapped(Struct(wire))


def content(value: Any) -> Any:
    """What counts of an input: of a file asset not where it lies."""
    if isinstance(value, dict) and sdk.is_asset(value) and "hash" in value:
        return {key: item for key, item in value.items() if key != "path"}
    return value


def _hash(path: Path) -> str:
    """SHA-256 of a file, or of all that is in a folder."""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(path.rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(path)} {file.stat().st_size}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def as_known(value: Any) -> Any:
    """As the real engine gives it to providers and packs.

    An asset or archive has the hash of its files, because the path tells no change. In place of a
    resource, which a program may pass where an id is wanted, stands its id, or the URN of a
    component.
    """
    if isinstance(value, list):
        return [as_known(item) for item in value]
    if not isinstance(value, dict):
        return value
    if sdk.is_reference(value):
        return value.get("id", value["urn"]) or UNKNOWN
    if sdk.is_asset(value) and "path" in value:
        return {**value, "hash": _hash(Path(value["path"]))}
    return {key: as_known(item) for key, item in value.items()}
