"""`make lock` reads artifacts.in: size and SHA-256 of each artifact, versions of S3, changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from components.lock.artifacts import NAME
from tests.lambda_src.conftest import build_wheel
from tests.web import Web, sha256

from .conftest import Locks

CONTENT = bytes(range(256)) * 20_000


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    server = Web({"/w.bin": CONTENT})
    yield server
    server.close()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """S3 with the buckets `kept`, which has versions, and `plain`, in a region of their own."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3", region_name="eu-west-1")
        place: Any = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
        client.create_bucket(Bucket="kept", **place)
        client.create_bucket(Bucket="plain", **place)
        status: Any = {"Status": "Enabled"}
        client.put_bucket_versioning(Bucket="kept", VersioningConfiguration=status)
        yield client


@pytest.fixture
def asking(locks: Locks) -> Locks:
    """A folder with a locked package."""
    locks.index.add(build_wheel("shapes", {"shapes.py": ""}))
    locks.ask("shapes\n")
    assert locks.one().code == 0
    return locks


def ask(locks: Locks, text: str) -> None:
    (locks.folder / "artifacts.in").write_text(text)


def lines(locks: Locks) -> list[str]:
    return [line for line in locks.text(NAME).splitlines() if not line.startswith("#")]


def said(locks: Locks, *options: str) -> str:
    """What the command says of artifacts."""
    run = locks.one(*options)
    assert run.code == 0, run.errors
    return run.output.partition("artifacts: ")[2]


def test_a_folder_without_artifacts_in_gets_no_lock_of_them(asking: Locks) -> None:
    assert said(asking) == ""
    assert asking.made() == {"python3.11-x86_64"}


def test_an_artifact_of_the_web_gets_its_size_and_hash(asking: Locks, web: Web) -> None:
    ask(asking, f"weights/w.bin {web.url}/w.bin\n")
    assert said(asking) == "1 artifact, 5.1 MB\n    + weights/w.bin 5.1 MB\n"
    assert lines(asking) == [
        f"weights/w.bin {web.url}/w.bin --size=5120000 --hash=sha256:{sha256(CONTENT)}"
    ]


def test_what_is_locked_is_not_read_again_before_it_is_upgraded(asking: Locks, web: Web) -> None:
    ask(asking, f"w {web.url}/w.bin unpack\n")
    said(asking)
    web.asked.clear()
    web.files["/w.bin"] = b"another"
    assert said(asking) == "unchanged, 1 artifact, 5.1 MB\n"
    assert web.asked == []
    assert said(asking, "--upgrade-package", "w") == (
        "1 artifact, 0.0 MB\n    w 5.1 MB -> 0.0 MB, another content\n"
    )
    assert asking.one("--check").code == 0


def test_upgrade_reads_all_again(asking: Locks, web: Web) -> None:
    ask(asking, f"w {web.url}/w.bin\n")
    said(asking)
    web.files["/w.bin"] = b"another"
    assert "w 5.1 MB -> 0.0 MB, another content" in said(asking, "--upgrade")


def test_a_file_of_this_machine_is_read_each_time(asking: Locks) -> None:
    path = asking.folder.parent / "local.bin"
    path.write_bytes(b"one")
    ask(asking, "w ../local.bin\n")
    said(asking)
    assert lines(asking) == [f"w ../local.bin --size=3 --hash=sha256:{sha256(b'one')}"]
    path.write_bytes(b"two")
    assert "w 0.0 MB -> 0.0 MB, another content" in said(asking)


def test_an_object_of_s3_is_locked_in_its_newest_version(asking: Locks, s3: Any) -> None:
    first = s3.put_object(Bucket="kept", Key="a/w.bin", Body=b"one")["VersionId"]
    ask(asking, "w s3://kept/a/w.bin\n")
    said(asking)
    (line,) = lines(asking)
    assert line == (
        f"w 's3://kept/a/w.bin?versionId={first}' --region=eu-west-1 --size=3 "
        f"--hash=sha256:{sha256(b'one')}"
    )
    second = s3.put_object(Bucket="kept", Key="a/w.bin", Body=b"two")["VersionId"]
    assert said(asking) == "unchanged, 1 artifact, 0.0 MB\n"
    said(asking, "-P", "w")
    assert f"versionId={second}" in lines(asking)[0]
    ask(asking, f"w 's3://kept/a/w.bin?versionId={first}'\n")
    said(asking)
    assert lines(asking) == [line]


def test_a_bucket_without_versions_is_said_to_have_none(asking: Locks, s3: Any) -> None:
    s3.put_object(Bucket="plain", Key="w.bin", Body=b"one")
    ask(asking, "w s3://plain/w.bin\n")
    run = asking.one()
    assert "w: plain keeps no versions, so it can be published only as long as nobody" in run.errors
    assert lines(asking)[0].startswith("w s3://plain/w.bin --region=eu-west-1 --size=3 ")


