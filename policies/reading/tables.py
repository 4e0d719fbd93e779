"""What the packs know of AWS: tables that tools/reference.py writes."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("reference")


@cache
def table(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return dict(found["table"])
