"""Commands of the pages, run as they are written: in a clone, or in a folder as the page has it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import pytest
from google.protobuf.empty_pb2 import Empty  # type: ignore[attr-defined]

from components import Application, Target
from components.contract import Release
from local.engine import Pack
from tests.chain import SharedChain

from .conftest import GIT, copied
from .coverage import typed
from .pages import ROOT

Test = TypeVar("Test", bound=Callable[..., object])
RUN: set[str] = set()
"""The text of each command that a test here runs."""
HERE = os.pathsep.join([str(Path(sys.prefix, "bin")), os.environ["PATH"]])


def runs(*texts: str) -> Callable[[Test], Test]:
    """Mark a test by the commands that it runs."""
    RUN.update(texts)
    return lambda test: test


def run(folder: Path, words: str, environment: Mapping[str, str] | None = None) -> str:
    """What a shell prints for these words in a folder; it has to succeed."""
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", words],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def written(text: str, **placeholders: str) -> str:
    """The command of the pages with this text, for a shell, its placeholders replaced."""
    words = [typed(text).words[0], *typed(text).words[1:]]
    for name, value in placeholders.items():
        words = [word.replace(name, value) for word in words]
    return shlex.join(words)


ANSWERS = {
    "make help": r"make local +Deploy, populate and invoke",
    "make readme": r"",
    "make deployer-policy STACK=prod ACCOUNT=123456789012": r'"Action": ',
    ".venv/bin/python -m tools.deployer_policy --stack prod --account 123456789012 "
    "--operation refresh": r'"Action": ',
}


@runs(*ANSWERS)
@pytest.mark.parametrize("text", ANSWERS)
def test_a_command_in_a_clone_answers_and_leaves_its_files_as_they_are(
    clone: Path, text: str
) -> None:
    assert re.search(ANSWERS[text], run(clone, written(text)))
    assert run(clone, "git status --porcelain") == ""


@runs(".venv/bin/python -m pytest -q tests/policies")
def test_one_room_of_the_tests_can_be_run(clone: Path) -> None:
    """They are collected here: that they pass is what the run around this one shows."""
    collected = run(clone, written(".venv/bin/python -m pytest -q tests/policies") + " --co")
    assert "tests/policies/mounts/test_program.py" in collected


@runs("make sbom OPTIONS=--target python3.11-x86_64 --output sbom.json")
def test_an_sbom_is_written(clone: Path, tmp_path: Path) -> None:
    text = "make sbom OPTIONS=--target python3.11-x86_64 --output sbom.json"
    made = tmp_path / "sbom.json"
    run(clone, written(text, **{"sbom.json": str(made)}))
    assert json.loads(made.read_text())["bomFormat"] == "CycloneDX"


@runs(
    "cp Pulumi.prod.yaml Pulumi.staging.yaml",
    "cp policies/$pack/prod.json policies/$pack/staging.json",
    "make policies STACK=staging",
    "make policies STACK=prod",
)
def test_a_new_environment_is_judged_without_aws(clone: Path) -> None:
    copy = typed("cp policies/$pack/prod.json policies/$pack/staging.json").text
    file = clone / "Pulumi.staging.yaml"
    try:
        run(clone, written("cp Pulumi.prod.yaml Pulumi.staging.yaml"))
        run(clone, f"for pack in mounts guardrails; do {copy}; done")
        # What `make image STACK=staging` writes; tests/tools/test_image.py runs that.
        image = f"public.ecr.aws/lambda/python@sha256:{'0' * 64}"
        file.write_text(f"{file.read_text()}  efs-inference:populatorImage: {image}\n")
        judged = run(clone, written("make policies STACK=staging"))
    finally:
        run(clone, "git clean --quiet --force .")
    assert "  policies    efs-inference-mounts: " in judged
    assert "  policies    efs-inference-guardrails: " in judged


@runs("make install", "make clean")
@pytest.mark.whole
def test_an_environment_is_made_and_removed(tmp_path: Path) -> None:
    """With the Python of these tests as `python3`, and nothing of theirs."""
    folder = copied(tmp_path / "clone")
    (tmp_path / "bin").mkdir()
    real = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
    (tmp_path / "bin" / "python3").symlink_to(real)
    path = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    run(folder, written("make install"), path)
    run(folder, ".venv/bin/python -c 'import moto, pulumi_aws, pulumi_policy, pytest'", path)
    run(folder, written("make clean"), path)
    assert not (folder / ".venv").exists()


@runs("make test-all")
def test_each_python_gets_a_clone_of_its_own(tmp_path: Path) -> None:
    """What each of them does there is `make test`, which is one line here."""
    folder = copied(tmp_path / "clone")
    makefile = (folder / "Makefile").read_text()
    test = r"^test: install lint (.+)\n\t.+"
    text, count = re.subn(test, r"test: \1\n\t@echo tested $(PYTHON)", makefile, flags=re.MULTILINE)
    assert count == 1
    (folder / "Makefile").write_text(text)
    run(folder, f"{shlex.join(GIT)} add --all && {shlex.join(GIT)} commit --quiet -m Short")
    (tmp_path / "scratch").mkdir()
    said = run(folder, written("make test-all"), {"TMPDIR": str(tmp_path / "scratch")})
    assert re.findall(r"^tested (.+)", said, re.MULTILINE) == [
        f"python3.{minor}" for minor in (11, 12, 13)
    ]
    assert list((tmp_path / "scratch").iterdir()) == []


@runs("git revert")
def test_a_lock_that_is_reverted_is_the_release_of_before(tmp_path: Path) -> None:
    folder = copied(tmp_path / "clone")
    application = folder / "lambda_src" / "application"
    target = Target(runtime="python3.11", architecture="x86_64", image="python:3.11")

    def release() -> str:
        return Release.of(Application(application), target).id

    first = release()
    lock = application / "locks" / "python3.11-x86_64.txt"
    lock.write_text(re.sub(r"(sha256:)\w{4}", r"\g<1>0000", lock.read_text(), count=1))
    run(folder, f"{shlex.join(GIT)} commit --quiet --all -m Newer")
    assert release() != first
    git, *words = shlex.split(written("git revert"))
    run(folder, shlex.join([*GIT, *words, "--no-edit", "HEAD"]))
    assert git == "git"
    assert release() == first


@runs("git tag vX.Y.Z", "python -m tools.changelog vX.Y.Z")
def test_a_version_is_tagged_with_its_section_of_the_changelog(tmp_path: Path) -> None:
    folder = copied(tmp_path / "clone")
    for file, before, after in (
        ("CHANGELOG.md", r"^## \[Unreleased\]", "## [9.8.7] - 2030-01-31"),
        ("pyproject.toml", r'^version = ".+"', 'version = "9.8.7"'),
    ):
        text, count = re.subn(before, after, (folder / file).read_text(), flags=re.MULTILINE)
        assert count == 1
        (folder / file).write_text(text)
    run(folder, written("git tag vX.Y.Z", **{"X.Y.Z": "9.8.7"}))
    assert run(folder, "git tag") == "v9.8.7\n"
    command = written("python -m tools.changelog vX.Y.Z", **{"X.Y.Z": "9.8.7"})
    assert run(folder, command, {"PATH": HERE}).startswith("### Added\n")


@runs(
    "ls /mnt/efs/releases/*/.stacks",
    "rm -f /mnt/efs/releases/*/.stacks/$gone~*",
    "find /mnt/efs/releases -mindepth 2 -maxdepth 2 -name .stacks -empty -printf %h\\n",
    "rm -r",
)
def test_releases_that_only_a_stack_needed_that_is_gone_are_found(tmp_path: Path) -> None:
    """The marks are as the task writes them: the stack's name, a tilde, the mount's."""
    gone = "stack-organization-efs-inference-dev-0123456789abcdef"
    marks = {"one": [f"{gone}~libraries"], "two": [f"{gone}~libraries", "stack-other~libraries"]}
    for release, names in marks.items():
        (tmp_path / "releases" / release / ".stacks").mkdir(parents=True)
        for name in names:
            (tmp_path / "releases" / release / ".stacks" / name).touch()
    find = "find /mnt/efs/releases -mindepth 2 -maxdepth 2 -name .stacks -empty -printf %h\\n"
    mounted = {"/mnt/efs": str(tmp_path)}
    listed, removed = (
        typed(text).text.replace("/mnt/efs", str(tmp_path))
        for text in ("ls /mnt/efs/releases/*/.stacks", "rm -f /mnt/efs/releases/*/.stacks/$gone~*")
    )
    assert gone in run(tmp_path, listed)
    found = run(tmp_path, f"gone={gone}\n{removed}\n{written(find, **mounted)}").splitlines()
    assert found == [str(tmp_path / "releases" / "one")]
    run(tmp_path, f"{written('rm -r')} {found[0]}")
    assert [path.name for path in (tmp_path / "releases").iterdir()] == ["two"]


@runs("python3 -m venv .venv", ".venv/bin/pip install pulumi-policy")
@pytest.mark.whole
def test_the_packs_run_beside_the_package_alone_that_the_page_installs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    run(tmp_path, written("python3 -m venv .venv"), {"PATH": HERE})
    run(tmp_path, written(".venv/bin/pip install pulumi-policy"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    for pack in ("mounts", "guardrails"):
        with Pack.start(tmp_path / "policies" / pack) as process:
            info = process.stub.GetAnalyzerInfo(Empty(), timeout=30)
        assert info.name == f"efs-inference-{pack}"


@runs("uv add --dev pulumi-policy")
@pytest.mark.whole
def test_uv_installs_what_the_packs_need(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.11"\n'
    )
    uv = {"PATH": HERE, "UV_PYTHON": sys.executable, "UV_PROJECT_ENVIRONMENT": ".venv"}
    run(tmp_path, written("uv add --dev pulumi-policy"), uv)
    run(tmp_path, ".venv/bin/python -c 'import pulumi_policy'")


@runs("python3 -m venv .training", ".training/bin/python train.py")
@pytest.mark.whole
@pytest.mark.tensorflow
def test_the_weights_of_the_keras_example_can_be_trained_again(
    tensorflow: SharedChain, tmp_path: Path
) -> None:
    """On the release in the place of what pip would install from the same lock."""
    folder = tmp_path / "keras-artifact"
    shutil.copytree(ROOT / "examples" / "keras-artifact", folder)
    (folder / "weights" / "circle.keras").unlink()
    (release,) = tensorflow.releases()
    run(folder, written("python3 -m venv .training"), {"PATH": HERE})
    (packages,) = folder.glob(".training/lib/python3.*/site-packages")
    (packages / "release.pth").write_text(f"{release / 'site-packages'}\n")
    unchanged = {"PYTHONDONTWRITEBYTECODE": "1"}
    said = run(folder, written(".training/bin/python train.py"), unchanged)
    assert re.search(r"circle\.keras: \d+,\d+ bytes$", said)
    assert (folder / "weights" / "circle.keras").stat().st_size > 10_000
