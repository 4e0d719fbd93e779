"""Settings: what the lock, the image and the stack say beside the values."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pulumi
import pytest

from components.configuration.settings import Settings
from components.contract import Application
from components.errors import ConfigurationError

from .test_settings import HASH, OWN, defaults, empty, problems


@pytest.mark.parametrize("runtime", ["python3.11", "python3.12", "python3.13"])
@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_every_runtime_and_architecture_has_a_lock(runtime: str, architecture: str) -> None:
    settings = Settings.load({**defaults(), "runtime": runtime, "architecture": architecture}, OWN)
    assert settings.target.image == f"public.ecr.aws/lambda/python:{runtime.removeprefix('python')}"


def test_the_ports_of_the_locks_own_indexes_and_urls_are_let_out(tmp_path: Path) -> None:
    application = empty(tmp_path)
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "python3.11-x86_64.txt").write_text(
        "# release: index https://index.example.org:8443/simple for circles\n"
        f"circles==1 --hash=sha256:{HASH}\n"
        f"shapes @ https://example.org:9443/shapes-1-py3-none-any.whl --hash=sha256:{HASH}\n"
    )
    settings = Settings.load(defaults(), application)
    assert settings.egress_ports == (443, 8443, 9443)


def test_the_port_of_a_registry_is_let_out() -> None:
    image = "registry.example.org:5000/populate:3.11"
    settings = Settings.load({**defaults(), "populatorImage": image}, OWN)
    assert settings.egress_ports == (443, 5000)


def test_an_image_that_says_another_python_is_refused() -> None:
    (problem,) = problems(populatorImage="public.ecr.aws/lambda/python:3.12-arm64")
    assert "its Python is 3.12, and libraries for python3.11 need Python 3.11" in problem


def test_an_image_of_ones_own_is_taken_as_it_is() -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/populate@sha256:" + HASH
    assert Settings.load({**defaults(), "populatorImage": image}, OWN).target.image == image


def test_a_missing_lock_is_refused_before_deployment(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"each pair needs a lock.*make lock"):
        Settings.load(defaults(), empty(tmp_path))


def test_a_broken_lock_is_reported_together_with_wrong_values(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "python3.11-x86_64.txt").write_text("six==1.17.0\n")
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({**defaults(), "memoryMb": "1"}, empty(tmp_path))
    assert [problem.subject for problem in caught.value.problems] == [
        "memoryMb",
        "python3.11-x86_64.txt, line 1",
    ]


def test_keys_left_from_before_the_project_was_renamed_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("components.configuration.settings.pulumi.get_project", lambda: "forked")
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"efs-inference:protect": "true"}))
    with pytest.raises(ConfigurationError, match="write forked:protect in the stack's file"):
        Settings.from_stack(OWN)


class Run:
    """The settings of a stack as a run has them, and the warnings."""

    def __init__(self, patch: pytest.MonkeyPatch, *, dry_run: bool, **config: str) -> None:
        self.warnings: list[str] = []
        values = {f"efs-inference:{key}": value for key, value in {**defaults(), **config}.items()}
        patch.setattr(pulumi, "get_project", lambda: "efs-inference")
        patch.setattr(pulumi, "get_stack", lambda: "staging")
        patch.setattr(pulumi.runtime, "is_dry_run", lambda: dry_run)
        patch.setattr(pulumi.log, "warn", self.warnings.append)
        patch.setenv("PULUMI_CONFIG", json.dumps(values))
        self.settings = Settings.from_stack(OWN)


def test_a_preview_names_the_command_for_a_digest_as_long_as_a_tag_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (warning,) = Run(monkeypatch, dry_run=True).warnings
    assert warning == (
        "populatorImage is public.ecr.aws/lambda/python:3.11: a tag, which may name "
        "another image when the populate task runs next. Remedy: `make image STACK=staging` "
        "writes its digest into Pulumi.staging.yaml"
    )
    image = f"public.ecr.aws/lambda/python@sha256:{HASH}"
    assert Run(monkeypatch, dry_run=True, populatorImage=image).warnings == []
    assert Run(monkeypatch, dry_run=False).warnings == []


def test_the_problems_of_a_stale_lock_stand_beside_the_others(tmp_path: Path) -> None:
    shutil.copytree(OWN.root, tmp_path / "application")
    application = Application(tmp_path / "application")
    with application.requirements_path.open("a") as requirements:
        requirements.write("nowhere-at-all>=1.16\n")
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({**defaults(), "memoryMb": "1"}, application)
    wrong, stale = map(str, caught.value.problems)
    assert wrong.startswith("memoryMb = '1'")
    assert stale == (
        "python3.11-x86_64.txt: it has no nowhere-at-all, and requirements.in asks for "
        "'nowhere-at-all>=1.16', so it is out of date. Remedy: `make lock`"
    )
