"""What a release is without: each class of files, and what stays."""

from __future__ import annotations

import importlib.util
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lambda_src.release.installation.libraries import prune
from lambda_src.release.installation.libraries.prune import Pruning
from lambda_src.release.layout import InstallError
from lambda_src.release.pruned import PRUNED

ARCHIVE = b"!<arch>\nobject/  0"
TREE = {f"tree/include/{number}.h": "" for number in range(3)}
GIVES = "def get_include():\n    ...\n"
ANY: dict[str, str | bytes] = {
    "pkg/__init__.py": "",
    "pkg/a.py": "open(here / 'named.h')\nlink('libnamed.a')  # not_named.h5, named.hpp.in\n",
    "tree/deep/config.py": GIVES,
    **TREE,
}
OWNED = "pkg/a.a,,\n../../lib/pkg/b.a,,\npkg/a.py,,\npkg/tests/b.py,,\n"


def cached(source: str) -> str:
    return importlib.util.cache_from_source(source)


def tree(root: Path, files: Mapping[str, str | bytes]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode() if isinstance(content, str) else content)


def pruning(folder: Path, options: Mapping[str, str]) -> Pruning:
    """The pruning of folder/site-packages."""
    (folder / "scratch").mkdir()
    return Pruning(folder / "site-packages", folder / "scratch", options)


def everything(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def present(root: Path) -> set[str]:
    return {path for path in everything(root) if (root / path).is_file()}


def empty(root: Path) -> set[str]:
    folders = everything(root) - present(root)
    return {path for path in folders if not any((root / path).iterdir())}


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("tree/include/a.h", "", "headers"),
        ("tree/include/deep/include/a.hpp", "", "headers"),
        ("tree/include/a.cuh", "", "headers"),
        ("tree/include/mlir/ops.inc", "", "headers"),
        ("tree/include/a.tcc", "", "headers"),
        ("tree/include/Eigen/Core", "", None),
        ("tree/include/a.py", "", None),
        ("tree/include/a.proto", "", None),
        ("tree/include/named.h", "", None),
        ("tree/include/deep/named.h", "", None),
        ("tree/include/not_named.h", "", "headers"),
        ("tree/include/LICENSE.h", "", None),
        ("tree/a.h", "", None),
        ("tree/src/a.cuh", "", None),
        ("pkg/include/a.h", "", None),
        ("pkg/a.h", "", None),
        ("pkg/data/table.inc", "", None),
        ("pkg/a.h5", "", None),
        ("pkg/a.c", "", None),
        ("pkg/a.pxd", "", None),
        ("pkg/lib/liba.a", ARCHIVE, "static-libraries"),
        ("pkg/lib/a.lib", ARCHIVE, "static-libraries"),
        ("pkg/data/words.lib", "one two", None),
        ("pkg/data/short.a", "", None),
        ("pkg/liba.so", ARCHIVE, None),
        ("pkg/lib/libnamed.a", ARCHIVE, None),
        ("pkg/a.pyi", "", None),
        ("pkg/__init__.pyi", "", None),
        ("pkg-stubs/__init__.pyi", "", None),
        ("pkg/tests/test_a.py", "", "tests"),
        ("pkg/deep/tests/data/a.csv", "", "tests"),
        ("pkg/tests/LICENSE", "", None),
        ("tests/test_a.py", "", None),
        ("pkg/test/__init__.py", "", None),
        ("pkg/testing/__init__.py", "", None),
        ("pkg/tests.py", "", None),
        ("pkg/tests/sourceless.pyc", "", None),
        ("pkg/sourceless.pyc", "", None),
        (cached("pkg/gone.py"), "", None),
        (cached("pkg/a.py"), "", None),
        (cached("pkg/a.py").replace(".pyc", ".opt-2.pyc"), "", None),
        ("pkg/py.typed", "", None),
        ("pkg/tests/py.typed", "", None),
        ("pkg/LICENSE.h", "", None),
        ("pkg-1.0.dist-info/sboms/a.h", "", None),
        ("pkg-1.0.dist-info/licenses/tests/tests/LICENSE", "", None),
        ("pkg-1.0.dist-info/RECORD", "", None),
        ("pkg/README.md", "", None),
    ],
)
def test_each_file_is_in_a_class_or_stays(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    content: str | bytes,
    kind: str | None,
) -> None:
    monkeypatch.setattr(prune, "MANY", 3)
    tree(tmp_path / "site-packages", ANY | {path: content})
    found = pruning(tmp_path, {"prune": "tests"})
    found.run()
    assert {kind: set(files) for kind, files in found.files.items()} == {
        "headers": {*TREE} | {path} if kind == "headers" else {*TREE},
        **({kind: {path}} if kind and kind != "headers" else {}),
    }
    assert (tmp_path / "site-packages" / path).exists() == (kind is None)


