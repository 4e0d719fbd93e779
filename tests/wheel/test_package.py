"""The wheel in an empty environment, and a program of thirty lines with nothing of ours in it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pulumi.dynamic.dynamic import serialize_provider

from components import gates
from tests.chain import TINY
from tests.lambda_src.conftest import Index
from tests.wheel.installed import ROOT, User

LOCAL = {"moto", "awslambdaric", "pulumi_policy"}
PROGRAM = """
import pathlib, platform, sys
import pulumi
import efs_inference as efs

config = pulumi.Config()
application = efs.Application(pathlib.Path(__file__).parent / config.require("application"))
processors = {"x86_64": "x86_64", "aarch64": "arm64"}
target = efs.Target(
    runtime=f"python3.{sys.version_info.minor}", architecture=processors[platform.machine()]
)
role = efs.FunctionRole("tiny")
network = efs.Network(
    "network",
    efs.NetworkArgs(cidr="10.0.0.0/16", zones=efs.Account.of().zones()),
    pulumi.ResourceOptions(depends_on=[role]),
)
store = efs.EfsStore("store", efs.EfsStoreArgs(network=network, mount_path="/mnt/models"))
populator = efs.Populator(
    "populator",
    efs.PopulatorArgs(store=store, target=target, index_url=config.require("indexUrl")),
)
libraries = efs.Publication(
    "libraries", efs.PublicationArgs(populator=populator, application=application)
)
function = efs.InferenceFunction(
    "tiny",
    efs.InferenceFunctionArgs(
        application=application, libraries=libraries, role=role, timeout_seconds=60
    ),
)
pulumi.export("aliasArn", function.alias_arn)
pulumi.export("sampleRequest", function.sample_request)
"""
MODEL = """
import tiny

SAMPLE = {{"instances": [2, 3]}}

def predict(instances):
    return [{factor} * tiny.double(x) for x in instances]
"""
GUARDRAILS = '{"file-system-is-protected": "advisory", "image-has-a-digest": "advisory"}'


class Programmer(User):
    """Who writes a program of thirty lines with two applications."""

    def application(self, name: str, index: Index, factor: int) -> None:
        folder = self.folder / name
        folder.mkdir()
        (folder / "model.py").write_text(MODEL.format(factor=factor))
        (folder / "requirements.in").write_text("tiny\n")
        done = self.run(
            *("-m", "efs_inference.lock", "--directory", name, "--index-url", index.url)
        )
        assert done.returncode == 0, done.stderr
        stack = {"application": name, "indexUrl": index.url}
        (self.folder / f"Pulumi.{name}.yaml").write_text(
            yaml.safe_dump({"config": {f"mine:{key}": value for key, value in stack.items()}})
        )


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with Index(TINY) as served:
        yield served


@pytest.fixture(scope="module")
def user(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Programmer:
    made = Programmer(tmp_path_factory.mktemp("user"), environment)
    (made.folder / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    (made.folder / "__main__.py").write_text(PROGRAM)
    (made.folder / "policies" / "guardrails").mkdir(parents=True)
    (made.folder / "policies" / "guardrails" / "first.json").write_text(GUARDRAILS)
    (made.folder / "policies" / "guardrails" / "second.json").write_text(GUARDRAILS)
    return made


def test_the_wheel_holds_one_package_with_the_runtime_and_the_packs_and_nothing_of_the_user(
    wheel: Path,
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {
        "efs_inference"
    }
    inside = {name.removeprefix("efs_inference/") for name in names}
    assert {
        "py.typed",
        "lambda_src/handler.py",
        "lambda_src/release/layout.py",
        "local/__main__.py",
        "image/__main__.py",
        "local/sandbox/confinement/view.py",
        "lock/__main__.py",
        "policies/mounts/PulumiPolicy.yaml",
        "policies/guardrails/PulumiPolicy.yaml",
        "policies/reading/pack.py",
        "verify.py",
    } <= inside
    stray = ("application/", "dev.json", "prod.json", "installed.yaml", ".pyc")
    assert not [name for name in inside if any(part in name for part in stray)]
    assert len(names) == len(set(names))


def test_a_pack_in_the_wheel_is_that_of_the_repository_in_another_environment() -> None:
    for file in ROOT.glob("policies/*/PulumiPolicy.yaml"):
        here, installed = (
            yaml.safe_load(path.read_text()) for path in (file, file.with_name("installed.yaml"))
        )
        assert installed["runtime"]["options"].pop("virtualenv") == "../../../../../.."
        assert here["runtime"]["options"].pop("virtualenv") == "../../.venv"
        assert installed == here


def test_the_components_need_no_more_than_they_say(wheel: Path, tmp_path: Path) -> None:
    """Without the extra: no local cloud is imported, whatever is installed here."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import sys, efs_inference as efs; print(efs.Mount('/mnt/x').release_path('1'));"
        "from efs_inference import image, lock, packs, verify, wheels;"
        f"assert not {LOCAL!r} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "/mnt/x/releases/1\n"


