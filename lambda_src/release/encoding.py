"""JSON as it leaves the function.

An answer passes through other encoders on its way: AWS's runtime has one for what a direct call
gets, which knows other types than this one. So what goes on is what the text of this one says:
plain types alone, which every encoder writes in the same way.
"""

from __future__ import annotations

import json
from typing import Any

_SPARE = 10
"""Lists around a value that is tried: an encoder with fewer levels than this one can write it."""


def encoded(value: Any) -> tuple[str, Any]:
    """The JSON text of a value, and what a reader of the text finds.

    Raises TypeError, ValueError or RecursionError for what JSON cannot hold or UTF-8 cannot carry,
    and whatever a type of the model's own raises.
    """
    for _ in range(_SPARE):
        value = [value]
    text = _encode(value)[_SPARE:-_SPARE]
    found = _decode(text)
    if "\\ud" in text:
        try:
            written_beyond_ascii(found).encode()
        except UnicodeEncodeError as error:
            half = error.object[error.start]
            raise ValueError(
                f"{half!r} is half of a surrogate pair, which UTF-8 cannot carry; "
                "text.encode('utf-8', 'replace').decode() replaces it"
            ) from error
    return text, found


def sendable(text: str) -> str:
    """A text without half surrogate pairs: they are escaped, as repr does."""
    return text.encode("utf-8", "backslashreplace").decode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        key = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"a dictionary has two keys that are {key!r} in JSON")
    return found


# Made here, so that what a package puts in json's place decides about none of it.
written = json.JSONEncoder().encode
"""The text of what is known to be plain."""
written_beyond_ascii = json.JSONEncoder(ensure_ascii=False).encode
"""The same, in which only what has to be is escaped."""
_encode = json.JSONEncoder(allow_nan=False).encode
_decode = json.JSONDecoder(object_pairs_hook=_once).decode
