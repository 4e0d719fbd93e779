"""What a release is without: each class of files, what stays, and that imports go on."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lambda_src.release.installation.libraries.prune import Pruning

ARCHIVE = b"!<arch>\nobject/  0"
LAZY = "import lazy_loader\n__getattr__, __dir__, __all__ = lazy_loader.attach_stub(a, b)\n"
ANY: dict[str, str | bytes] = {"pkg/__init__.py": "", "pkg/a.py": ""}
OWNED = "pkg/a.h,,\n../../include/python3/pkg/b.h,,\npkg/a.py,,\npkg/a.pyi,,\n"


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
        ("pkg/include/a.h", "", "headers"),
        ("include/python3.11/pkg/a.hpp", "", "headers"),
        ("pkg/a.cuh", "", "headers"),
        ("pkg/include/mlir/ops.inc", "", "headers"),
        ("pkg/data/table.inc", "", None),
        ("pkg/include/Eigen/Core", "", None),
        ("pkg/a.h5", "", None),
        ("pkg/a.c", "", None),
        ("pkg/a.pxd", "", None),
        ("pkg/lib/liba.a", ARCHIVE, "static-libraries"),
        ("pkg/lib/a.lib", ARCHIVE, "static-libraries"),
        ("pkg/data/words.lib", "one two", None),
        ("pkg/data/short.a", "", None),
        ("pkg/liba.so", ARCHIVE, None),
        ("pkg/a.pyi", "", "stubs"),
        ("pkg/__init__.pyi", "", "stubs"),
        ("pkg/no_module.pyi", "", "stubs"),
        ("typeshed/stdlib/builtins.pyi", "", None),
        ("pkg-stubs/__init__.pyi", "", "stubs"),
        ("vendored/pkg-stubs/__init__.pyi", "", None),
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
        ("pkg/include/COPYING.inc", "", None),
        ("pkg-1.0.dist-info/sboms/a.h", "", None),
        ("pkg-1.0.dist-info/licenses/tests/tests/LICENSE", "", None),
        ("pkg-1.0.dist-info/RECORD", "", None),
        ("pkg/README.md", "", None),
    ],
)
def test_each_file_is_in_a_class_or_stays(
    tmp_path: Path, path: str, content: str | bytes, kind: str | None
) -> None:
    tree(tmp_path / "site-packages", ANY | {path: content})
    found = pruning(tmp_path, {"prune": "tests"})
    found.run()
    assert found.numbers() == ({kind: {"files": 1, "bytes": len(content)}} if kind else {})
    assert (tmp_path / "site-packages" / path).exists() == (kind is None)


@pytest.mark.parametrize(
    ("source", "stays"),
    [
        ("VALUE = 1\n", False),
        ("class A:\n    def __getattr__(self, name): ...\n", False),
        (LAZY, True),
        ("def __getattr__(name): ...\n", True),
        ("names = read(__file__ + 'i')  # a.pyi\n", True),
    ],
)
def test_a_stub_stays_that_its_module_may_read(tmp_path: Path, source: str, stays: bool) -> None:
    tree(tmp_path / "site-packages", {"pkg/__init__.py": source, "pkg/__init__.pyi": ""})
    pruning(tmp_path, {}).run()
    assert (tmp_path / "site-packages/pkg/__init__.pyi").exists() == stays


def test_a_stub_of_an_extension_module_is_pruned(tmp_path: Path) -> None:
    files = {f"pkg/a{EXTENSION_SUFFIXES[0]}": "", "pkg/a.pyi": "", "bare/a.pyi": ""}
    tree(tmp_path / "site-packages", files)
    found = pruning(tmp_path, {})
    found.run()
    assert list(found.files["stubs"]) == ["pkg/a.pyi"]


def test_what_belongs_to_a_kept_package_stays(tmp_path: Path) -> None:
    files = ANY | {"pkg_x-1.0.dist-info/RECORD": OWNED, "other/a.h": "", "pkg/a.h": ""}
    files |= {"pkg/a.pyi": "", "include/python3/pkg/b.h": "", cached("pkg/a.py"): "code"}
    files |= {"pkg_x-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: Pkg.X\n"}
    tree(tmp_path / "site-packages", files)
    found = pruning(tmp_path, {"keep": "pkg-x"})
    found.run()
    assert found.numbers() == {"headers": {"files": 1, "bytes": 0}}
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
