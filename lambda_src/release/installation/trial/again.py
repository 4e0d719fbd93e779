"""The second import, which is recorded for the cold start.

If that is asked for, modules wait in it for their first use. Then the model has to give the answers
that it has given in the first import.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...layout import ExitCode, InstallError
from ...lazy import Lazy
from ..log import log
from .defer import REMEDY, plan
from .smoke import RECORD, RECORD_EXACT, Smoke
from .split import record_exactly

VARYING = ". If they may vary, let demonstrate() fix what they depend on, such as a seed"
_RECORD_MORE = "more.json"
"""File of what a further import touches."""


def import_again(smoke: Smoke, names: Sequence[str]) -> Lazy:
    """Make the smoke import a second time, with the modules below these names waiting.

    Returns what waits. Raises InstallError if the model fails with it, or answers otherwise, with
    the names that are the reason.
    """
    lazy: Lazy = {}
    if names:
        try:
            opened, *_, modules, attributes, _ = read(smoke, RECORD)
        except ValueError:
            log("lazy", "nothing waits for its first use, because the import is not recorded")
        else:
            lazy = plan(smoke.site_packages, names, opened, modules, attributes)
    count = sum(map(bool, lazy.values()))
    if not count:
        record_exactly(smoke)
        return {}
    log("lazy", f"{count} modules wait for their first use", modules=count)
    try:
        record_exactly(smoke, lazy)
    except InstallError as error:
        if error.code is not ExitCode.IMPORT:
            raise
        # Without its last line, the remedy.
        raise _refused(smoke, lazy, str(error).rpartition("\n")[0]) from error
    if found := difference(smoke, RECORD_EXACT):
        if _vary(smoke, lazy):
            log("lazy", "the answers are not compared, because they vary by themselves")
        else:
            raise _refused(smoke, lazy, found + VARYING)
    try:
        now = {*read(smoke, RECORD_EXACT)[-2]}
    except ValueError:
        return lazy
    return lazy | {name: () for name in attributes if name not in now and name not in lazy}


def _vary(smoke: Smoke, lazy: Lazy) -> bool:
    """Whether a further plain import has other answers than the first, or one with it the same."""
    smoke.run(_RECORD_MORE)
    if difference(smoke, _RECORD_MORE):
        return True
    smoke.run(_RECORD_MORE, lazy)
    return not difference(smoke, _RECORD_MORE)


def read(smoke: Smoke, record: str) -> list[Any]:
    """A record of an import. Raises ValueError if there is none."""
    found: list[Any] = json.loads((smoke.scratch / record).read_text())
    return found


def difference(smoke: Smoke, record: str) -> str:
    """In what the answers of an import differ from those of the first, empty if in nothing."""
    first, other = (_answers(smoke, name) for name in (RECORD, record))
    return "; ".join(
        f"{what} returned {_short(other.get(what))}, and {_short(answer)} without it"
        for what, answer in first.items()
        if other.get(what) != answer
    )


def _answers(smoke: Smoke, record: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = read(smoke, record)[-1]
    except ValueError:  # not recorded
        return {}
    return found


def _refused(smoke: Smoke, lazy: Lazy, what: str) -> InstallError:
    """The error that says which names are the reason: those that are one alone, or else all."""
    names = list(dict.fromkeys(why[0] for why in lazy.values() if why))
    alone = [name for name in names if len(names) == 1 or _fails(smoke, lazy, name)] or names
    return InstallError(
        ExitCode.IMPORT,
        f"model.py does not do the same with `# release: lazy {' '.join(alone)}` in "
        f"requirements.in as without it: {what}\nThe modules at and below "
        f"{' and '.join(alone)} have to run when they are imported: {REMEDY}. Nothing was "
        "published.",
    )


def _fails(smoke: Smoke, lazy: Lazy, name: str) -> bool:
    try:
        smoke.run(_RECORD_MORE, {m: why for m, why in lazy.items() if not why or why[0] == name})
    except InstallError as error:
        if error.code is not ExitCode.IMPORT:
            raise
        return True
    return bool(difference(smoke, _RECORD_MORE))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:197] + "..."
