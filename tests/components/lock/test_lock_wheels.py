"""What is said where a target has no wheel, or only an old one."""

from __future__ import annotations

import pytest

from tests.lambda_src.conftest import Wheel, build_wheel

from .conftest import Locks

OF_X86 = "python3.11 on x86_64 (CPython 3.11, glibc 2.26)"


def wheel(version: str, tag: str, requires: tuple[str, ...] = (), name: str = "shapes") -> Wheel:
    return build_wheel(name, {f"{name}.py": ""}, version=version, tag=tag, requires=requires)


OLD_GLIBC = "cp311-cp311-manylinux_2_17_x86_64"
NEW_GLIBC = "cp311-cp311-manylinux_2_28_x86_64"


def test_the_newest_version_with_a_wheel_is_named(locks: Locks) -> None:
    locks.index.add(wheel("1.0", OLD_GLIBC), wheel("1.1", OLD_GLIBC), wheel("2.0", NEW_GLIBC))
    locks.ask("shapes>=2\n")
    run = locks.one()
    assert run.code == 1
    assert run.errors == (
        f"shapes has no wheel for {OF_X86} in the versions that are asked for; the newest that has "
        "one is 1.1. Choose that in requirements.in, or a newer runtime.\n"
    )
    assert locks.made() == set()


def test_a_package_without_any_wheel_for_an_architecture_is_named(locks: Locks) -> None:
    locks.index.add(wheel("1.0", "cp311-cp311-manylinux_2_17_aarch64"))
    locks.ask("shapes\n")
    run = locks.one()
    assert run.errors == (
        f"shapes has no wheel for {OF_X86} in any version, and nothing is built from source here. "
        "Ask for it elsewhere only (shapes; platform_machine != 'x86_64'), or leave the target "
        "out: `# lock: runtimes ...`, `# lock: architectures ...`.\n"
    )


def test_one_targets_missing_wheel_names_that_target_alone(locks: Locks) -> None:
    locks.index.add(wheel("1.0", OLD_GLIBC))
    locks.ask("shapes\n")
    run = locks.make("--target", "python3.11-arm64", "--target", "python3.11-x86_64")
    assert run.errors.startswith("shapes has no wheel for python3.11 on arm64 (CPython 3.11, ")
    assert len(run.errors.splitlines()) == 1
    assert locks.made() == set()


def test_a_package_that_another_one_brings_is_named(locks: Locks) -> None:
    locks.index.add(
        wheel("1.0", OLD_GLIBC),
        wheel("2.0", NEW_GLIBC),
        wheel("1.0", "py3-none-any", ("shapes>=2",), "drawings"),
    )
    locks.ask("drawings\n")
    run = locks.one()
    assert run.errors.startswith(f"shapes has no wheel for {OF_X86} in the versions that are asked")
    assert "the newest that has one is 1.0." in run.errors


def test_versions_that_contradict_each_other_are_uvs_to_explain(locks: Locks) -> None:
    locks.index.add(
        wheel("1.0", OLD_GLIBC),
        wheel("2.0", OLD_GLIBC),
        wheel("1.0", "py3-none-any", ("shapes<2",), "drawings"),
    )
    locks.ask("drawings\nshapes>=2\n")
    run = locks.one()
    assert run.errors.startswith("python3.11-x86_64: uv finds no solution; choose other versions")
    assert "drawings" in run.errors


def test_a_glibc_that_brings_an_old_version_is_a_warning(locks: Locks) -> None:
    locks.index.add(wheel("1.0", OLD_GLIBC), wheel("1.2", NEW_GLIBC))
    locks.ask("shapes\n")
    run = locks.one()
    assert run.code == 0
    assert locks.pins() == ["shapes==1.0"]
    assert run.errors == (
        "python3.11-x86_64: its glibc 2.26 brings shapes 1.0 (1.2); in brackets what glibc 2.34 "
        "brings, as newer runtimes have it\n"
    )


def test_a_patch_release_and_a_pin_of_ones_own_are_no_warning(locks: Locks) -> None:
    locks.index.add(
        wheel("1.0.0", OLD_GLIBC),
        wheel("1.0.1", NEW_GLIBC),
        wheel("1.0", OLD_GLIBC, name="circles"),
        wheel("2.0", OLD_GLIBC, name="circles"),
    )
    locks.ask("shapes\ncircles<2\n")
    assert locks.one().errors == ""
    locks.index.add(wheel("3.0", OLD_GLIBC, name="circles"))
    locks.ask("shapes\ncircles\n")
    assert locks.one().errors == ""  # what is locked stays, and that is not the glibc's doing


def test_a_runtime_with_the_newest_glibc_is_never_warned_of(locks: Locks) -> None:
    locks.index.add(wheel("1.0", "py3-none-any"), wheel("2.0", "cp312-cp312-manylinux_2_39_x86_64"))
    locks.ask("shapes\n")
    run = locks.make("--target", "python3.12-x86_64")
    assert (run.code, run.errors) == (0, "")


def test_an_index_that_does_not_answer_is_no_matter_of_versions(
    locks: Locks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    locks.index.status = 503
    locks.ask("shapes\n")
    run = locks.one()
    assert run.code == 1
    assert run.errors.startswith(
        "python3.11-x86_64: uv cannot resolve requirements.in. Look at what"
    )
    assert locks.index.url in run.errors
    assert "choose other versions" not in run.errors
