"""The alias: which names Lambda takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import Problem

# Lambda API reference, CreateAlias.
_NAME = re.compile(r"(?![0-9]+$)[A-Za-z0-9_-]{1,128}")


def alias_problems(subject: str, name: object) -> Iterator[Problem]:
    """What is wrong with the name of an alias, as far as it is plain."""
    if isinstance(name, str) and not _NAME.fullmatch(name):
        yield Problem(
            subject=subject,
            value=repr(name),
            rule="it is 1 to 128 letters, digits, hyphens and underscores, not digits alone",
            remedy="give it such a name, as live",
        )
