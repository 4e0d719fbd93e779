"""What travels where, and what cannot."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from components import Application, ConfigurationError
from components.contract import runtime
from components.contract.application import RUNTIME_BYTES
from components.contract.package import Package

OWN = Application(runtime.ROOT / "application")


def modules(*folders: str) -> set[str]:
    return {
        path.relative_to(runtime.ROOT).as_posix()
        for folder in folders
        for path in (runtime.ROOT / folder).glob("*.py" if folder == "release" else "**/*.py")
    }


def test_the_task_gets_the_installer_the_application_the_lock_and_what_it_measures() -> None:
    files = runtime.task_files(OWN, "six==1\n")
    ours = modules("release", "release/installation", "release/activation")
    assert set(files) == {*ours, *OWN.files(), runtime.LOCK}
    assert files[runtime.LOCK] == b"six==1\n"


def test_the_function_gets_the_handler_the_application_and_what_activates_a_release() -> None:
    assert set(runtime.function_files(OWN)) == {
        *modules("release", "release/activation"),
        *OWN.files(),
        "handler.py",
    }


def test_the_runtime_needs_no_more_than_what_is_kept_for_it() -> None:
    own = {n: p for n, p in runtime.function_files(OWN).items() if n not in OWN.files()}
    assert sum(path.stat().st_size for path in own.values()) < RUNTIME_BYTES


def test_a_file_of_the_users_that_is_called_like_the_lock_travels(tmp_path: Path) -> None:
    app = folder(tmp_path, "requirements.txt")
    files = runtime.task_files(app, "six==1\n")
    assert files["requirements.txt"] == app.root / "requirements.txt"


def folder(root: Path, *names: str) -> Application:
    for name in ("model.py", *names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return Application(root)


def test_every_module_and_data_file_of_the_application_travels_to_both(tmp_path: Path) -> None:
    stays = ["requirements.in", "locks/python3.11-x86_64.txt", "tests/test_a.py", "test_model.py"]
    stays += ["notes.ipynb", ".env", "__pycache__/model.pyc", "features/conftest.py"]
    app = folder(tmp_path, "features.py", "data/labels.json", "pre/deep/cut.py", *stays)
    assert set(app.files()) == {"model.py", "features.py", "data/labels.json", "pre/deep/cut.py"}
    assert set(app.files()) <= set(runtime.function_files(app))
    assert set(app.files()) <= set(runtime.task_files(app, ""))


@pytest.mark.parametrize(
    "name",
    [
        *("handler.py", "release/mine.py", "handler/__init__.py", "release.py"),
        *("handler.cpython-312-x86_64-linux-gnu.so", "release.abi3.so", "handler/data.json"),
    ],
)
def test_a_file_that_would_hide_the_runtime_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="names of the runtime"):
        runtime.function_files(folder(tmp_path, name))


@pytest.mark.parametrize(
    "name", ["json.py", "queue/__init__.py", "random.abi3.so", "types/__init__.cpython-312-x.so"]
)
def test_a_module_that_would_hide_one_of_the_standard_library_is_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(ConfigurationError, match="is in the standard library") as refused:
        folder(tmp_path, name)
    assert name in str(refused.value)


def test_data_and_modules_further_down_may_be_called_like_others(tmp_path: Path) -> None:
    names = ["handler.json", "release.txt", "json/table.csv", "code/a.py", "features/json.py"]
    names += ["types.csv", "jsons.py", "features/handler.py", "queue/deep/__init__.py"]
    assert set(folder(tmp_path, *names).files()) == {"model.py", *names}


def test_a_folder_without_a_model_is_no_application(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"a folder with model\.py"):
        Application(tmp_path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    app = folder(tmp_path / "app")
    (app.root / "linked").symlink_to(tmp_path, target_is_directory=True)
    (app.root / "gone.json").symlink_to(tmp_path / "gone.json")
    (app.root / "loop").symlink_to("loop")
    os.mkfifo(app.root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(app.root / "socket"))
        with pytest.raises(
            ConfigurationError,
            match=r"gone\.json, linked, loop, pipe, socket: what travels is files",
        ):
            app.files()


def test_a_link_to_a_file_travels_as_that_file(tmp_path: Path) -> None:
    app = folder(tmp_path / "app")
    (tmp_path / "shared.py").write_text("shared")
    (app.root / "linked.py").symlink_to("../shared.py")
    assert app.files()["linked.py"].read_text() == "shared"


@pytest.mark.parametrize(
    ("name", "shown"),
    [(b"caf\xe9.txt", r"caf\udce9.txt"), (b"a\nb.txt", r"a\nb.txt"), (b"a\\b.txt", r"a\\b.txt")],
    ids=["no UTF-8", "line break", "backslash"],
)
def test_a_name_that_cannot_travel_is_refused_and_shown(
    tmp_path: Path, name: bytes, shown: str
) -> None:
    app = folder(tmp_path)
    Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_text("")
    with pytest.raises(
        ConfigurationError, match=re.escape(f"{shown}: a name that travels")
    ) as caught:
        app.files()
    assert str(caught.value).encode()


def test_many_files_that_cannot_travel_are_not_all_listed(tmp_path: Path) -> None:
    app = folder(tmp_path)
    for number in range(8):
        (tmp_path / f"gone{number}").symlink_to("nowhere")
    with pytest.raises(ConfigurationError, match="gone4 and 3 more: what travels is files"):
        app.files()


AS_NOBODY = """
import os, sys
from pathlib import Path
from components import Application
os.getuid() or os.setuid(65534)
Application(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("what", ["data/labels.json", "data"])
def test_what_cannot_be_read_is_refused(what: str) -> None:
    with tempfile.TemporaryDirectory() as root:
        app = folder(Path(root), "data/labels.json")
        app.root.chmod(0o755)
        (app.root / what).chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, app.root],
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=False,
        )
        (app.root / what).chmod(0o755)
    assert "ConfigurationError: 1 problem in the configuration" in done.stderr, done.stderr
    assert re.search(r"chmod u\+r", done.stderr)


def test_all_of_it_is_checked_when_the_application_is_named(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "gone").symlink_to("nowhere")
    with pytest.raises(ConfigurationError, match="gone: what travels is files"):
        Application(tmp_path)


@pytest.mark.parametrize("more", [0, 1])
def test_more_than_lambda_accepts_is_refused_with_the_largest_file(
    tmp_path: Path, more: int
) -> None:
    app = folder(tmp_path, "weights.bin")
    room = 249 * 1024 * 1024 - len("model.py")
    with (app.root / "weights.bin").open("wb") as weights:
        weights.truncate(room + more)
    if not more:
        assert set(app.files()) == {"model.py", "weights.bin"}
        return
    says = r"put the largest, weights\.bin, beside the folder, and name it in artifacts\.in"
    with pytest.raises(ConfigurationError, match=says):
        app.files()


def test_another_lock_makes_another_package_and_the_same_one_the_same() -> None:
    made = [Package(runtime.task_files(OWN, lock)) for lock in ("six==1\n", "six==1\n", "six==2\n")]
    for package in made:
        package.remove()
    assert made[0].sha256 == made[1].sha256 != made[2].sha256