def test_the_key_that_encrypts_an_object_is_in_the_lock(asking: Locks, s3: Any) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    s3.put_object(
        Bucket="plain", Key="w", Body=b"one", ServerSideEncryption="aws:kms", SSEKMSKeyId=key
    )
    ask(asking, "w s3://plain/w\n")
    said(asking)
    assert f" --kms-key={key} " in lines(asking)[0]


def test_the_same_content_from_elsewhere_is_said_to_be_the_same(
    asking: Locks, web: Web, s3: Any
) -> None:
    ask(asking, f"w {web.url}/w.bin\n")
    said(asking)
    s3.put_object(Bucket="plain", Key="w", Body=CONTENT)
    ask(asking, "w s3://plain/w\n")
    assert "w 5.1 MB, the same content from s3://plain/w" in said(asking)


def test_an_artifacts_in_that_is_gone_takes_its_lock_along(asking: Locks, web: Web) -> None:
    ask(asking, f"w {web.url}/w.bin\n")
    said(asking)
    (asking.folder / "artifacts.in").unlink()
    assert said(asking) == "0 artifacts, 0.0 MB\n    - w\n"
    assert asking.made() == {"python3.11-x86_64"}


def test_a_connection_that_breaks_off_is_read_on(asking: Locks, web: Web) -> None:
    web.breaks = [2_000_000, 1_000_000]
    ask(asking, f"w {web.url}/w.bin\n")
    said(asking)
    assert f"--hash=sha256:{sha256(CONTENT)}" in lines(asking)[0]
    assert [range_ for _, range_ in web.asked][1:] != ["", ""]


def test_every_artifact_that_cannot_be_read_is_named_and_nothing_is_written(
    asking: Locks, web: Web, s3: Any
) -> None:
    assert s3.list_buckets()["Buckets"]
    before = asking.text()
    ask(
        asking,
        f"gone {web.url}/nothing\nlost s3://kept/nothing\nnobucket s3://not-there-at-all/k\n"
        f"missing ../nothing\nfine {web.url}/w.bin\n",
    )
    run = asking.one()
    assert run.code == 1
    assert f"gone: {web.url}/nothing answers 404 Not Found. See that it is there" in run.errors
    assert "lost: s3://kept/nothing cannot be read: " in run.errors
    assert "NoSuchKey" in run.errors
    assert "nobucket: s3://not-there-at-all/k cannot be read: " in run.errors
    assert "missing: ../nothing cannot be read: No such file or directory" in run.errors
    assert (asking.text(), asking.made()) == (before, {"python3.11-x86_64"})


def test_a_version_that_is_gone_is_named(asking: Locks, s3: Any) -> None:
    s3.put_object(Bucket="kept", Key="w", Body=b"one")
    ask(asking, "w 's3://kept/w?versionId=never'\n")
    run = asking.one()
    assert run.code == 1
    assert "w: s3://kept/w?versionId=never cannot be read: " in run.errors


def test_a_redirect_away_from_https_is_refused(asking: Locks, web: Web) -> None:
    web.leads["/w.bin"] = "http://elsewhere.example/w.bin"
    ask(asking, f"w {web.url}/w.bin\n")
    run = asking.one()
    assert run.code == 1
    assert "it leads on to elsewhere.example, not by https" in run.errors


def test_a_name_twice_is_refused_before_anything_is_read(asking: Locks, web: Web) -> None:
    ask(asking, f"w {web.url}/w.bin\nw {web.url}/w.bin\n")
    run = asking.one()
    assert (run.code, web.asked) == (1, [])
    assert "the name w is there twice" in run.errors


def test_check_names_what_the_lock_does_not_have(asking: Locks, web: Web) -> None:
    ask(asking, f"w {web.url}/w.bin\n")
    said(asking)
    assert asking.one("--check").code == 0
    ask(asking, f"w {web.url}/other.bin\nmore {web.url}/w.bin\n")
    run = asking.one("--check")
    assert run.code == 1
    said_of_w, said_of_more = sorted(run.errors.splitlines(), reverse=True)
    assert said_of_w.startswith(
        f"artifacts.txt = w {web.url}/w.bin: artifacts.in says w {web.url}/other.bin, so the lock"
    )
    assert said_of_more.startswith(
        f"artifacts.txt = nothing: artifacts.in says more {web.url}/w.bin, so the lock is out"
    )


def test_a_lock_that_is_damaged_says_so(asking: Locks, web: Web) -> None:
    ask(asking, f"w {web.url}/w.bin\n")
    (asking.folder / "locks" / "artifacts.txt").write_text("damaged\n")
    run = asking.one()
    assert run.code == 1
    assert "If you cannot correct it, delete " in run.errors


def test_without_credentials_it_is_said_once(
    asking: Locks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it keeps the credentials of other tests
    ask(asking, "w s3://kept/w\n")
    run = asking.one()
    assert run.code == 1
    assert run.errors.count("Unable to locate credentials") == 1
    assert "your credentials may read it (AWS_PROFILE; s3:GetObject" in run.errors
