"""A wheel cache is filled from the locks: what is not there, with its hash, and nothing twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from components import wheels
from local.cloud import Cloud
from tests.deployments import point_clients_at
from tests.lambda_src.conftest import Index, Wheel, build_wheel

from .conftest import X86, Run, digest

ONE = build_wheel("one", {"one.py": ""})
TWO = build_wheel("two", {"two.py": ""})
URL = build_wheel("byurl", {"byurl.py": ""})
ARM, PREFIX = "python3.12-arm64", "all/wheels"


@dataclass(frozen=True)
class Folder:
    """An application with locks, a bucket, and the command."""

    path: Path
    index: Index
    capture: pytest.CaptureFixture[str]
    bucket: str = "our-wheels"

    def lock(self, *lines: str, target: str = X86) -> None:
        (self.path / "locks" / f"{target}.txt").write_text("".join(f"{x}\n" for x in lines))

    def fill(self, *options: str, cache: str = "") -> Run:
        cache = cache or f"s3://{self.bucket}/{PREFIX}"
        options = options or ("--target", X86)
        given = ("--directory", str(self.path), "--index-url", self.index.url, *options, cache)
        code = wheels.main([*given])
        said = self.capture.readouterr()
        return Run(code, said.out, said.err)

    @property
    def s3(self) -> Any:
        return boto3.client("s3")

    def keys(self) -> set[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {each["Key"] for each in found}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with Cloud(tmp_path_factory.mktemp("cloud") / "state") as opened:
        yield opened


@pytest.fixture
def folder(
    cloud: Cloud,
    tmp_path: Path,
    index: Index,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Folder:
    point_clients_at(cloud, monkeypatch)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    path = tmp_path / "application"
    (path / "locks").mkdir(parents=True)
    (path / "model.py").touch()
    made = Folder(path, index, capsys, bucket=f"our-{os.urandom(4).hex()}")
    made.s3.create_bucket(Bucket=made.bucket)
    index.add(ONE, TWO, URL)
    return made


def key(wheel: Wheel) -> str:
    return f"{PREFIX}/{digest(wheel)}.whl"


def test_each_wheel_lies_under_its_hash_and_a_second_run_uploads_nothing(folder: Folder) -> None:
    folder.lock(ONE.pin, TWO.pin)
    first = folder.fill()
    assert (first.code, first.errors) == (0, "")
    assert f"{ONE.filename}: uploaded, 0.0 MB" in first.output
    assert f"/{PREFIX} has the 2 wheels of {X86}: 2 uploaded (0.0 MB), 0 were there" in first.output
    assert folder.keys() == {key(ONE), key(TWO)}
    assert folder.s3.get_object(Bucket=folder.bucket, Key=key(ONE))["Body"].read() == ONE.content
    folder.index.asked.clear()
    again = folder.fill()
    assert f"has the 2 wheels of {X86}: 0 uploaded (0.0 MB), 2 were there" in again.output
    assert folder.index.asked == []


def test_only_what_is_missing_is_downloaded(folder: Folder) -> None:
    folder.lock(ONE.pin)
    folder.fill()
    folder.lock(ONE.pin, TWO.pin)
    folder.index.asked.clear()
    assert "1 uploaded (0.0 MB), 1 were there" in folder.fill().output
    assert folder.index.asked == ["two"]


def test_a_wheel_of_another_architecture_and_python_is_downloaded_too(folder: Folder) -> None:
    arm = build_wheel("arm", {"arm.py": ""}, tag="cp312-cp312-manylinux_2_28_aarch64")
    folder.index.add(arm)
    folder.lock(ONE.pin)
    folder.lock(ONE.pin, arm.pin, target=ARM)
    run = folder.fill("--target", X86, "--target", ARM)
    assert run.code == 0, run.errors
    assert f"has the 2 wheels of {X86}, {ARM}: 2 uploaded" in run.output
    assert folder.keys() == {key(ONE), key(arm)}


def test_a_wheel_by_url_and_one_of_another_index_go_into_the_same_cache(
    folder: Folder, other: Index
) -> None:
    other.add(TWO)
    del folder.index.files[TWO.filename]
    url = f"{folder.index.url.removesuffix('/simple')}/files/{URL.filename}"
    folder.lock(
        f"# release: index {other.url} for two",
        *(ONE.pin, TWO.pin, f"byurl @ {url} --hash=sha256:{digest(URL)}"),
    )
    run = folder.fill()
    assert run.code == 0, run.errors
    assert folder.keys() == {key(ONE), key(TWO), key(URL)}
    assert (folder.index.asked, other.asked) == (["one"], ["two"])


def test_an_object_that_is_not_what_its_name_says_is_replaced(folder: Folder) -> None:
    folder.lock(ONE.pin)
    folder.s3.put_object(Bucket=folder.bucket, Key=key(ONE), Body=b"broken")
    assert "1 uploaded" in folder.fill().output
    assert folder.s3.get_object(Bucket=folder.bucket, Key=key(ONE))["Body"].read() == ONE.content


def test_a_file_that_is_not_the_locked_one_never_gets_there(folder: Folder) -> None:
    folder.lock(ONE.pin)
    folder.index.files[ONE.filename] = TWO.content
    folder.index.hashes = False
    run = folder.fill()
    assert run.code == 1
    assert "DO NOT MATCH THE HASHES" in run.errors
    assert f"{X86}: pip cannot download what {folder.index.url}" in run.errors
    assert folder.keys() == set()


def test_credentials_in_the_url_of_an_index_are_not_shown(folder: Folder) -> None:
    folder.lock(ONE.pin)
    folder.index.files.clear()
    url = folder.index.url.replace("://", "://team:s3cret@")
    run = folder.fill("--target", X86, "--index-url", url)
    assert run.code == 1
    assert "s3cret" not in run.errors
    assert "://***@127.0.0.1" in run.errors


def test_a_bucket_that_is_not_there_is_named_with_the_command_that_makes_it(
    folder: Folder,
) -> None:
    folder.lock(ONE.pin)
    run = folder.fill(cache="s3://not-there/x")
    assert run.code == 1
    assert run.errors.startswith("error: s3://not-there/x cannot be used: ")
    assert run.errors.endswith("`aws s3 mb s3://not-there`\n")


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ([f"{ONE.pin} --hash=sha256:{'0' * 64}"], "each package has the hash of one wheel"),
        (["one==1.0"], "each package has at least one --hash"),
    ],
)
def test_a_lock_that_names_no_wheel_for_certain_is_refused(
    folder: Folder, lines: list[str], rule: str
) -> None:
    folder.lock(*lines)
    run = folder.fill()
    assert run.code == 1
    assert rule in run.errors
    assert "Remedy: " in run.errors


def test_a_place_that_is_none_is_refused_with_the_rule(folder: Folder) -> None:
    folder.lock(ONE.pin)
    run = folder.fill(cache="s3://only-a-bucket")
    assert run.code == 1
    assert run.errors.startswith("error: s3://only-a-bucket: it is s3://<bucket>/<prefix>: ")


def test_without_a_place_the_caches_of_the_stacks_are_filled(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.lock(ONE.pin)
    config = f"  p:wheelCache: s3://{folder.bucket}/{PREFIX}\n"
    (folder.path.parent / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    (folder.path.parent / "Pulumi.prod.yaml").write_text(f"config:\n{config}")
    given = ["--directory", str(folder.path), "--index-url", folder.index.url, "--target", X86]
    assert wheels.main(given) == 0
    assert folder.keys() == {key(ONE)}


def test_without_any_cache_it_says_how_to_name_one(folder: Folder) -> None:
    folder.lock(ONE.pin)
    assert wheels.main(["--directory", str(folder.path), "--target", X86]) == 1
    assert "no cache is named" in folder.capture.readouterr().err
