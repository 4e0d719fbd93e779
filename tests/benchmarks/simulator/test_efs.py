"""The simulator of EFS: what it counts and what it delays."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.simulator import Efs, Preset

from ..conftest import FREE, Script


def test_names_are_cached_whether_they_are_there_or_not(script: Script, backing: Path) -> None:
    (backing / "file").write_text("x")
    seen = script("""
for _ in range(3):
    Path("file").stat()
    Path("absent").exists()
seen["counted"] = counted()
""")
    assert seen["counted"] == {"lookup": 1, "missing": 1}


def test_without_a_cache_each_look_is_a_request(script: Script, backing: Path) -> None:
    (backing / "file").write_text("x")
    seen = script(
        """
for _ in range(3):
    Path("file").stat()
    Path("absent").exists()
seen["counted"] = counted()
""",
        Efs(preset=FREE, cache=0),
    )
    assert seen["counted"]["missing"] == 3
    assert seen["counted"]["lookup"] == 3


def test_a_file_is_opened_and_closed_each_time_but_read_once(script: Script, backing: Path) -> None:
    (backing / "file").write_bytes(b"x" * 5000)
    seen = script("""
for _ in range(2):
    Path("file").read_bytes()
seen["counted"] = counted()
""")
    expected = {"lookup": 1, "open": 2, "close": 2, "read": 1, "bytes_read": 5000}
    assert {kind: seen["counted"].get(kind) for kind in expected} == expected


def test_a_library_that_is_mapped_is_closed_with_its_mapping(script: Script, backing: Path) -> None:
    for name, head in (("library", b"\x7fELF"), ("read", b"\x7fELF"), ("text", b"text")):
        (backing / name).write_bytes(head + bytes(5000))
    seen = script("""
import mmap
Path("read").read_bytes()
seen["read"] = counted()["close"]
def mapping(name):
    with open(name, "rb") as stream:
        return mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ)
text = mapping("text")
seen["text"] = counted()["close"]
library = mapping("library")
seen["mapped"] = counted()["close"]
library.close()
while counted()["close"] == seen["mapped"]:  # FUSE tells of the end later
    time.sleep(0.01)
seen["unmapped"] = counted()["close"]
""")
    assert [seen[when] for when in ("read", "text", "mapped", "unmapped")] == [1, 2, 2, 3]


def test_a_directory_is_read_in_one_request_and_listed_from_the_cache(
    script: Script, backing: Path
) -> None:
    names = sorted(f"a-rather-long-name-{number}" for number in range(500))
    for name in names:
        (backing / name).touch()
    seen = script("""
seen["names"] = sorted(os.listdir("."))
seen["counted"] = counted()
""")
    assert seen["names"] == names
    assert seen["counted"] == {"readdir": 1}


def test_writes_go_out_in_pieces_and_more_than_one_needs_a_commit(
    script: Script, backing: Path
) -> None:
    seen = script("""
Path("small").write_bytes(b"x" * 10)
seen["small"] = counted()
Path(".counters").write_text("")
Path("large").write_bytes(b"x" * (5 << 19))
seen["large"] = counted()
""")
    kinds = ("create", "write", "commit", "close", "bytes_written")
    assert [seen["small"].get(kind, 0) for kind in kinds] == [1, 1, 0, 1, 10]
    assert [seen["large"].get(kind, 0) for kind in kinds] == [1, 3, 1, 1, 5 << 19]
    assert (backing / "large").stat().st_size == 5 << 19


def test_what_an_installer_does_works_and_is_counted(script: Script, backing: Path) -> None:
    seen = script("""
Path("made").mkdir()
Path("made/file").write_text("text")
os.link("made/file", "made/linked")
os.symlink("file", "made/symbolic")
seen["target"] = os.readlink("made/symbolic")
os.chmod("made/file", 0o600)
os.utime("made/file", (1, 2))
with open("made/file", "r+b") as stream:
    os.fsync(stream.fileno())
os.rename("made/file", "made/renamed")
seen["renamed"] = Path("made/renamed").read_text() + Path("made/linked").read_text()
os.rename("made", "moved")
seen["moved"] = Path("moved/renamed").read_text()
os.unlink("moved/linked")
Path("gone").mkdir()
os.rmdir("gone")
os.truncate("moved/renamed", 2)
seen["free"] = os.statvfs(".").f_bavail > 0
seen["counted"] = counted()
""")
    assert seen["target"] == "file"
    assert seen["renamed"] == "texttext"
    assert seen["moved"] == "text"
    assert seen["free"]
    kinds = {
        "mkdir": 2,
        "create": 1,
        "write": 1,
        "link": 1,
        "symlink": 1,
        "readlink": 1,
        "setattr": 3,
        "commit": 1,
        "rename": 2,
        "remove": 2,
        "statfs": 1,
    }
    assert {kind: seen["counted"].get(kind) for kind in kinds} == kinds
    status = (backing / "moved" / "renamed").stat()
    assert (status.st_mode & 0o777, status.st_size) == (0o600, 2)
    assert sorted(path.name for path in backing.rglob("*")) == ["moved", "renamed", "symbolic"]


def test_a_lock_excludes_a_second_one(script: Script) -> None:
    seen = script("""
first, second = open("lock", "w"), open("lock", "w")
fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
try:
    fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    seen["refused"] = True
""")
    assert seen == {"refused": True}


def test_access_is_asked_once_for_each_directory_if_it_has_a_latency(
    script: Script, backing: Path
) -> None:
    (backing / "directory").mkdir()
    for name in ("a", "b", "directory/c", "directory/d"):
        (backing / name).touch()
    text = """
for name in ("a", "b", "directory/c", "directory/d"):
    os.stat(name)
seen["access"] = counted().get("access", 0)
"""
    assert script(text)["access"] == 0
    assert script(text, Efs(preset=Preset({"access": 0.01})))["access"] == 2


@pytest.mark.parametrize(
    ("preset", "text", "at_least"),
    [
        (Preset({"missing": 20}), "[os.path.exists(str(n)) for n in range(10)]", 0.2),
        (Preset({}, bandwidth=10), "Path('data').read_bytes()", 0.2),
        (Preset({}, bandwidth=10), "Path('new').write_bytes(b'x' * 2_000_000)", 0.2),
        (Preset({}, creations=50), "[open(str(n), 'x').close() for n in range(10)]", 0.2),
    ],
    ids=["latency", "reading", "writing", "creating"],
)
def test_what_costs_time_takes_at_least_that(
    script: Script, backing: Path, preset: Preset, text: str, at_least: float
) -> None:
    (backing / "data").write_bytes(b"x" * 2_000_000)
    seen = script(
        f"begin = time.monotonic()\n{text}\nseen['seconds'] = time.monotonic() - begin",
        Efs(preset=preset),
    )
    assert seen["seconds"] >= at_least


def test_a_read_only_mount_refuses_writes(script: Script, backing: Path) -> None:
    seen = script(
        """
try:
    Path("file").touch()
except OSError as error:
    seen["errno"] = os.strerror(error.errno)
""",
        Efs(preset=FREE, read_only=True),
    )
    assert seen == {"errno": "Read-only file system"}
    assert not list(backing.iterdir())