TREES: dict[str, tuple[dict[str, str | bytes], bool]] = {
    # One of a package that hands it to compilers, as NumPy and TensorFlow do, or PyTorch.
    "given": ({"tree/a.py": GIVES}, True),
    "given-by-a-method": ({"tree/a.py": "class A:\n    def include_paths(self): ...\n"}, True),
    "of-its-own-compiler": ({"tree/a.py": "def _get_include_dirs(): ...\n"}, False),
    "given-by-another-package": ({"tree/a.py": "", "other/a.py": GIVES}, False),
    "of-no-module": ({"tree/tool": ""}, False),
    "small": ({"tree/a.py": GIVES, "tree/include/0.h": b""}, False),
}


@pytest.mark.parametrize("case", TREES)
def test_a_tree_of_headers_goes_that_is_large_and_for_other_compilers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    files, goes = TREES[case]
    monkeypatch.setattr(prune, "MANY", 4 if case == "small" else 3)
    tree(tmp_path / "site-packages", {**TREE, **files})
    found = pruning(tmp_path, {})
    found.run()
    assert found.files.get("headers", {}).keys() == (TREE.keys() if goes else set())


def test_what_is_pruned_is_written_down_by_package(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/liba.a": ARCHIVE,
        "odd/libb.a": ARCHIVE,
        "pkg/tests/test_a.py": "",
    }
    files |= {"pkg-1.0.dist-info/RECORD": "pkg/liba.a,,\npkg/tests/test_a.py,,\n"}
    files |= {"pkg-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: Pkg\n"}
    tree(tmp_path / "site-packages", {**files, cached("pkg/tests/test_a.py"): ""})
    found = pruning(tmp_path, {"prune": "tests"})
    found.run()
    found.note(tmp_path)
    assert json.loads((tmp_path / PRUNED).read_text()) == {
        "": ["odd/libb.a"],
        "pkg": ["pkg/liba.a", "pkg/tests/test_a.py"],
    }


def test_nothing_is_written_down_where_nothing_is_pruned(tmp_path: Path) -> None:
    tree(tmp_path / "site-packages", {"pkg/a.h": "", "pkg/a.py": ""})
    found = pruning(tmp_path, {})
    found.run()
    found.note(tmp_path)
    assert not (tmp_path / PRUNED).exists()


RECORDS: dict[str, bytes] = {
    "no-text": b"\xff\xfe,,\n",
    "a-field-without-end": b'"' + b"x" * 200_000,
    "empty": b"",
    "blank-lines": b"\n\n",
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_a_record_that_is_none_is_only_missed_where_it_is_needed(
    tmp_path: Path, record: bytes
) -> None:
    files = {"pkg-1.0.dist-info/RECORD": record, "odd-1.0.dist-info/RECORD": b"a,,\n"}
    files |= {"pkg-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: pkg\n"}
    tree(tmp_path / "site-packages", files)
    pruning(tmp_path, {}).run()
    with pytest.raises(InstallError, match="pkg is not known, its wheel has no RECORD"):
        Pruning(tmp_path / "site-packages", tmp_path, {"keep": "pkg"})


def test_what_belongs_to_a_kept_package_stays(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"pkg_x-1.0.dist-info/RECORD": OWNED, "pkg/a.py": ""}
    files |= {"other/a.a": ARCHIVE, "pkg/a.a": ARCHIVE, "lib/pkg/b.a": ARCHIVE}
    files |= {"pkg/tests/b.py": "", cached("pkg/tests/b.py"): "code"}
    files |= {"pkg_x-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: Pkg.X\n"}
    tree(tmp_path / "site-packages", files)
    found = pruning(tmp_path, {"keep": "pkg-x", "prune": "tests"})
    found.run()
    assert found.numbers() == {"static-libraries": {"files": 1, "bytes": len(ARCHIVE)}}
    assert not (tmp_path / "site-packages/other").exists()


NAMES = ["a.py", "a.h", "a.pyi", "liba.a", "tests", "include", "data", "__pycache__"]
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)


@settings(deadline=None, max_examples=50)
@example(files=["tests/__pycache__/a.h", "tests/a.h"], folders=[])
@given(files=st.lists(PATHS, max_size=12), folders=st.lists(PATHS, max_size=3))
def test_pruning_removes_what_it_names_and_can_be_undone(
    files: list[str], folders: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "site-packages"
        root.mkdir()
        for path in [*files, *folders]:
            blocked = any((root / part).is_file() for part in Path(path).parents)
            if blocked or (root / path).exists():
                continue
            if path in files:
                tree(root, {path: ARCHIVE})
            else:
                (root / path).mkdir(parents=True)
        before, were_present, were_empty = everything(root), present(root), empty(root)
        found = pruning(Path(name), {"prune": "tests"})
        found.run()
        pruned = {path for paths in found.files.values() for path in paths}
        assert present(root) == were_present - pruned
        assert empty(root) == were_empty
        some = set(sorted(pruned)[::2])
        found.put_back(some)
        assert present(root) == were_present - pruned | some
        found.put_back(pruned)
        assert everything(root) == before
        assert all((root / path).read_bytes() == ARCHIVE for path in were_present)
