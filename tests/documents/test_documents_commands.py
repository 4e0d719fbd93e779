"""README.md and docs/: every command in them, as far as it can be checked without running it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

from local.commands import commands as local_commands
from local.commands.arguments import parser

from .commands import COMMANDED, PYTHON, commands_of
from .coverage import behind, everything
from .pages import ROOT
from .test_documents import KEYS, exports

pages = pytest.mark.parametrize(
    "page", COMMANDED, ids=[page.relative_to(ROOT).as_posix() for page in COMMANDED]
)
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
# Modules whose first argument is a command with options of its own.
SEVERAL = ("benchmarks", "components.audit", "release")
AWS_GLOBAL = {"--region", "--profile", "--cli-binary-format", "--query", "--output"}


def starting(page: Path, *names: str) -> list[tuple[str, ...]]:
    """The commands of a page that one of these programs runs."""
    return [command.words for command in commands_of(page) if command.program in names]


def options(words: Iterable[str]) -> set[str]:
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
def test_modules_are_there_and_take_the_options(page: Path, clone: Path) -> None:
    """Those that `make` runs with the variables of a page too."""
    made = [each.words for command in commands_of(page) for each in behind(clone, command)]
    for _, *words in [*starting(page, *PYTHON), *made]:
        if words[0] != "-m":
            assert list((page.parent).glob(words[0])), words
            continue
        module, arguments = words[1], words[2:]
        # What the wheel calls so.
        module = re.sub(r"^efs_inference\.(?!local)", "components.", module)
        module = module.removeprefix("efs_inference.")
        if module in ("venv", "pytest", "ruff", "mypy"):
            continue
        if module == "local" and arguments and "--help" not in arguments:
            parser(local_commands._COMMANDS).parse_args(arguments)
        elif module != "local":
            command = [*module.split(), *(arguments[:1] if module in SEVERAL else [])]
            assert options(arguments) <= usage(*command), words


@cache
def usage(*command: str) -> set[str]:
    """The options of a module's command; what is not there fails."""
    folder = ROOT / "lambda_src" if command[0] == "release" else ROOT
    done = subprocess.run(
        [sys.executable, "-m", *command, "--help"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
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
    text = "\n".join(command.text for command in commands_of(page))
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


def test_what_a_reader_needs_most_is_there() -> None:
    typed = {" ".join(command.words[:2]) for command in everything()}
    assert {
        *("make install", "make local", "make test", "make lock", "make image", "make policies"),
        *("make verify", "make clean", "make bench", "make soak"),
        *("pulumi up", "pulumi destroy", "aws lambda"),
    } <= typed
