"""Property values, whatever shape a program or a preview gives them.

Nothing here raises: what is missing or of a wrong shape reads as None, what a preview does not know
yet reads as `UNKNOWN`.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final, TypeAlias

from pulumi_policy import proxy

SENTINELS: tuple[str, ...] = tuple(
    value
    for name, value in vars(proxy).items()
    if re.fullmatch("UNKNOWN_[A-Z]+_VALUE", name) and isinstance(value, str)
)


class Unknown(Enum):
    """The type of `UNKNOWN`, apart so that types can be narrowed with `is UNKNOWN`."""

    UNKNOWN = proxy.UNKNOWN_STRING_VALUE


UNKNOWN: Final = Unknown.UNKNOWN

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | Unknown | None"


def known_text(value: str) -> str | Unknown:
    """The text as it came; one with an unknown part is unknown."""
    # Every sentinel is a UUID, so a short text is none.
    if len(value) < 36 or not any(sentinel in value for sentinel in SENTINELS):
        return value
    return UNKNOWN


def plain(value: object) -> Plain:
    """The value without the SDK's proxies, which raise at what is unknown; an asset is None."""
    if isinstance(value, str):
        return known_text(value)
    if value is None or isinstance(value, bool | int | float | Unknown):
        return value
    if isinstance(value, Mapping):
        return {str(key): _item(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_item(value, index) for index in range(len(value))]
    return None


def _item(value: Any, key: object) -> Plain:
    try:
        return plain(value[key])
    except proxy.UnknownValueError:
        return UNKNOWN


def at(value: Plain, *path: str) -> Plain:
    """What lies at `path`; a list of one object counts as that object, as some blocks come."""
    for step in path:
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        value = value.get(step) if isinstance(value, dict) else None
    return value


def items(value: Plain) -> list[Plain]:
    """A list's items; anything else but None counts as a list of one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def text(value: Plain) -> str | Unknown | None:
    """A text that is not empty, `UNKNOWN`, or None."""
    return value or None if isinstance(value, str | Unknown) else None


def texts(value: Plain) -> list[str]:
    """The known texts of a list, or of a list of one."""
    return [item for item in items(value) if isinstance(item, str)]


def number(value: Plain) -> int | Unknown | None:
    """A whole number, also one that came as 2049.0 or "2049"."""
    if isinstance(value, str):
        stripped = value.strip()
        return int(stripped) if stripped.lstrip("-").isdecimal() and len(stripped) < 19 else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value) if math.isfinite(value) and value == int(value) else None
    return UNKNOWN if value is UNKNOWN else None


def flag(value: Plain) -> bool | Unknown | None:
    """A truth value, also one that came as a text ("true", "ENABLED")."""
    if isinstance(value, bool | Unknown):
        return value
    if isinstance(value, str):
        return {"true": True, "enabled": True, "false": False, "disabled": False}.get(value.lower())
    return None


def parsed(value: Plain, *, camel_case: bool = False) -> Plain:
    """What may come as JSON text; None for a text that is no JSON.

    With `camel_case` keys begin with a small letter, as the providers read them.
    """

    def keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key[:1].lower() + key[1:] if camel_case else key: item for key, item in pairs}

    if not isinstance(value, str):
        return value
    try:
        return plain(json.loads(value, object_pairs_hook=keys))
    except (ValueError, RecursionError):
        return None
