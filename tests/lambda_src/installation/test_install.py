"""The installer with the real pip and a small index: a release is published whole."""

import hashlib
import importlib.util
import marshal
import os
import platform
import stat

import pytest

from lambda_src.release.bundle import Bundle
from lambda_src.release.layout import FORMAT, Manifest

from ..conftest import PHASES, RELEASE_ID, Populate, Run

Published = tuple[Populate, Run]


def test_a_release_is_published(published: Published) -> None:
    populate, run = published
    assert (run.code, run.last["outcome"], populate.release.is_dir()) == (0, "published", True)


def test_settings_of_pip_that_change_what_is_installed_are_ignored(published: Published) -> None:
    populate, _ = published
    assert populate.environment["PIP_NO_INDEX"] == "1"
    assert (populate.release / "site-packages/shapes/sides.py").is_file()


def test_the_manifest_lists_every_file_with_size_and_hash(published: Published) -> None:
    release = published[0].release
    found = {
        str(path.relative_to(release)): (
            path.stat().st_size,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in release.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    listed = {file.path: (file.size, file.sha256) for file in Manifest.read(release).files}
    assert listed == found


def test_the_manifest_says_what_made_the_release(published: Published) -> None:
    manifest = Manifest.read(published[0].release)
    assert (manifest.format, manifest.release, manifest.python) == (
        FORMAT,
        RELEASE_ID,
        platform.python_version(),
    )


def test_the_architecture_is_in_lambdas_words(published: Published) -> None:
    assert Manifest.read(published[0].release).architecture in ("x86_64", "arm64")


def test_the_summary_has_files_bytes_and_seconds_of_each_phase(published: Published) -> None:
    populate, run = published
    manifest = Manifest.read(populate.release)
    assert run.last["phase"] == "summary"
    assert (run.last["files"], run.last["bytes"]) == (len(manifest.files), manifest.bytes)
    assert list(run.last["seconds"]) == [*PHASES[1:], "total"]


def test_the_phases_are_logged_in_order(published: Published) -> None:
    phases = list(dict.fromkeys(line["phase"] for line in published[1].lines))
    assert phases == [*PHASES, "summary"]


def test_each_package_is_one_progress_line(published: Published) -> None:
    lines = [line for line in published[1].lines if line["phase"] == "install" and "done" in line]
    assert [(line["done"], line["of"]) for line in lines] == [(1, 1)]
    assert lines[0]["message"].startswith("shapes-1.0-py3-none-any.whl")


def test_nothing_but_the_release_is_left(published: Published) -> None:
    assert published[0].left_behind() == set()


def test_an_executable_of_a_wheel_stays_executable(published: Published) -> None:
    tool = published[0].release / "site-packages/shapes/tool"
    assert stat.S_IMODE(tool.stat().st_mode) == 0o755


def test_a_source_that_does_not_compile_is_only_counted(published: Published) -> None:
    messages = [line.get("message") for line in published[1].lines]
    assert "2 sources compiled, 1 do not compile" in messages


def bytecode(populate: Populate, source: str) -> bytes:
    """What the bundle has of a source that the import has used."""
    bundle = Bundle(str(populate.release))
    found = bundle.read(importlib.util.cache_from_source(source))
    os.close(bundle.descriptor)
    assert found is not None
    return found


def test_bytecode_is_never_checked_against_its_source(published: Published) -> None:
    header = bytecode(published[0], "shapes/sides.py")[:8]
    assert int.from_bytes(header[4:8], "little") == 0b01  # PEP 552: by hash, unchecked


def test_bytecode_names_the_published_source(published: Published) -> None:
    source = published[0].release / "site-packages/shapes/sides.py"
    code = marshal.loads(bytecode(published[0], "shapes/sides.py")[16:])
    assert code.co_filename == str(source)


def test_a_published_release_can_be_activated_and_imported(published: Published) -> None:
    populate, _ = published
    said = populate.ask("import shapes; print(shapes.__file__, shapes.SIDES)")
    assert said == f"{populate.release}/site-packages/shapes/__init__.py 4"


def test_a_release_that_is_there_is_left_as_it_is_without_running_pip(
    published: Published,
) -> None:
    run = published[0].run()
    assert (run.code, run.last["outcome"]) == (0, "already-published")
    assert {line["phase"] for line in run.lines} == {"mount", "summary"}


def test_two_installers_of_one_release_end_with_one_whole_release(populate: Populate) -> None:
    first, second = populate.start(), populate.start()
    runs = [populate.finish(first), populate.finish(second)]
    assert [run.code for run in runs] == [0, 0]
    assert "published" in {run.last["outcome"] for run in runs}
    assert populate.left_behind() == set()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("import absent\n", "No module named 'absent'\nAdd the package to requirements.in"),
        ("import pytest\n", "No module named 'pytest'"),
        (
            "import os\nopen(os.path.expanduser('~/x'), 'w')\n",
            "/home/sbx_user1051/x'\nOn Lambda there is no HOME: write to /tmp",
        ),
        ("import shapes\ndef load():\n    1 / 0\n", "ZeroDivisionError"),
        ("import shapes\ndef demonstrate():\n    shapes.nothing()\n", "AttributeError"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "was ended by SIGSEGV"),
    ],
    ids=["missing", "not-locked", "home", "load", "demonstrate", "crash"],
)
def test_a_model_that_does_not_run_is_not_published(
    populate: Populate, model: str, message: str
) -> None:
    populate.write_model(model)
    run = populate.run()
    assert (run.code, run.last["kind"]) == (13, "import")
    assert message in run.message
    assert populate.left_behind() == set()
    assert not populate.release.exists()
