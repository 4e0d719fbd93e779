"""The locks in the repository, and how the lock command chooses wheels."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from components import Target
from components.contract import MACHINES
from components.lock import LockError, Stacks, chosen, lock_path, main
from components.lock.pins import pin
from components.lock.targets import ALL
from lambda_src.release.installation.libraries import requirements
from tools.files import APPLICATION

X86 = Target(runtime="python3.11", architecture="x86_64")
TARGETS = chosen(APPLICATION / "requirements.in", Stacks.around(APPLICATION))


def package(*filenames: str) -> dict[str, Any]:
    wheels = [
        {"url": f"https://example.org/{name}", "hashes": {"sha256": f"{number:064x}"}}
        for number, name in enumerate(filenames)
    ]
    return {"name": "shapes", "version": "1.0", "wheels": wheels}


def taken(target: Target, *filenames: str) -> str:
    (sha256,) = pin(package(*filenames), target, target.tags()).hashes
    return filenames[int(sha256.removeprefix("sha256:"), 16)]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_installer_accepts_the_lock_of(target: Target) -> None:
    assert requirements.read(lock_path(APPLICATION / "requirements.in", target))


def test_the_locks_satisfy_requirements_in() -> None:
    assert main(["--check", "--directory", str(APPLICATION)]) == 0


@pytest.mark.example
@pytest.mark.parametrize("architecture", MACHINES)
def test_amazon_linux_2_gets_the_last_tensorflow_for_its_glibc(architecture: str) -> None:
    target = Target(runtime="python3.11", architecture=architecture)
    pins = requirements.read(lock_path(APPLICATION / "requirements.in", target))
    name = "tensorflow-cpu" if architecture == "x86_64" else "tensorflow"
    assert (pins[name], pins["numpy"]) == ("2.20.0", "2.2.6")


def test_the_check_names_what_is_not_locked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.py").touch()
    (tmp_path / "requirements.in").write_text("# why\nshapes>=2\ncircles; sys_platform=='win32'\n")
    (tmp_path / "locks").mkdir()
    for target in ALL:
        version = "1.0" if target == X86 else "2.0"
        (tmp_path / "locks" / f"{target.name}.txt").write_text(
            f"# why\nshapes=={version} --hash=sha256:{'a' * 64}\n"
        )
    assert main(["--check", "--directory", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        "python3.11-x86_64.txt: it has shapes 1.0, and requirements.in asks for 'shapes>=2', so "
        "it is out of date. Remedy: `make lock`\n"
    )


def test_without_a_directory_it_is_the_application_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.in").write_text("pulumi\n")  # the program's own
    assert main(["--check"]) == 1
    rule = "an application is a folder with model.py and requirements.in, and there "
    assert capsys.readouterr().err == f"{rule}is none here. Name it: --directory DIR\n"
    for name in ("first", "second", ".hidden"):
        shutil.copytree(APPLICATION, tmp_path / name)
        if name == "first":
            assert main(["--check"]) == 0
    assert main(["--check"]) == 1
    assert (
        capsys.readouterr().err == f"{rule}are several: first, second. Name it: --directory DIR\n"
    )


PURE = "shapes-1.0-py3-none-any.whl"
OLD = "shapes-1.0-cp311-cp311-manylinux2014_x86_64.whl"
NEW = "shapes-1.0-cp311-cp311-manylinux_2_26_x86_64.whl"
TOO_NEW = "shapes-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
STABLE = "shapes-1.0-cp38-abi3-manylinux_2_17_x86_64.whl"
REBUILT = "shapes-1.0-2-cp311-cp311-manylinux2014_x86_64.whl"


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ((PURE, OLD), OLD),
        ((OLD, NEW, TOO_NEW), NEW),
        ((TOO_NEW, PURE), PURE),
        ((STABLE, PURE), STABLE),
        ((OLD, STABLE), OLD),
        ((REBUILT, OLD), REBUILT),
        (("shapes-1.0-cp311-cp311-musllinux_1_2_x86_64.whl", PURE), PURE),
        (("shapes-1.0-cp311-cp311-manylinux_2_17_aarch64.whl", PURE), PURE),
        (("shapes-1.0-cp313-cp313-manylinux_2_17_x86_64.whl", PURE), PURE),
    ],
)
def test_the_wheel_is_the_one_that_the_targets_pip_takes(
    offered: tuple[str, ...], expected: str
) -> None:
    assert taken(X86, *offered) == expected


def test_a_newer_runtime_takes_a_newer_wheel() -> None:
    newer = TOO_NEW.replace("cp311", "cp312")
    assert taken(Target(runtime="python3.12", architecture="x86_64"), PURE, newer) == newer


def test_a_package_without_a_wheel_is_named_with_runtime_and_architecture() -> None:
    with pytest.raises(
        LockError, match=r"shapes 1\.0 has no wheel for python3\.11 on x86_64 \(CPython 3\.11, glib"
    ):
        taken(X86, TOO_NEW)
