"""The rights of whoever deploys as a page: each action, who says so, and whether a run calls it."""

from __future__ import annotations

import json
from pathlib import Path

from components.deployer import ROWS, STEPS
from components.deployer.calls import parsed

from . import tables

CALLED = Path(__file__).parents[1] / "docs" / "deployer.json"
"""The actions that a whole run on the embedded cloud calls; tests/engine compares them."""


def table() -> str:
    """For each type of resources what a run calls, what is beyond that, and the source."""
    called = set(json.loads(CALLED.read_text(encoding="utf-8")))
    rows = []
    for kind, row in ROWS.items():
        steps = [action for step in STEPS for action in parsed(getattr(row, step))]
        beyond = [*parsed(row.also), *(a for text in row.given.values() for a in parsed(text))]
        actions = dict.fromkeys([*steps, *beyond])
        if not actions:
            continue
        source = f"[{row.source}]({row.url})" if row.url.startswith("https") else f"`{row.source}`"
        if row.because:
            source += f", [AWS]({row.because})"
        seen = " ".join(f"`{action}`" for action in actions if action in called)
        other = " ".join(f"`{action}`" for action in actions if action not in called)
        rows.append((kind.rpartition(":")[2], seen or "-", other or "-", source))
    return tables.table(("Resource", "Called in a run", "Beyond that", "Source"), rows)
