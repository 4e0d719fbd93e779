"""What travels where, and that it is the same each time."""

from __future__ import annotations

import ast
import base64
import io
import re
import zipfile
import zlib
from pathlib import Path

import pytest

from components import Application, ConfigurationError
from components.contract import runtime
from components.contract.runtime import bare

OWN = Application(runtime.ROOT / "application")


def packed(lock: str) -> str:
    return runtime.packed(OWN, {"requirements.txt": lock})


def unpacked(installer: str) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(zlib.decompress(base64.b64decode(installer)))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_installer_brings_its_modules_of_the_release_package_the_model_and_the_lock() -> None:
    files = unpacked(packed("six==1\n"))
    assert set(files) == {
        *modules("release", "release/installation"),
        "model.py",
        "requirements.txt",
    }
    assert files["requirements.txt"] == "six==1\n"


@pytest.mark.parametrize(
    "path", sorted((runtime.ROOT / "release").rglob("*.py")), ids=lambda p: p.stem
)
def test_a_module_without_comments_and_docstrings_is_the_same_on_the_same_lines(path: Path) -> None:
    def code(text: str) -> list[tuple[int, str]]:
        return [
            (node.lineno, ast.dump(node))
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.stmt) and not hasattr(node, "body") and not is_text(node)
        ]

    def is_text(node: ast.AST) -> bool:
        return isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str)

    text = path.read_text()
    found = bare(text)
    assert code(found) == code(text)
    texts = [ast.unparse(node) for node in ast.walk(ast.parse(found)) if is_text(node)]
    assert set(map(ast.literal_eval, texts)) <= {""}
    assert not re.search(r"^ *#", found, re.MULTILINE)


def modules(*folders: str) -> set[str]:
    return {
        path.relative_to(runtime.ROOT).as_posix()
        for folder in folders
        for path in (runtime.ROOT / folder).glob("*.py" if folder == "release" else "**/*.py")
    }


def test_the_same_input_gives_the_same_installer() -> None:
    assert packed("six==1\n") == packed("six==1\n")


def test_another_lock_gives_another_installer() -> None:
    assert packed("six==1\n") != packed("six==2\n")


def test_the_function_gets_the_handler_the_model_and_what_activates_a_release() -> None:
    archive = runtime.function_archive(OWN)
    assert set(archive.assets) == {
        *modules("release", "release/activation"),
        "handler.py",
        "model.py",
    }


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
    assert set(app.files()) <= set(runtime.task_files(app))


@pytest.mark.parametrize("name", ["handler.py", "release/mine.py", "handler/__init__.py"])
def test_a_file_that_would_hide_the_runtime_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="names of the runtime"):
        runtime.function_files(folder(tmp_path, name))


def test_a_folder_without_a_model_is_no_application(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"a folder with model\.py"):
        Application(tmp_path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    app = folder(tmp_path / "app")
    (app.root / "linked").symlink_to(tmp_path, target_is_directory=True)
    (app.root / "gone.json").symlink_to(tmp_path / "gone.json")
    with pytest.raises(ConfigurationError, match=r"gone\.json, linked: what travels is files"):
        app.files()


def test_more_than_lambda_accepts_is_refused_with_the_largest_file(tmp_path: Path) -> None:
    app = folder(tmp_path, "weights.bin")
    with (app.root / "weights.bin").open("wb") as weights:
        weights.truncate(250 * 1024 * 1024)
    with pytest.raises(ConfigurationError, match=r"the largest file is weights\.bin"):
        app.files()
