"""README.md and docs/: every command in them, as far as it can be checked without running it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

from local.commands import commands as local_commands
from local.commands.arguments import parser

from .pages import NAMES, PAGES, ROOT, commands, starting
from .test_documents import KEYS, exports

pages = pytest.mark.parametrize("page", PAGES, ids=NAMES)
PYTHON = (".venv/bin/python", "python", "python3")
# What a reader has, by README's own prerequisites, and what a shell has itself.
PROGRAMS = {"make", "pulumi", "aws", "git", "cp", "pip", ".venv/bin/pip", "uv", *PYTHON}
# To copy an image, and what every shell has.
PROGRAMS |= {"docker", "find", "ls", "rm"}
# Of the Pulumi CLI 3.272, as far as the pages use it.
PULUMI = {
    "cancel": set(),
    "config get": set(),
    "config set": {"--path", "--stack"},
    "destroy": set(),
    "install": set(),
    "login": {"--local"},
    "preview": {"--policy-pack", "--stack", "--json", "--show-sames"},
    "refresh": set(),
    "stack export": set(),
    "stack init": {"--secrets-provider"},
    "stack output": {"--json"},
    "up": {"--policy-pack", "--policy-pack-config", "--stack", "--replace"},
}
# Commands and options that the AWS CLI has beside those of the services' models.
AWS_OWN = {
    "ecr get-login-password": {"--username", "--password-stdin"},  # docker's, behind the pipe
    "logs tail": {"--since", "--filter-pattern"},
    "s3 mb": set(),
    "sso login": set(),
}
AWS_GLOBAL = {"--region", "--profile", "--cli-binary-format"}


def options(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if word.startswith("--")}


@pages
def test_make_has_the_targets_and_variables(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for _, *words in starting(page, "make"):
        targets = [word for word in words if "=" not in word]
        assert [target for target in targets if f"\n{target}:" not in makefile] == []
        for name in (word.partition("=")[0] for word in words if "=" in word):
            assert f"({name})" in makefile, name


@pages
def test_modules_are_there_and_take_the_options(page: Path) -> None:
    for _, *words in starting(page, *PYTHON):
        assert words[0] == "-m", words
        module, arguments = words[1], words[2:]
        # What the wheel calls so.
        module = re.sub(r"^efs_inference\.(?!local)", "components.", module)
        module = module.removeprefix("efs_inference.")
        if module == "venv":
            continue
        assert find_spec(module), module
        if module == "local" and arguments and "--help" not in arguments:
            parser(local_commands._COMMANDS).parse_args(arguments)
        elif module != "local":
            assert options(arguments) <= usage(module), words


@cache
def usage(module: str) -> set[str]:
    """The options of a module's command."""
    command = [sys.executable, "-m", module, "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(re.findall(r"--[\w-]+", done.stdout))


@pages
def test_pulumi_has_the_commands_and_options(page: Path) -> None:
    for _, *words in starting(page, "pulumi"):
        names = [word for word in words if not word.startswith("-")]
        name = next((n for n in (" ".join(names[:2]), names[0]) if n in PULUMI), None)
        assert name is not None, words
        assert options(words) <= PULUMI[name], words


@pages
def test_keys_outputs_and_packs_of_pulumi_commands_are_there(page: Path) -> None:
    text = "\n".join(" ".join(words) for words in commands(page))
    keys = re.findall(r"pulumi config [gs]et (?:--stack \S+ )?(?:--path )?([\w:]+)", text)
    assert {key for key in keys if not key.startswith("aws:")} <= KEYS
    assert set(re.findall(r"pulumi stack output (\w+)", text)) <= exports()
    for folder in re.findall(r"--policy-pack (\S+)", text):
        assert (ROOT / folder / "PulumiPolicy.yaml").is_file(), folder
    for file in re.findall(r"--policy-pack-config (\S+)", text):
        prod = ROOT / file.replace("/staging.json", "/prod.json")
        json.loads(prod.read_text(encoding="utf-8"))


@pages
def test_aws_has_the_commands_and_options(page: Path) -> None:
    session = botocore.session.get_session()
    for _, *words in starting(page, "aws"):
        name = " ".join(words[:2])
        if name in AWS_OWN:
            assert options(words) <= AWS_OWN[name], words
            continue
        try:
            model = session.get_service_model(words[0])
        except UnknownServiceError:
            pytest.fail(f"no such service: {words}")
        operations = {xform_name(n, "-"): model.operation_model(n) for n in model.operation_names}
        assert words[1] in operations, words
        shape = operations[words[1]].input_shape
        members = {f"--{xform_name(member, '-')}" for member in shape.members} if shape else set()
        assert options(words) <= members | AWS_GLOBAL, words


@pages
def test_only_prerequisites_are_needed(page: Path) -> None:
    """Of what looks like a command: a program that is installed here, or usual elsewhere."""
    usual = {"docker", "uv", "poetry", "npm", "node", "jq", "curl", "pulumi", "aws"}
    programs = {words[0] for words in commands(page) if len(words) > 1}
    seen = {name for name in programs if name in usual or shutil.which(name)}
    assert seen - PROGRAMS - {"test", "import", "from"} == set()


def test_what_a_reader_needs_most_is_there() -> None:
    typed = {" ".join(words[:2]) for page in PAGES for words in commands(page)}
    assert {
        *("make install", "make local", "make test", "make lock", "make image", "make policies"),
        *("make verify", "make clean", "make bench", "make soak"),
        *("pulumi up", "pulumi destroy", "aws lambda"),
    } <= typed