def test_the_state_of_this_program_is_that_of_one_on_the_package(
    wheel: Path, tmp_path: Path
) -> None:
    """So a stack can move between them, its `destroy` and `refresh` too."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    names = [name for name in gates.__all__ if name.endswith("Provider")]
    here = {name: str(serialize_provider(getattr(gates, name)())) for name in names}
    code = (
        "import base64, json, sys, dill\n"
        "given = json.load(sys.stdin)\n"
        # As the SDK's provider does it, before anything else is imported.
        "made = {name: dill.loads(base64.b64decode(text)) for name, text in given.items()}\n"
        "from pulumi.dynamic.dynamic import serialize_provider\n"
        "from efs_inference import gates\n"
        "assert gates.__file__.startswith(sys.argv[1]), gates.__file__\n"
        "assert all(type(made[name]) is getattr(gates, name) for name in made)\n"
        "print(json.dumps({name: serialize_provider(made[name]) for name in made}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        input=json.dumps(here),
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout) == here
    assert len(here) == 5


@pytest.mark.whole
def test_a_program_of_thirty_lines_is_locked_previewed_deployed_and_invoked(
    user: Programmer, index: Index
) -> None:
    for number, name in enumerate(("first", "second"), 1):
        user.application(name, index, number)
    assert {path.name for path in user.folder.iterdir()} == {
        *(".venv", "Pulumi.yaml", "Pulumi.first.yaml", "Pulumi.second.yaml", "__main__.py"),
        *("policies", "first", "second"),
    }
    local = ("-m", "efs_inference.local")
    planned = user.run(*local, "preview", "--stack", "first")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    up = user.run(*local, "up", "--stack", "first")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "policies    efs-inference-mounts: " in up.stdout
    assert "policies    efs-inference-guardrails: " in up.stdout
    assert "-m efs_inference.local invoke" in up.stdout
    assert user.ask("first", {"instances": [2, 3]}) == {"predictions": [4, 6]}
    # Another model shares the runtime.
    assert user.ask("second", {"instances": [2, 3]}) == {"predictions": [8, 12]}


@pytest.mark.whole
def test_the_packs_are_found_and_run_in_the_environment_around_them(user: User) -> None:
    done = user.run("-m", "efs_inference.packs")
    assert done.returncode == 0, done.stderr
    words = done.stdout.split()
    assert words[::2] == ["--policy-pack", "--policy-pack"]
    packs = [Path(word) for word in words[1::2]]
    assert [pack.name for pack in packs] == ["guardrails", "mounts"]
    for pack in packs:
        options = yaml.safe_load((pack / "PulumiPolicy.yaml").read_text())["runtime"]["options"]
        environment = Path(os.path.normpath(pack / options["virtualenv"]))
        assert environment == user.folder / ".venv"
        assert (environment / "bin" / "python").exists()
    assert user.run("-m", "efs_inference.packs", "mounts").stdout.split()[1:] == [str(packs[1])]
    wrong = user.run("-m", "efs_inference.packs", "walls")
    assert (wrong.returncode, wrong.stderr) == (1, "no pack walls: there are guardrails, mounts\n")


def test_who_has_no_makefile_is_sent_to_no_target_of_it() -> None:
    """One place names the commands of both; `local` asks where it is installed."""
    homes = {"components/commands.py", "lambda_src/release/layout.py"}
    named = set()
    for folder in ("components", "lambda_src/release", "policies"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                text = ast.unparse(node) if isinstance(node, ast.JoinedStr) else ""
                text = text or str(getattr(node, "value", ""))
                if "`make " in text and "python -m efs_inference" not in text:
                    named.add(path.relative_to(ROOT).as_posix())
    assert named - homes == set()
