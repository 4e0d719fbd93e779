"""Source: what travels where, and that it is the same each time."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from pathlib import Path

import pulumi
import pytest

from components.source import FUNCTION_FILES, FUNCTION_ONLY, Source

SOURCE = Source(Path(__file__).parents[2] / "lambda_src")


def unpacked(installer: str) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(zlib.decompress(base64.b64decode(installer)))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_installer_brings_its_modules_of_the_release_package_the_model_and_the_lock() -> None:
    files = unpacked(SOURCE.installer("six==1\n"))
    modules = {f"release/{path.name}" for path in (SOURCE.root / "release").glob("*.py")}
    assert set(files) == modules - set(FUNCTION_ONLY) | {"model.py", "requirements.txt"}
    assert files["requirements.txt"] == "six==1\n"


def test_the_same_input_gives_the_same_installer() -> None:
    assert SOURCE.installer("six==1\n") == SOURCE.installer("six==1\n")


def test_another_lock_gives_another_installer() -> None:
    assert SOURCE.installer("six==1\n") != SOURCE.installer("six==2\n")


def test_the_function_gets_an_explicit_list_of_files_without_the_installer() -> None:
    archive = SOURCE.function_archive()
    assert set(archive.assets) == set(FUNCTION_FILES)
    assert "release/install.py" not in archive.assets


@pytest.mark.parametrize("name", FUNCTION_FILES)
def test_every_file_of_the_function_exists(name: str) -> None:
    asset = SOURCE.function_archive().assets[name]
    assert isinstance(asset, pulumi.FileAsset)
    assert Path(asset.path).is_file()


def test_the_release_format_is_read_from_the_layout() -> None:
    assert SOURCE.release_format >= 1
