"""A release of the format before: what serves goes on serving, and what judges says what to do."""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path

import pytest

from components.contract import Release, Target
from lambda_src.release.bundle import BUNDLE, head
from lambda_src.release.layout import FORMAT, MANIFEST, Manifest, ReleaseError

from .function import Function


@pytest.fixture
def function(tmp_path: Path) -> Function:
    """A function whose release a former version of this code has published, bundle and all."""
    function = Function(tmp_path)
    manifest = function.release / MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": FORMAT - 1}))
    index = b"(what a bundle had then)"
    line = head(function.release.name).replace(
        f"cold-start {FORMAT} ".encode(), f"cold-start {FORMAT - 1} ".encode()
    )
    sizes = f"{len(index)} {zlib.crc32(index)}\n".encode()
    (function.release / BUNDLE).write_bytes(line + sizes + index)
    return function


def test_a_function_serves_from_it_without_its_bundle_and_says_so(function: Function) -> None:
    result = function.run({"instances": [1]}, {})

    assert result.answers == [{"predictions": [1]}, {"statusCode": 200, "sides": 4}]
    (warning,) = [line["message"] for line in result.logs if line["level"] == "WARN"]
    assert "has no bundle to use" in warning
    (cold,) = [line for line in result.logs if line["message"] == "cold start"]
    assert (cold["imports"], cold["BundleUsed"]) == ("plain", 0)


def test_a_verification_names_both_formats_and_the_remedy(function: Function) -> None:
    message = f"has format {FORMAT - 1}, this code reads format {FORMAT}. Deploy function and"
    with pytest.raises(ReleaseError, match=message):
        Manifest.read(function.release)


def test_the_format_is_part_of_a_release_s_name() -> None:
    """So a new version of this code asks for another release, and never for one of this kind."""
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    one = Release(pins=(), target=Target(runtime=python))
    assert one.id != Release(pins=(), target=one.target, format=FORMAT - 1).id
