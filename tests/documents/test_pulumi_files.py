"""What Pulumi and make ask of the files here, as far as it can be seen without them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PACKS = sorted(ROOT.glob("policies/*/PulumiPolicy.yaml"))
# What each file may have. Source: pulumi/pulumi, sdk/go/common/workspace/project.go.
PROJECT_KEYS = {"name", "description", "runtime", "config"}
PACK_KEYS = {"name", "version", "description", "runtime"}


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def virtual_environment(file: Path) -> Path:
    """Where the language host looks for it: the option, from the file's folder."""
    return Path(os.path.normpath(file.parent / loaded(file)["runtime"]["options"]["virtualenv"]))


@pytest.mark.parametrize("file", [ROOT / "Pulumi.yaml", *PACKS], ids=lambda file: file.parent.name)
def test_the_language_host_needs_no_more_than_python(file: Path) -> None:
    """Without `toolchain` it looks upwards for uv.lock, then poetry.lock, and needs what made it.

    Source: pulumi/pulumi, sdk/python/toolchain; since 3.227.
    """
    content = loaded(file)
    assert set(content) <= (PROJECT_KEYS if file.name == "Pulumi.yaml" else PACK_KEYS)
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", content["name"])
    assert content["runtime"]["name"] == "python"
    assert set(content["runtime"]["options"]) == {"toolchain", "virtualenv"}
    assert content["runtime"]["options"]["toolchain"] == "pip"
    assert virtual_environment(file) == ROOT / ".venv"
    assert (file.parent / "__main__.py").is_file()


def test_every_key_of_the_configuration_is_declared_as_the_schema_has_it() -> None:
    """A key with a type is checked by the CLI before the program could say what to do.

    Source: pulumi/pulumi, sdk/go/common/workspace/project.json, configTypeDeclaration.
    """
    for key, declared in loaded(ROOT / "Pulumi.yaml")["config"].items():
        assert re.fullmatch(r"[A-Za-z]+", key)
        assert set(declared) == {"description", "default"}, key
        assert isinstance(declared["description"], str)
        assert isinstance(declared["default"], str | int | bool | list), key


def test_every_folder_with_a_pack_in_it_is_one() -> None:
    assert [file.parent.name for file in PACKS] == ["guardrails", "mounts"]
    for pack in PACKS:
        assert f'"{loaded(pack)["name"]}"' in (pack.parent / "pack.py").read_text()


def test_packs_in_another_program_find_its_environment_whatever_locks_lie_there(
    tmp_path: Path,
) -> None:
    shutil.copytree(ROOT / "policies", tmp_path / "program" / "policies")
    for lock in ("uv.lock", "poetry.lock"):
        (tmp_path / "program" / lock).touch()
    for pack in PACKS:
        copy = tmp_path / "program" / pack.relative_to(ROOT)
        assert loaded(copy)["runtime"]["options"]["toolchain"] == "pip"
        assert virtual_environment(copy) == tmp_path / "program" / ".venv"


def test_pulumi_install_finds_requirements_with_hashes_of_all_that_a_run_imports() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = re.findall(
        r"^([a-z0-9][a-z0-9.-]*)(?:\[[a-z,]+\])?==\S+(?: ; .*?)? \\\n", text, re.MULTILINE
    )
    names = re.findall(r"^[^\s#]", text, re.MULTILINE)
    assert len(pins) == len(names)
    assert {"boto3", "packaging", "pulumi", "pulumi-aws", "pulumi-policy", "moto"} <= set(pins)
    assert not {"ruff", "mypy", "pytest", "uv"} & set(pins)
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)


def test_every_stack_has_levels_in_every_pack_and_every_key_is_declared() -> None:
    declared = set(loaded(ROOT / "Pulumi.yaml")["config"])
    for file in ROOT.glob("Pulumi.*.yaml"):
        stack = file.name.split(".")[1]
        for pack in PACKS:
            assert json.loads((pack.parent / f"{stack}.json").read_text())
        keys = {key for key in loaded(file)["config"] if not key.startswith("aws:")}
        assert keys <= {f"efs-inference:{key}" for key in declared}


# --- the Makefile ------------------------------------------------------------------------------


class Make:
    """A folder with the Makefile, and what `make` would run there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("Makefile", "pyproject.toml", "uv.lock"):
            shutil.copy(ROOT / name, folder)
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.python(self.bin / "python3", "/usr-3.11")

    def python(self, path: Path, identity: str) -> Path:
        """A program that answers as the Python of this prefix and version."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\necho {identity}\n")
        path.chmod(0o755)
        return path

    def environment(self, identity: str, *, finished: bool = True) -> None:
        self.python(self.folder / ".venv" / "bin" / "python", identity)
        version = re.search(
            r'^name = "uv"\nversion = "(.+)"', (ROOT / "uv.lock").read_text(), re.MULTILINE
        )
        assert version
        if finished:
            for name in (f".uv-{version[1]}", ".installed"):
                (self.folder / ".venv" / name).touch()

    def plan(self, *arguments: str) -> str:
        env = {"PATH": f"{self.bin}:/usr/bin:/bin"}
        command = ["make", "-n", "install", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, check=True
        )
        return done.stdout


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return Make(tmp_path)


def test_without_an_environment_one_is_made(make: Make) -> None:
    plan = make.plan()
    assert "python3 -m venv --clear .venv" in plan
    assert "-m uv sync --quiet --locked" in plan


def test_an_environment_that_is_finished_stays_whatever_python3_is(make: Make) -> None:
    make.environment("/other-3.12")
    assert "Nothing to be done" in make.plan()


def test_an_environment_of_pulumi_install_is_completed_and_not_made_again(make: Make) -> None:
    make.environment("/other-3.12", finished=False)
    plan = make.plan()
    assert "venv" not in plan.replace(".venv", "")
    assert "-m pip install" in plan
    assert "-m uv sync" in plan


def test_another_python_that_is_named_makes_the_environment_again(make: Make) -> None:
    make.environment("/usr-3.11")
    other = make.python(make.folder / "elsewhere" / "python3.12", "/other-3.12")
    assert f"{other} -m venv --clear .venv" in make.plan(f"PYTHON={other}")
    assert "Nothing to be done" in make.plan("PYTHON=python3")


def test_an_environment_whose_python_is_gone_is_made_again(make: Make) -> None:
    make.environment("/usr-3.11")
    (make.folder / ".venv" / "bin" / "python").unlink()
    assert "python3 -m venv --clear .venv" in make.plan()
