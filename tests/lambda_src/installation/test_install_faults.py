"""The installer when something is wrong: exit code, message, and nothing left behind."""

import errno
import os
import shutil
import subprocess
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from lambda_src.release.installation import command, job
from lambda_src.release.installation.libraries.pip import environment, failure
from lambda_src.release.layout import ExitCode, InstallError

from ..conftest import RELEASE_ID, SHAPES, Populate, Run, Wheel, build_wheel

pytestmark = pytest.mark.whole

SOURCE = Wheel("shapes_source-1.0.tar.gz", b"no archive")
ELSEWHERE = build_wheel("elsewhere", {"elsewhere.py": ""}, tag="cp311-cp311-win_amd64")


def assert_failed(populate: Populate, run: Run, code: int, kind: str, message: str) -> None:
    assert (run.code, run.last["phase"], run.last["kind"]) == (code, "failure", kind)
    assert message in run.message
    assert not populate.release.exists()
    assert populate.left_behind() == set()


@pytest.mark.parametrize(
    ("lock", "message"),
    [
        ("absent==1.0 " + SHAPES.pin.split()[1], "absent==1.0"),
        (SHAPES.pin.replace("1.0", "2.0"), "shapes==2.0"),
        (ELSEWHERE.pin, "elsewhere==1.0"),
        (f"{SOURCE.project}==1.0 {SOURCE.pin.split()[1]}", "shapes_source==1.0"),
    ],
    ids=["no-package", "no-version", "other-platform", "source-only"],
)
def test_a_package_without_a_wheel_for_the_target_is_a_resolution_error(
    populate: Populate, lock: str, message: str
) -> None:
    populate.index.add(SOURCE, ELSEWHERE)
    populate.write_lock(lock)
    assert_failed(populate, populate.run(), 10, "resolution", message)


def test_a_malformed_lock_is_refused_before_pip_runs(populate: Populate) -> None:
    populate.write_lock("-e .")
    run = populate.run()
    assert_failed(populate, run, 10, "resolution", "'-e .'")
    assert "install" not in {line["phase"] for line in run.lines}


def test_a_wrong_hash_is_a_hash_mismatch(populate: Populate) -> None:
    populate.write_lock(Wheel(SHAPES.filename, b"locked").pin)
    assert_failed(populate, populate.run(), 12, "hash-mismatch", "Expected sha256")


@pytest.mark.parametrize("status", [500, 504, 403])
def test_an_index_that_answers_with_an_error_is_a_network_error(
    populate: Populate, status: int
) -> None:
    populate.index.status = status
    assert_failed(populate, populate.run(), 11, "network", str(status))


def test_an_unreachable_index_is_a_network_error(populate: Populate) -> None:
    populate.index.close()
    assert_failed(populate, populate.run(), 11, "network", "Connection refused")


def test_a_download_that_breaks_off_is_a_network_error(populate: Populate) -> None:
    populate.index.keep = 0.5
    assert_failed(populate, populate.run(), 11, "network", "not enough bytes")


def test_credentials_of_the_index_are_not_logged(populate: Populate) -> None:
    populate.index.close()
    populate.index.url = populate.index.url.replace("://", "://user:secret@")
    assert "secret" not in str(populate.run().lines)


@pytest.mark.parametrize(
    ("versions", "shown"),
    [
        ("0.1, 0.2, 1.0, 1.1", "(the newest there: 0.2, 1.0, 1.1)"),
        (", ".join(f"0.{n}" for n in range(500)), "(the newest there: 0.497, 0.498, 0.499)"),
        ("1.0, 1.1", "(from versions: 1.0, 1.1)"),
        ("none", "(from versions: none)"),
    ],
)
def test_of_the_versions_that_an_index_has_the_newest_are_named(versions: str, shown: str) -> None:
    said = "Could not find a version that satisfies the requirement shapes==9 "
    error = failure(1, [f"ERROR: {said}(from versions: {versions})"], [], "https://index.example")
    assert f": {said}{shown}. The index has no wheel of that version" in str(error)


def test_pip_keeps_only_the_settings_that_say_how_the_index_is_reached() -> None:
    inherited = {
        "PIP_CERT": "c",
        "PIP_CACHE_DIR": "d",
        "HTTPS_PROXY": "p",
        "PIP_EXTRA_INDEX_URL": "x",
        "PIP_FIND_LINKS": "x",
        "PIP_CONSTRAINT": "x",
        "PYTHONPATH": "x",
    }
    assert environment(inherited, Path("/scratch")) == {
        "PIP_CERT": "c",
        "PIP_CACHE_DIR": "d",
        "HTTPS_PROXY": "p",
        "TMPDIR": "/scratch",
        "PYTHONUNBUFFERED": "1",
    }


def test_a_missing_mount_path_is_not_made(populate: Populate) -> None:
    populate.mount.rmdir()
    run = populate.run()
    assert (run.code, run.last["kind"]) == (15, "mount")
    assert f"the mount path {populate.mount} does not exist" in run.message
    assert not populate.mount.exists()


def test_a_file_in_the_mounts_place_is_a_mount_error(populate: Populate) -> None:
    populate.mount.rmdir()
    populate.mount.touch()
    run = populate.run()
    assert (run.code, "is no directory" in run.message) == (15, True)


