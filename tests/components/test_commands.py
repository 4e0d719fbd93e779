"""Messages name the settings that there are: keys here, arguments in a program with the wheel."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

import components
from components import commands
from components.container import TaskSize
from components.errors import GateError, Problem
from components.gates.diagnosis import CAUSES

ROOT = Path(__file__).parents[2]
KEYS = {
    key for key in yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"] if ":" not in key
}
# Settings of this program, stack files, rows of pages, and names of AWS: no messages with keys.
OWN = {"configuration", "deployer", "lock", "observability", "wheels.py"}


def texts() -> Iterator[str]:
    """Every text in the code that both kinds of program use."""
    for path in [
        *(ROOT / "components").rglob("*.py"),
        *(ROOT / "lambda_src/release").rglob("*.py"),
    ]:
        if path.relative_to(ROOT).parts[1] in OWN:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_each_key_that_a_message_names_has_an_argument_in_its_place() -> None:
    named = set(re.findall(r"[a-z]+[A-Z]\w*", " ".join(texts()))) & KEYS
    # AWS's own names of properties.
    assert named - {"architecture", "runtime", "tags"} == set(commands.ARGUMENTS)


@pytest.mark.parametrize("argument", commands.ARGUMENTS.values())
def test_each_argument_is_there(argument: str) -> None:
    owner, name = argument.split(".")
    made = TaskSize if owner == "TaskSize" else getattr(components, owner)
    assert name in {field.name for field in fields(made)}


def test_with_the_wheel_no_key_is_left_in_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_INSTALLED", True)
    for cause in CAUSES:
        assert not re.search("|".join(commands.ARGUMENTS), str(GateError("x", remedy=cause.remedy)))
    said = str(
        Problem(
            subject="subnetIds",
            rule="they move",
            remedy="`pulumi config set --path 'availabilityZones[0]' eu-west-1a`, or "
            "`pulumi config set releaseSalt <any new word>`; raise populatorMemoryMb",
        )
    )
    assert said == (
        "ExistingNetworkArgs.subnet_ids: they move. Remedy: set NetworkArgs.zones[0] to "
        "eu-west-1a, or set PublicationArgs.salt to <any new word>; raise TaskSize.memory_mb"
    )
    monkeypatch.setattr(commands, "_INSTALLED", False)
    assert "populatorMemoryMb" in str(GateError("x", remedy="raise populatorMemoryMb"))
