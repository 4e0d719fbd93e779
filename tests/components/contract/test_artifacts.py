"""artifacts.in, its lock, and the id of the release that they make."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from components import Application, Artifacts, ConfigurationError
from components.contract.artifacts import (
    Artifact,
    Local,
    S3Object,
    Web,
    Wish,
    digest,
    parse_lock,
    read_wishes,
    render,
)

from ..conftest import application

SHA = "a" * 64
LOCK_OF_ALL = f"""\
# Made from artifacts.in
local.bin ../local.bin --size=5 --hash=sha256:{"0" * 64}
'of/s 3.bin' 's3://my-bucket/a b?versionId=v1' --region=eu-west-1 --kms-key=arn:aws:kms:k \
--size=7 --hash=sha256:{SHA}
saved https://example.com/a.tar.gz?download=1 --unpack --size=9 --hash=sha256:{SHA}
"""
ALL = (
    Artifact(wish=Wish("local.bin", Local("../local.bin")), size=5, sha256="0" * 64),
    Artifact(
        wish=Wish("of/s 3.bin", S3Object("my-bucket", "a b", "v1")),
        size=7,
        sha256=SHA,
        region="eu-west-1",
        kms_key_arn="arn:aws:kms:k",
    ),
    Artifact(
        wish=Wish("saved", Web("https://example.com/a.tar.gz?download=1"), unpack=True),
        size=9,
        sha256=SHA,
    ),
)


def asked(folder: Path, text: str) -> tuple[Wish, ...] | None:
    path = folder / "artifacts.in"
    path.write_text(text)
    return read_wishes(path)


def problems(folder: Path, text: str) -> list[tuple[str, str, str]]:
    with pytest.raises(ConfigurationError) as raised:
        asked(folder, text)
    return [(p.subject, p.value, p.rule) for p in raised.value.problems]


def test_a_line_is_a_name_a_source_and_perhaps_unpack(tmp_path: Path) -> None:
    text = (
        "# weights\n\nw/model.bin s3://bucket/some/key   # the big one\n"
        "'two words' \"s3://bucket/a b?versionId=3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY\"\n"
        "saved https://example.com:8443/m.tar.gz?x=1 unpack\nlocal ../data/x.bin\n"
    )
    assert asked(tmp_path, text) == (
        Wish("local", Local("../data/x.bin")),
        Wish("saved", Web("https://example.com:8443/m.tar.gz?x=1"), unpack=True),
        Wish("two words", S3Object("bucket", "a b", "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY")),
        Wish("w/model.bin", S3Object("bucket", "some/key")),
    )


def test_a_folder_without_artifacts_in_has_none(tmp_path: Path) -> None:
    assert read_wishes(tmp_path / "artifacts.in") is None
    assert Artifacts.of(application(tmp_path / "app")) is None


def test_every_wrong_line_is_in_one_message(tmp_path: Path) -> None:
    found = problems(tmp_path, "alone\na s3://b\nb x.bin untar\n../c x.bin\nd ftp://x/y\n")
    assert [where for where, _, _ in found] == [
        f"artifacts.in, line {number}" for number in (1, 2, 3, 4, 5)
    ]


@pytest.mark.parametrize("name", ["/a", "../a", "a/../b", "a//b", "./a", "'a\\b'", "a/", "x" * 501])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    ((_, _, rule),) = problems(tmp_path, f"{name} x.bin\n")
    assert rule.startswith("a name is a relative path of plain names: ")


@pytest.mark.parametrize(
    "source",
    [
        *("http://example.com/x", "https://user:secret@example.com/x", "https://example.com"),
        *(
            "https://example.com/",
            "s3://bucket",
            "s3://Bucket/key",
            "s3://bucket/key/",
            "ftp://x/y",
        ),
        *("https://b.s3.amazonaws.com/k?X-Amz-Signature=abc", "folder/", "''"),
        *("https://storage.googleapis.com/b/k?X-Goog-Signature=abc", "https://x.com:99999/a"),
        *("https://x.com/é", "https://中.com/a", "'a\0b'", "'s3://bucket/a\tb'"),
        "~nobody-of-this-name/x",
    ],
)
def test_what_is_no_source_is_refused(tmp_path: Path, source: str) -> None:
    (_,) = problems(tmp_path, f"name {source}\n")


@pytest.mark.parametrize(
    ("second", "rule"),
    [
        ("a/b", "the name a/b is there twice"),
        ("a/b/c", "a/b/c and a/b cannot both be there: one lies in the other"),
        ("a", "a and a/b cannot both be there: one lies in the other"),
    ],
)
def test_a_name_twice_is_refused(tmp_path: Path, second: str, rule: str) -> None:
    ((where, _, said),) = problems(tmp_path, f"a/b x.bin\na-b x.bin\n{second} y.bin\n")
    assert (where, said) == ("artifacts.in, line 3", rule)


def test_what_editors_of_windows_write_is_read(tmp_path: Path) -> None:
    text = "\ufeffw C:\\data\\x.bin\r\nv y.bin\r\n"
    assert asked(tmp_path, text) == (Wish("v", Local("y.bin")), Wish("w", Local("C:\\data\\x.bin")))


def test_an_artifacts_in_that_leads_nowhere_is_not_taken_for_none(tmp_path: Path) -> None:
    path = tmp_path / "artifacts.in"
    path.symlink_to("nowhere")
    with pytest.raises(ConfigurationError, match="No such file or directory: it is a file that"):
        read_wishes(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigurationError, match="Is a directory: it is a file that can be read"):
        read_wishes(path)


def test_many_artifacts_are_compared_in_no_time(tmp_path: Path) -> None:
    begin = time.process_time()
    found = asked(tmp_path, "".join(f"{number}/a/b x\n" for number in range(5_000)))
    assert len(found or ()) == 5_000
    # Each with each other it took 8 s.
    assert time.process_time() - begin < 4


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (Path.mkdir, "it is a folder; pack it as a tar.gz, name that, and write `unpack` behind"),
        (os.mkfifo, "it is no plain file"),
    ],
)
def test_what_is_no_plain_file_has_no_digest(
    tmp_path: Path, make: Callable[[Path], None], says: str
) -> None:
    make(tmp_path / "x")
    with pytest.raises(OSError, match=says):
        digest(tmp_path / "x")


def test_an_artifacts_in_that_names_nothing_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "# none\n") == [("artifacts.in", "none", "it names artifacts")]


def test_a_lock_reads_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "artifacts.txt"
    path.write_text(LOCK_OF_ALL)
    assert parse_lock(path) == ALL
    path.write_text(render(ALL))
    assert parse_lock(path) == ALL


@pytest.mark.parametrize(
    "line",
    [
        *("a x.bin", "a x.bin --size=1", f"a x.bin --hash=sha256:{SHA}"),
        *(f"a x.bin --size=-1 --hash=sha256:{SHA}", "a x.bin --size=1 --hash=sha256:abc"),
        *(f"a s3://bucket/k --size=1 --hash=sha256:{SHA}", f"a b c --size=1 --hash=sha256:{SHA}"),
        f"a x.bin --region=eu-west-1 --size=1 --hash=sha256:{SHA}",
        f"a x.bin --size=1 --size=2 --hash=sha256:{SHA}",
        f"a x.bin --unpack=no --size=1 --hash=sha256:{SHA}",
        f"a x.bin --size=\u0663 --hash=sha256:{SHA}",
        f"a x.bin --kms-key=arn:aws:kms:k --size=1 --hash=sha256:{SHA}",
        f"a s3://bucket/k --region=eu-west-1 --kms-key=* --size=1 --hash=sha256:{SHA}",
        f"a s3://bucket/k --region=elsewhere.com/ --size=1 --hash=sha256:{SHA}",
    ],
)
def test_a_wrong_line_of_a_lock_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "artifacts.txt"
    path.write_text(line)
    with pytest.raises(ConfigurationError, match="renew the lock with `make lock`"):
        parse_lock(path)


@pytest.fixture
def app(tmp_path: Path) -> Application:
    """An application whose artifacts.in and lock fit together."""
    made = application(tmp_path / "app")
    (tmp_path / "local.bin").write_bytes(b"local")
    made.artifacts_path.write_text(
        "local.bin ../local.bin\n'of/s 3.bin' 's3://my-bucket/a b'\n"
        "saved https://example.com/a.tar.gz?download=1 unpack\n"
    )
    local = "25bf8e1a2393f1108d37029b3df5593236c755742ec93465bbafa9b290bddcf6"
    made.artifacts_lock_path.write_text(LOCK_OF_ALL.replace("0" * 64, local))
    return made


def release(app: Application) -> Artifacts:
    found = Artifacts.of(app)
    assert found is not None
    return found


def stale(app: Application) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        Artifacts.of(app)
    return [str(problem) for problem in raised.value.problems]


def test_a_lock_of_what_is_asked_for_is_taken(app: Application) -> None:
    assert [artifact.name for artifact in release(app).artifacts] == [a.name for a in ALL]
    assert release(app).urls == ("https://example.com/a.tar.gz?download=1",)
    assert release(app).buckets == ("my-bucket",)


def test_artifacts_without_a_lock_are_refused(app: Application) -> None:
    app.artifacts_lock_path.unlink()
    (said,) = stale(app)
    assert said.endswith("Remedy: `make lock`")


def test_what_the_lock_does_not_have_is_named(app: Application) -> None:
    app.artifacts_path.write_text(
        "new x.bin\nlocal.bin ../local.bin\n'of/s 3.bin' 's3://my-bucket/a b?versionId=v2'\n"
    )
    assert [line.partition(":")[0] for line in stale(app)] == [
        "artifacts.txt = nothing",
        "artifacts.txt = 'of/s 3.bin' 's3",
        "artifacts.txt = saved 'https",
    ]


def test_a_local_file_that_has_changed_or_gone_is_named(app: Application, tmp_path: Path) -> None:
    (tmp_path / "local.bin").write_bytes(b"other")
    (said,) = stale(app)
    assert "the file has changed since it was locked. Remedy: `make lock`" in said
    (tmp_path / "local.bin").unlink()
    (said,) = stale(app)
    assert "it cannot be read: No such file or directory" in said


def test_the_id_is_that_of_the_content_and_not_of_the_source() -> None:
    made = Artifacts(artifacts=ALL, format=4)
    moved = replace(ALL[2], wish=replace(ALL[2].wish, source=Web("https://elsewhere.org/x")))
    elsewhere = replace(ALL[1], region="us-east-1", kms_key_arn="")
    assert Artifacts(artifacts=(moved, elsewhere, ALL[0]), format=4).id == made.id
    assert made.id == "4d3d9cdf156372af"
    others = [
        Artifacts(artifacts=ALL[:2], format=4),
        Artifacts(artifacts=ALL, salt="again", format=4),
        Artifacts(artifacts=ALL, format=99),
        *(
            Artifacts(artifacts=(*ALL[:2], other), format=4)
            for other in (
                replace(ALL[2], sha256="b" * 64),
                replace(ALL[2], size=10),
                replace(ALL[2], wish=replace(ALL[2].wish, unpack=False)),
                replace(ALL[2], wish=replace(ALL[2].wish, name="other")),
            )
        ),
    ]
    assert len({made.id, *(other.id for other in others)}) == 8


def test_an_object_is_found_by_a_url_with_its_bucket_in_the_path() -> None:
    there = S3Object("my.bucket", "a b/c+d?.bin", "v/1+2")
    assert there.url("cn-north-1", "amazonaws.com.cn") == (
        "https://s3.cn-north-1.amazonaws.com.cn/my.bucket/a%20b/c%2Bd%3F.bin?versionId=v%2F1%2B2"
    )


def test_what_would_be_a_pattern_in_a_policy_is_none() -> None:
    assert S3Object("b", "a*b?c$d").arn("aws") == "arn:aws:s3:::b/a${*}b${?}c${$}d"


def test_artifacts_in_and_its_lock_do_not_travel(app: Application) -> None:
    assert set(app.files()) == {"model.py"}
    assert [path.name for path in app.locks()] == ["python3.11-arm64.txt"]