RELATIVE = f"relative/releases/{RELEASE_ID}"


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("--release", RELATIVE, "is not <mount path>/releases/<16 hex digits>"),
        ("--release", f"/mount/{RELEASE_ID}", "is not <mount path>/releases/<16 hex digits>"),
        *(
            ("--timeout", seconds, f"{seconds} is not an integer from 1 to 9,999,999")
            for seconds in ("-5", "0", "1e3", "1.5", "x", str(10**15))
        ),
    ],
)
def test_a_value_of_another_form_is_a_usage_error(option: str, value: str, rule: str) -> None:
    options = {
        "--requirements": "requirements.txt",
        "--index-url": "https://pypi.org/simple",
        "--release": f"/mount/releases/{RELEASE_ID}",
        "--staging": "/tmp",
    }
    with pytest.raises(InstallError, match=rule) as caught:
        job.parse(["install", *chain.from_iterable((options | {option: value}).items())])
    assert caught.value.code is ExitCode.USAGE


def folder_with_a_pipe(release: Path) -> None:
    release.mkdir()
    os.mkfifo(release / "manifest.json")


TAKEN: dict[str, Callable[[Path], object]] = {
    "folder": lambda release: (release / "site-packages").mkdir(parents=True),
    "file": Path.touch,
    "link": lambda release: release.symlink_to("nowhere"),
    "pipe": os.mkfifo,
    "manifest-that-is-a-pipe": folder_with_a_pipe,
    "manifest-that-is-a-folder": lambda release: (release / "manifest.json").mkdir(parents=True),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_no_release_but_lies_in_its_place_is_said_and_stays(
    populate: Populate, what: str
) -> None:
    populate.release.parent.mkdir()
    TAKEN[what](populate.release)
    before = sorted(populate.mount.rglob("*"))
    run = populate.run()
    assert (run.code, run.last["kind"]) == (1, "error")
    assert f"{populate.release} is there without a manifest" in run.message
    assert sorted(populate.mount.rglob("*")) == before


@pytest.fixture(scope="session")
def namespaces() -> None:
    """Skips where this user may not make user and mount namespaces."""
    if shutil.which("unshare") is None:
        pytest.skip("util-linux's unshare is not installed")
    done = subprocess.run(["unshare", "-Urm", "true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"user namespaces are refused here: {done.stderr.strip()}")


def in_namespace(populate: Populate, folder: Path, mount: str) -> Run:
    """Run the installer with something mounted at the folder; its errors list what is left."""
    script = f'{mount}; shift; "$@"; code=$?; find {populate.mount} {populate.staging} -mindepth 1'
    script += " >&2; exit $code"
    populate.prefix = ("unshare", "-Urm", "sh", "-c", script, "sh", str(folder))
    return populate.run()


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize("size", ["8k", "48k"], ids=["download", "unpack"])
def test_a_full_staging_disk_is_a_disk_error(populate: Populate, size: str) -> None:
    large = build_wheel("large", {"large.py": "".join(f"x{n} = {n}\n" for n in range(9000))})
    populate.index.add(large)
    populate.write_lock(large.pin)
    run = in_namespace(populate, populate.staging, f'mount -t tmpfs -o size={size} tmpfs "$1"')
    assert (run.code, run.last.get("kind")) == (14, "disk"), run
    assert run.errors == f"{populate.mount}/releases\n"


@pytest.mark.usefixtures("namespaces")
def test_a_mount_that_is_not_writable_is_a_mount_error(populate: Populate) -> None:
    mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"'
    run = in_namespace(populate, populate.mount, mount)
    assert (run.code, run.last["kind"]) == (15, "mount")
    assert "is not writable (Read-only file system" in run.message


def test_a_failure_of_20_mb_is_a_line_that_can_be_read(populate: Populate) -> None:
    populate.write_model("raise ValueError('x' * 20_000_000)\n")
    run = populate.run()
    assert_failed(populate, run, 13, "import", "ValueError: xxx")
    assert len(run.message) < 20_000
    assert "Nothing was published." in run.message


def test_a_mount_path_of_two_lines_is_a_mount_path(populate: Populate) -> None:
    mount = populate.mount.with_name("mou\nt")
    populate.mount = populate.mount.rename(mount)
    run = populate.run()
    assert (run.code, run.last["outcome"]) == (0, "published")
    assert populate.left_behind() == set()


def test_whatever_the_import_leaves_in_staging_goes_with_it(populate: Populate) -> None:
    populate.write_model(
        "import os, shapes, socket\n"
        "os.chdir(os.path.dirname(shapes.__file__))\n"
        "os.mkfifo('pipe')\n"
        "os.mkdir('closed')\n"
        "os.mkfifo('closed/pipe')\n"
        "socket.socket(socket.AF_UNIX).bind('socket')\n"
        "os.chmod('closed', 0)\n"
    )
    populate.run()
    assert populate.left_behind() == set()


@pytest.mark.parametrize(
    ("where", "number", "code"),
    [("mount", errno.EPERM, 15), ("mount", errno.EIO, 14), ("staging", errno.EPERM, 14)],
)
def test_an_error_is_explained_by_the_disk_on_which_it_comes(
    tmp_path: Path, where: str, number: int, code: int
) -> None:
    error = OSError(number, os.strerror(number), str(tmp_path / where / "file"))
    found, message = command._explain(error, tmp_path / "mount")
    assert found == code
    assert ("EFS" in message or "elasticfilesystem" in message) == (code == 15)
