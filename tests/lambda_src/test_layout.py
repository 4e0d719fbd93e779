"""What both sides agree on."""

from pathlib import Path

import pytest

from lambda_src.release.layout import ExitCode, File, Manifest, ReleaseError, is_published

MANIFEST = Manifest(
    release="0123456789abcdef",
    python="3.11.7",
    architecture="x86_64",
    created="2030-01-01T00:00:00+00:00",
    files=(File(path="site-packages/a.py", size=3, sha256="aa"),),
    links={"site-packages/b.py": "a.py"},
)


def test_a_manifest_reads_as_it_was_written(tmp_path: Path) -> None:
    MANIFEST.write(tmp_path)
    assert Manifest.read(tmp_path) == MANIFEST


def test_a_manifest_keeps_file_names_that_are_no_unicode(tmp_path: Path) -> None:
    name = b"site-packages/\xff.py".decode("utf-8", "surrogateescape")
    manifest = Manifest(**vars(MANIFEST) | {"files": (File(path=name, size=0, sha256="aa"),)})
    manifest.write(tmp_path)
    assert Manifest.read(tmp_path).files[0].path == name


def test_a_directory_is_a_release_when_it_has_a_manifest(tmp_path: Path) -> None:
    assert not is_published(tmp_path)
    MANIFEST.write(tmp_path)
    assert is_published(tmp_path)


def test_a_manifest_is_never_overwritten(tmp_path: Path) -> None:
    MANIFEST.write(tmp_path)
    with pytest.raises(FileExistsError):
        MANIFEST.write(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 1, "files": 3}'])
def test_a_damaged_manifest_is_refused_with_its_path(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ReleaseError, match=r"manifest\.json is damaged"):
        Manifest.read(tmp_path)


def test_every_exit_code_is_documented() -> None:
    documented = {line.split()[0] for line in (ExitCode.__doc__ or "").splitlines() if line.strip()}
    assert {str(code.value) for code in ExitCode} <= documented
