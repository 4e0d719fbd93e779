"""Source: what travels where, and that it is the same each time."""

from __future__ import annotations

import ast
import base64
import io
import re
import zipfile
import zlib
from pathlib import Path

import pytest

from components.source import Source, bare

SOURCE = Source(Path(__file__).parents[2] / "lambda_src")


def unpacked(installer: str) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(zlib.decompress(base64.b64decode(installer)))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_installer_brings_its_modules_of_the_release_package_the_model_and_the_lock() -> None:
    files = unpacked(SOURCE.installer("six==1\n"))
    assert set(files) == {
        *modules("release", "release/installation"),
        "model.py",
        "requirements.txt",
    }
    assert files["requirements.txt"] == "six==1\n"


@pytest.mark.parametrize(
    "path", sorted((SOURCE.root / "release").rglob("*.py")), ids=lambda p: p.stem
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
        path.relative_to(SOURCE.root).as_posix()
        for folder in folders
        for path in (SOURCE.root / folder).glob("*.py")
    }


def test_the_same_input_gives_the_same_installer() -> None:
    assert SOURCE.installer("six==1\n") == SOURCE.installer("six==1\n")


def test_another_lock_gives_another_installer() -> None:
    assert SOURCE.installer("six==1\n") != SOURCE.installer("six==2\n")


def test_the_function_gets_the_handler_the_model_and_what_activates_a_release() -> None:
    archive = SOURCE.function_archive()
    assert set(archive.assets) == {
        *modules("release", "release/activation"),
        "handler.py",
        "model.py",
    }


def test_the_release_format_is_read_from_the_layout() -> None:
    assert SOURCE.release_format >= 1
