"""Wheels from a cache on S3: by their hashes, without an index, and what is missing in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web import Web

from ..conftest import SHAPES, Index, Populate, Wheel, build_wheel

CACHE = "https://cache.s3.eu-west-1.amazonaws.com/all/wheels"
KEYS = {"AccessKeyId": "ASIA", "SecretAccessKey": "secret", "Token": "token"}
CPU = build_wheel(
    "torch_cpu",
    {"torch/__init__.py": "CPU = True\n"},
    version="2.6.0+cpu",
    tag="cp311-cp311-manylinux_2_28_x86_64",
)
MODEL = "import shapes, torch\n\ndef demonstrate():\n    return {'cpu': torch.CPU}\n"


def digest(wheel: Wheel) -> str:
    return wheel.pin.rpartition(":")[2]


@pytest.fixture
def s3() -> Iterator[Web]:
    server = Web({"/credentials": json.dumps(KEYS).encode()})
    for wheel in (SHAPES, CPU):
        server.files[f"/cache/all/wheels/{digest(wheel)}.whl"] = wheel.content
    yield server
    server.close()


@pytest.fixture
def cached(populate: Populate, s3: Web, index: Index) -> Populate:
    populate.wheels = CACHE
    populate.environment = {
        "AWS_ENDPOINT_URL_S3": s3.url,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{s3.url}/credentials",
        "AWS_MAX_ATTEMPTS": "1",
    }
    populate.write_model(MODEL)
    populate.write_lock(SHAPES.pin, CPU.pin.replace("torch_cpu", "torch-cpu"))
    return populate


def test_the_wheels_are_installed_without_an_index_whatever_their_platform_tag(
    cached: Populate, index: Index
) -> None:
    """The lock is of the target: its hash has decided which of a package's wheels it is."""
    run = cached.run()
    assert run.code == 0, run.message
    assert index.asked == []
    site_packages = cached.release / "site-packages"
    assert (site_packages / "torch" / "__init__.py").is_file()
    tag = (site_packages / "torch_cpu-2.6.0+cpu.dist-info" / "WHEEL").read_text()
    assert "Tag: cp311-cp311-manylinux_2_28_x86_64" in tag


def test_a_release_from_the_cache_is_that_from_the_index(
    cached: Populate, tmp_path: Path, index: Index
) -> None:
    cached.write_model("import shapes\n")
    cached.write_lock(SHAPES.pin)
    assert cached.run().code == 0
    (tmp_path / "other").mkdir()
    other = Populate(tmp_path / "other", index)
    other.write_model("import shapes\n")
    assert other.run().code == 0
    first, second = (
        {
            path.relative_to(each.release).as_posix(): path.read_bytes()
            for path in (each.release / "site-packages").rglob("*")
            if path.is_file() and path.suffix != ".pyc"  # which has its folder in it
        }
        for each in (cached, other)
    )
    assert first == second


def test_a_wheel_that_is_missing_is_named_with_its_hash_and_the_command(
    cached: Populate, s3: Web
) -> None:
    del s3.files[f"/cache/all/wheels/{digest(CPU)}.whl"]
    run = cached.run()
    assert run.code == 10
    assert run.message.startswith(
        f"the wheel of torch-cpu 2.6.0+cpu (sha256:{digest(CPU)}) is not in the cache {CACHE}, "
        "or not to be had from there. `make wheels`, or `python -m efs_inference.wheels`, fills "
        "the cache from the lock; run it, and then this again."
    )
    assert not cached.release.exists()
    assert cached.left_behind() == set()


def test_a_wheel_that_is_another_one_is_not_installed(cached: Populate, s3: Web) -> None:
    s3.files[f"/cache/all/wheels/{digest(SHAPES)}.whl"] = CPU.content
    run = cached.run()
    assert run.code == 12
    assert f"the wheel of shapes 1.0 (sha256:{digest(SHAPES)}) is another one" in run.message
    assert not cached.release.exists()


def test_an_s3_that_does_not_answer_is_a_failure_of_the_network(cached: Populate, s3: Web) -> None:
    for wheel in (SHAPES, CPU):
        s3.files[f"/cache/all/wheels/{digest(wheel)}.whl"] = wheel.content * 3
    s3.breaks = [1_000] + [10] * 50  # the first answer is the credentials
    run = cached.run()
    assert run.code == 11
    assert "run it, and then this again" in run.message


def test_a_lock_with_several_hashes_of_a_package_is_refused(cached: Populate) -> None:
    cached.write_lock(f"{SHAPES.pin} --hash=sha256:{'0' * 64}")
    run = cached.run()
    assert run.code == 10
    assert run.message == (
        "shapes has 2 hashes, and with a wheel cache it has that of one wheel. Remedy: lock it "
        "again (`make lock`, or `python -m efs_inference.lock`)."
    )


def test_a_task_has_an_index_or_a_cache_and_not_both(cached: Populate) -> None:
    cached.options = ("--index-url", "https://pypi.org/simple")
    run = cached.run()
    assert run.code == 2
    assert "not allowed with argument" in run.message
