"""Fetching files: ranges, what breaks off, what is refused, what differs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_src.release.installation import aws
from lambda_src.release.installation.fetching import Wanted, fetch, source
from lambda_src.release.installation.fetching import download as downloads
from lambda_src.release.layout import ExitCode, InstallError
from tests.web import Web, sha256

from ..conftest import LAMBDA_SRC

CONTENT = bytes(range(256)) * 40
"""10,240 bytes; a range has 1,000."""


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(downloads, "PART", 1_000)
    monkeypatch.setattr(downloads, "_CHUNK", 300)
    monkeypatch.setattr(downloads, "_LONGEST_PAUSE", 0.01)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    server = Web({"/weights": CONTENT})
    yield server
    server.close()


def wanted(web: Web, path: str = "/weights", content: bytes = CONTENT, **more: object) -> Wanted:
    fields = {"name": path.strip("/"), "size": len(content), "sha256": sha256(content)} | more
    return Wanted(url=web.url + path, **fields)  # type: ignore[arg-type]


def refused(web: Web, folder: Path, **more: object) -> InstallError:
    with pytest.raises(InstallError) as raised:
        fetch([wanted(web, **more)], folder)  # type: ignore[arg-type]
    return raised.value


def test_a_file_comes_in_ranges_that_are_each_asked_for_once(web: Web, tmp_path: Path) -> None:
    fetch([wanted(web)], tmp_path)
    assert (tmp_path / "weights").read_bytes() == CONTENT
    assert sorted(range_ for _, range_ in web.asked) == sorted(
        f"bytes={begin}-{min(begin + 1_000, 10_240) - 1}" for begin in range(0, 10_240, 1_000)
    )


def test_many_files_come_at_once_into_folders_of_their_own(web: Web, tmp_path: Path) -> None:
    files = {f"/many/{number}": CONTENT[number : number + 50 * number] for number in range(60)}
    web.files |= files
    fetch([wanted(web, path, content) for path, content in files.items()], tmp_path)
    there = {f"/many/{path.name}": path.read_bytes() for path in (tmp_path / "many").iterdir()}
    assert there == files


def test_a_size_that_nobody_knows_is_that_of_the_source(web: Web, tmp_path: Path) -> None:
    fetch([wanted(web, size=None)], tmp_path)
    assert (tmp_path / "weights").read_bytes() == CONTENT


@pytest.mark.parametrize("lengths", [True, False])
def test_a_source_without_ranges_is_read_from_beginning_to_end(
    web: Web, tmp_path: Path, lengths: bool
) -> None:
    web.ranges, web.lengths = False, lengths
    fetch([wanted(web)], tmp_path)
    assert (tmp_path / "weights").read_bytes() == CONTENT
    assert len(web.asked) == 1


def test_what_breaks_off_goes_on_where_it_was(web: Web, tmp_path: Path) -> None:
    web.breaks = [700, 100]
    web.files["/weights"] = CONTENT[:1_000]
    fetch([wanted(web, content=CONTENT[:1_000])], tmp_path)
    assert (tmp_path / "weights").read_bytes() == CONTENT[:1_000]
    assert [range_ for _, range_ in web.asked] == [
        "bytes=0-999",
        "bytes=700-999",
        "bytes=800-999",
    ]


def test_without_ranges_what_broke_off_comes_again(web: Web, tmp_path: Path) -> None:
    web.ranges, web.breaks = False, [4_321]
    fetch([wanted(web)], tmp_path)
    assert (tmp_path / "weights").read_bytes() == CONTENT
    assert len(web.asked) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_status_that_passes_is_asked_again(web: Web, tmp_path: Path, status: int) -> None:
    web.statuses = [status, status]
    fetch([wanted(web)], tmp_path)
    assert (tmp_path / "weights").read_bytes() == CONTENT


def test_a_status_that_stays_ends_it_after_some_attempts(web: Web, tmp_path: Path) -> None:
    web.statuses = [503] * 9
    error = refused(web, tmp_path)
    assert (error.code, len(web.statuses)) == (ExitCode.SOURCE, 6)
    assert str(error) == (
        f"weights cannot be fetched from {web.url}/weights: 127.0.0.1 answers 503 Service "
        "Unavailable. See that it is there, that everybody may read it, and that the task reaches "
        "it (egress, endpoints, proxy)."
    )


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_is_gone_or_refused_is_asked_for_once(web: Web, tmp_path: Path, status: int) -> None:
    web.statuses = [status]
    error = refused(web, tmp_path)
    assert (error.code, len(web.asked)) == (ExitCode.SOURCE, 1)
    assert f"127.0.0.1 answers {status} " in str(error)


def test_a_source_that_is_not_reached_is_named(web: Web, tmp_path: Path) -> None:
    web.close()
    error = refused(web, tmp_path)
    assert error.code == ExitCode.SOURCE
    assert "Connection refused" in str(error)


def test_another_size_is_refused_with_the_first_answer(web: Web, tmp_path: Path) -> None:
    error = refused(web, tmp_path, size=9_999)
    assert (error.code, len(web.asked)) == (ExitCode.HASH_MISMATCH, 1)
    assert str(error) == (
        f"weights is not what was locked: {web.url}/weights has 10,240 bytes, and locked is 9,999. "
        "If the file was meant to change, lock it again (`make lock`, or `python -m "
        "efs_inference.lock`); if not, do not use it."
    )


def test_an_empty_file_in_the_place_of_another_is_refused(web: Web, tmp_path: Path) -> None:
    web.files["/weights"] = b""
    assert refused(web, tmp_path).code == ExitCode.HASH_MISMATCH


def test_an_empty_file_is_a_file(web: Web, tmp_path: Path) -> None:
    web.files["/weights"] = b""
    fetch([wanted(web, content=b"")], tmp_path)
    assert (tmp_path / "weights").read_bytes() == b""


def test_another_content_of_the_same_size_is_refused(web: Web, tmp_path: Path) -> None:
    changed = CONTENT[:-1] + b"!"
    web.files["/weights"] = changed
    error = refused(web, tmp_path)
    assert error.code == ExitCode.HASH_MISMATCH
    assert f"has the SHA-256 {sha256(changed)}, and locked is {sha256(CONTENT)}" in str(error)


def test_a_redirect_is_followed_for_each_range(web: Web, tmp_path: Path) -> None:
    web.leads["/here"] = f"{web.url}/weights"
    fetch([wanted(web, "/here")], tmp_path)
    assert (tmp_path / "here").read_bytes() == CONTENT


def test_a_redirect_away_from_https_is_refused(web: Web, tmp_path: Path) -> None:
    web.leads["/weights"] = "http://elsewhere.example/weights?token=secret"
    error = refused(web, tmp_path)
    assert error.code == ExitCode.SOURCE
    assert "it leads on to http://elsewhere.example, which is not https" in str(error)
    assert "secret" not in str(error)


def test_what_does_not_fit_on_the_disk_is_refused_before_it_is_asked_for(
    web: Web, tmp_path: Path
) -> None:
    error = refused(web, tmp_path, size=1 << 60)
    assert (error.code, web.asked) == (ExitCode.DISK, [])
    assert "Raise populatorEphemeralStorageGib" in str(error)


def test_a_disk_that_is_full_meanwhile_is_named(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "pwrite", full)
    error = refused(web, tmp_path)
    assert error.code == ExitCode.DISK
    assert "No space left on device" in str(error)


def test_a_file_that_is_there_is_not_touched(web: Web, tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("mine")
    with pytest.raises(FileExistsError):
        fetch([wanted(web)], tmp_path)
    assert (tmp_path / "weights").read_text() == "mine"


def test_a_stop_ends_it_while_the_source_answers_slowly(web: Web, tmp_path: Path) -> None:
    here = threading.Event()

    def slowly() -> None:
        here.set()
        time.sleep(0.3)

    web.hook = slowly
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from release.installation import stop\n"
        "from release.installation.fetching import Wanted, fetch, download\n"
        "download.PART = 100\n"
        "stop.raise_on_stop_signals()\n"
        "try:\n"
        f"    fetch([Wanted(name='a', url='{web.url}/weights', sha256='', size=10240)], "
        "Path(sys.argv[2]))\n"
        "except stop.Stopped as stopped:\n"
        "    print('stopped by', stopped)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(LAMBDA_SRC), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert here.wait(60)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    # On a busy machine it may have begun a second attempt, and said so.
    assert said.splitlines()[-1] == "stopped by SIGTERM"
    assert len(web.asked) < 100


def test_s3_is_asked_as_the_role_with_credentials_that_are_kept(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def credentials() -> dict[str, str]:
        asked.append("")
        return {"AccessKeyId": "ASIA", "SecretAccessKey": "secret", "Token": "token"}

    monkeypatch.setattr(aws, "credentials", credentials)
    monkeypatch.setattr(source, "_keys", source._Keys())
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", web.url)
    web.files["/my.bucket/a/weights"] = CONTENT
    url = "https://s3.eu-central-1.amazonaws.com/my.bucket/a/weights?versionId=v.1"
    one = Wanted(name="w", url=url, size=len(CONTENT), sha256=sha256(CONTENT), signed=True)
    fetch([one], tmp_path)
    assert (tmp_path / "w").read_bytes() == CONTENT
    assert ({path for path, _ in web.asked}, len(asked)) == (
        {"/my.bucket/a/weights?versionId=v.1"},
        1,
    )


@pytest.mark.parametrize(
    ("status", "attempts", "says"),
    [
        (404, 1, "S3 answers 404. "),
        (403, 3, "S3 answers 403, which it also says of what is gone, to who may not list"),
    ],
)
def test_what_s3_refuses_is_said_in_its_words(
    web: Web,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    attempts: int,
    says: str,
) -> None:
    keys = {"AccessKeyId": "ASIA", "SecretAccessKey": "secret"}
    monkeypatch.setattr(aws, "credentials", lambda: keys)
    monkeypatch.setattr(source, "_keys", source._Keys())
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", web.url)
    web.statuses = [status] * 9
    url = "https://s3.eu-central-1.amazonaws.com/bucket/weights"
    with pytest.raises(InstallError) as raised:
        fetch([Wanted(name="w", url=url, sha256="", size=10, signed=True)], tmp_path)
    assert (raised.value.code, len(web.asked)) == (ExitCode.SOURCE, attempts)
    assert says in str(raised.value)
    assert "the task's role may read it" in str(raised.value)
