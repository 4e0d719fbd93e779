"""A room of the components and of the benchmarks has one door, its `__init__`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What makes locks reads requirements and locks with the contract's own modules.
READERS = {("lock", "contract"), ("wheels", "contract")}


def through_the_wall(house: Path) -> Iterator[str]:
    """Each import of a module that lies in a room where the importing file does not."""
    for path in house.rglob("*.py"):
        own = path.relative_to(house).with_suffix("").parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.level:
                continue
            target = (*own[: len(own) - node.level], *(node.module or "").split("."))
            room = house.joinpath(*target[:-1])
            inside = own[: len(target) - 1] == target[:-1]
            if not inside and room != house and (own[0], target[0]) not in READERS:
                yield f"{'/'.join(own)}: {'.'.join(target)}"


@pytest.mark.parametrize("house", ["components", "benchmarks"])
def test_every_room_is_entered_by_its_door(house: str) -> None:
    assert list(through_the_wall(ROOT / house)) == []
