"""The program in docs/components.md, and its variants, in a preview of the real components."""

from __future__ import annotations

import ast
import dataclasses
import shutil
from pathlib import Path

import pytest

import components as efs

from ..local.programs import preview, project
from .pages import ROOT, blocks

WHOLE, *FRAGMENTS = blocks(ROOT / "docs" / "components.md", "python")
EXISTING = [text for text in FRAGMENTS if "Existing" in text]
SHADOW = next(text for text in FRAGMENTS if text.startswith("shadow ="))


def replaced(program: str, fragment: str) -> str:
    """The program with the statement in place of the one that has the same name on the left."""
    (statement,) = ast.parse(fragment).body
    module = ast.parse(program)
    assert isinstance(statement, ast.Assign)
    name = ast.unparse(statement.targets[0])
    places = [
        index
        for index, node in enumerate(module.body)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    ]
    assert len(places) == 1, name
    module.body[places[0]] = statement
    return ast.unparse(module)


def planned(folder: Path, program: str) -> dict[str, int]:
    """How many resources of each type a preview of the program has."""
    for name in ("application", "shadow"):
        shutil.copytree(ROOT / "lambda_src" / "application", folder / name)
    text = program.replace("import efs_inference as efs", "import components as efs")
    stack = "config: {'aws:region': eu-central-1}"
    counts: dict[str, int] = {}
    for resource in preview(project(folder, text, stack=stack, name="own")).resources:
        type_ = resource.type.rpartition(":")[2]
        counts[type_] = counts.get(type_, 0) + 1
    return counts


def test_the_program_makes_a_whole_stack(tmp_path: Path) -> None:
    found = planned(tmp_path / "own", WHOLE)
    one = ("FileSystem", "AccessPoint", "Publication", "PopulatorRun", "SmokeInvocation", "Alias")
    assert {name: found[name] for name in one} == dict.fromkeys(one, 1)
    assert found["MountTarget"] == 2


@pytest.mark.parametrize("count", [1, 2])
def test_parts_that_exist_take_the_place_of_those_that_are_made(tmp_path: Path, count: int) -> None:
    program = WHOLE
    for fragment in EXISTING[:count]:
        program = replaced(program, fragment)
    found = planned(tmp_path / "own", program)
    assert "Vpc" not in found
    assert ("FileSystem" in found) == (count == 1)
    assert found["Alias"] == 1


def test_a_second_function_shares_the_release(tmp_path: Path) -> None:
    program = f"{WHOLE}\nshadow_role = efs.FunctionRole('shadow')\n{SHADOW}"
    found = planned(tmp_path / "own", program)
    assert (found["Publication"], found["PopulatorRun"]) == (1, 1)
    assert (found["Function"], found["SmokeInvocation"], found["Alias"]) == (2, 2, 2)


def test_arguments_that_the_text_names_are_there() -> None:
    text = (ROOT / "docs" / "components.md").read_text(encoding="utf-8")
    for name, fields in {
        "PopulatorArgs": {"cluster_arn", "roles", "log"},
        "LogArgs": {"group", "kms_key_arn"},
        "RoleArgs": {"path", "permissions_boundary"},
        "EfsStoreArgs": {"kms_key_arn", "protect"},
        "InferenceFunctionArgs": {"environment", "log"},
    }.items():
        assert name in text
        assert fields <= {field.name for field in dataclasses.fields(getattr(efs, name))}
