"""Which targets are locked: those of the stacks, or those that requirements.in chooses."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.lock.errors import LockError
from components.lock.targets import ALL, Stacks, chosen
from tests.lambda_src.conftest import SHAPES

from .conftest import Locks

PROJECT = """
name: serving
config:
  runtime:
    description: Lambda runtime.
    default: python3.11
  architecture: {default: x86_64}
  indexUrl: {default: "https://pypi.org/simple"}
"""


def application(root: Path, *, project: str = PROJECT, text: str = "", **stacks: str) -> Path:
    (root / "Pulumi.yaml").write_text(project)
    for name, config in stacks.items():
        (root / f"Pulumi.{name}.yaml").write_text(config)
    folder = root / "src" / "application"
    folder.mkdir(parents=True)
    (folder / "requirements.in").write_text(text)
    return folder


def names(folder: Path) -> list[str]:
    return [target.name for target in chosen(folder / "requirements.in", Stacks.around(folder))]


def test_the_default_is_what_the_stacks_use(tmp_path: Path) -> None:
    arm = "config: {serving:architecture: arm64, serving:runtime: python3.13}"
    folder = application(tmp_path, dev="config: {aws:region: us-east-1}", prod=arm, empty="")
    assert names(folder) == ["python3.11-x86_64", "python3.13-arm64"]


def test_a_project_without_stacks_has_its_defaults(tmp_path: Path) -> None:
    assert names(application(tmp_path)) == ["python3.11-x86_64"]


def test_keys_of_other_projects_do_not_count(tmp_path: Path) -> None:
    folder = application(tmp_path, dev="config: {other:runtime: python3.13}")
    assert names(folder) == ["python3.11-x86_64"]


def test_a_stack_with_encrypted_values_is_read(tmp_path: Path) -> None:
    folder = application(tmp_path, dev="config: {serving:token: {secure: abc}}")
    assert names(folder) == ["python3.11-x86_64"]


@pytest.mark.parametrize("project", ["name: serving\n", "name: serving\nconfig: {a: b}\n"])
def test_a_folder_that_no_stack_knows_is_locked_for_all(tmp_path: Path, project: str) -> None:
    assert names(application(tmp_path, project=project)) == [target.name for target in ALL]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# lock: runtimes python3.12\n", ["python3.12-x86_64"]),
        ("#lock:architectures x86_64, arm64\n", ["python3.11-x86_64", "python3.11-arm64"]),
        (
            "# lock: architectures arm64\n#lock: runtimes python3.12\n#lock: runtimes python3.13\n",
            ["python3.12-arm64", "python3.13-arm64"],
        ),
        ("# lock: runtimes python3.11\n", ["python3.11-x86_64"]),
        ("# the lock: python3.12\n", ["python3.11-x86_64"]),
    ],
)
def test_requirements_in_chooses(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert names(application(tmp_path, text=text)) == expected


@pytest.mark.parametrize(
    "line",
    [
        "# lock:",
        "# lock: runtimes",
        "# lock: runtimes python3.9",
        "# lock: architecture arm64",
        "# lock: architectures aarch64",
        "# lock: python3.12",
    ],
)
def test_another_choice_breaks_the_rule(tmp_path: Path, line: str) -> None:
    folder = application(tmp_path, text=f"shapes\n{line}\n")
    with pytest.raises(LockError) as caught:
        names(folder)
    assert str(caught.value) == (
        f"requirements.in, line 2: {line!r} breaks a rule: a comment `# lock: ...` says `runtimes` "
        "with some of python3.11, python3.12, python3.13, python3.14 or `architectures` with some "
        "of x86_64, arm64. Correct it."
    )


def test_a_stack_of_no_target_is_named(tmp_path: Path) -> None:
    folder = application(tmp_path, dev="config: {serving:runtime: python3.9}")
    with pytest.raises(LockError, match=r"^Pulumi\.dev\.yaml: python3\.9 on x86_64 is no target; "):
        names(folder)


def test_a_stacks_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    folder = application(tmp_path, dev="config: [")
    with pytest.raises(LockError, match=r"Pulumi\.dev\.yaml cannot be read: "):
        names(folder)


def test_the_command_makes_the_stacks_locks_from_the_stacks_index(locks: Locks) -> None:
    locks.index.add(SHAPES)
    locks.ask("shapes\n")
    (locks.folder / "Pulumi.yaml").write_text(
        PROJECT.replace("https://pypi.org/simple", locks.index.url)
    )
    (locks.folder / "Pulumi.dev.yaml").write_text("config: {serving:architecture: arm64}\n")
    from components import lock

    assert lock.main(["--directory", str(locks.folder)]) == 0
    assert locks.made() == {"python3.11-arm64"}
    assert lock.main(["--directory", str(locks.folder), "--check"]) == 0


def test_two_indexes_of_two_stacks_want_a_choice(locks: Locks) -> None:
    locks.ask("shapes\n")
    (locks.folder / "Pulumi.yaml").write_text(PROJECT)
    for name in ("a", "b"):
        (locks.folder / f"Pulumi.{name}.yaml").write_text(
            f"config: {{serving:indexUrl: https://{name}.example}}\n"
        )
    run = locks.make("--index-url", "")
    assert run.code == 1
    assert run.errors == (
        "the stacks have several values of indexUrl: https://a.example, https://b.example. Name "
        "the one to use: --index-url URL\n"
    )


def test_what_is_left_out_is_said(locks: Locks) -> None:
    locks.index.add(SHAPES)
    locks.ask("shapes\n# lock: runtimes python3.13\n")
    (locks.folder / "Pulumi.yaml").write_text(PROJECT)
    assert locks.make("--target", "python3.12-arm64").errors == ""
    before = locks.text("python3.12-arm64")
    said = locks.make().errors.splitlines()
    assert said[0].startswith(
        "Pulumi.yaml: its python3.11-x86_64 is not locked, because a `# lock:`"
    )
    assert said[1].startswith("python3.12-arm64: no stack is of it, so its lock stays as it is. ")
    assert locks.text("python3.12-arm64") == before


def test_a_target_that_lambda_does_not_have_is_refused(locks: Locks) -> None:
    locks.ask("shapes\n")
    run = locks.make("--target", "python3.9-x86_64")
    assert run.code == 1
    assert run.errors.startswith(
        "there is no target 'python3.9-x86_64'; the targets are python3.11"
    )


def test_with_pypi_as_the_stacks_index_the_users_own_mirror_is_used(
    locks: Locks, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks.index.add(SHAPES)
    locks.ask("shapes\n")
    (locks.folder / "Pulumi.yaml").write_text(PROJECT)
    monkeypatch.setenv("UV_DEFAULT_INDEX", locks.index.url)
    assert locks.make("--index-url", "").code == 0
    assert locks.pins() == ["shapes==1.0"]
