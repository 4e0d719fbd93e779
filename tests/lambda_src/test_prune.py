"""What a release is without: each class of files, what stays, and that imports go on."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lambda_src.release.bundle import Bundle
from lambda_src.release.installation.prune import Pruning
from lambda_src.release.installation.verify import verify
from lambda_src.release.layout import BUNDLE, Manifest

from .conftest import Index, Populate, Run, build_wheel

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


def pruning(folder: Path, opened: list[str], options: Mapping[str, str]) -> Pruning:
    """The pruning of folder/site-packages after an import that has opened these."""
    scratch = folder / "scratch"
    scratch.mkdir()
    (scratch / "import.json").write_text(json.dumps([opened, {}, {}]))
    return Pruning(folder / "site-packages", scratch, options)


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
    found = pruning(tmp_path, [], {"prune": "tests"})
    found.run()
    assert found.numbers() == ({kind: {"files": 1, "bytes": len(content)}} if kind else {})
    assert (tmp_path / "site-packages" / path).exists() == (kind is None)
    used = tmp_path / "used"
    tree(used / "site-packages", ANY | {path: content})
    other = pruning(used, [path], {"prune": "tests"})
    other.run()
    assert set(other.files) <= {"bytecode"}


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
    pruning(tmp_path, [], {}).run()
    assert (tmp_path / "site-packages/pkg/__init__.pyi").exists() == stays


def test_a_stub_of_an_extension_module_is_pruned(tmp_path: Path) -> None:
    files = {f"pkg/a{EXTENSION_SUFFIXES[0]}": "", "pkg/a.pyi": "", "bare/a.pyi": ""}
    tree(tmp_path / "site-packages", files)
    found = pruning(tmp_path, [], {})
    found.run()
    assert list(found.files["stubs"]) == ["pkg/a.pyi"]


def test_bytecode_is_pruned_where_the_import_has_read_it(tmp_path: Path) -> None:
    files = ANY | {cached(path): "code" for path in ANY} | {"pkg/b.pyc": ""}
    tree(tmp_path / "site-packages", files)
    found = pruning(tmp_path, [cached("pkg/a.py"), "pkg/b.pyc", "pkg/missing.h"], {})
    found.run()
    assert found.numbers() == {"bytecode": {"files": 1, "bytes": 4}}
    assert everything(tmp_path / "site-packages/pkg") == {
        *("a.py", "__init__.py", "b.pyc", "__pycache__"),
        cached("__init__.py"),
    }


def test_what_belongs_to_a_kept_package_stays(tmp_path: Path) -> None:
    files = ANY | {"pkg_x-1.0.dist-info/RECORD": OWNED, "other/a.h": "", "pkg/a.h": ""}
    files |= {"pkg/a.pyi": "", "include/python3/pkg/b.h": "", cached("pkg/a.py"): "code"}
    files |= {"pkg_x-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: Pkg.X\n"}
    tree(tmp_path / "site-packages", files)
    found = pruning(tmp_path, [cached("pkg/a.py")], {"keep": "pkg-x"})
    found.run()
    assert found.numbers() == {"headers": {"files": 1, "bytes": 0}}
    assert not (tmp_path / "site-packages/other").exists()


def test_without_a_record_of_the_import_nothing_is_pruned(tmp_path: Path) -> None:
    tree(tmp_path / "site-packages", {"pkg/a.h": ""})
    found = pruning(tmp_path, [], {})
    (tmp_path / "scratch/import.json").write_text("[[")
    found.run()
    assert (found.numbers(), str(found)) == ({}, "nothing")


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
        opened = sorted(were_present)[::3]
        found = pruning(Path(name), opened, {"prune": "tests"})
        found.run()
        pruned = {path for paths in found.files.values() for path in paths}
        assert present(root) == were_present - pruned
        assert empty(root) == were_empty
        assert not pruned & set(opened)
        found.put_back()
        assert everything(root) == before
        assert all((root / path).read_bytes() == ARCHIVE for path in were_present)


FILES: dict[str, str | bytes] = {
    "shapes/__init__.py": "from shapes import lazy, sides\nSIDES = sides.SIDES\n",
    "shapes/sides.py": "SIDES = 4\n\ndef fail():\n    raise ValueError('of shapes')\n",
    "shapes/sides.pyi": "SIDES: int\n",
    "shapes/later.py": "LATE = True\n",
    "shapes/lazy.py": "import os\nSTUB = open(os.fsencode(__file__ + 'i')).read()\n",
    "shapes/lazy.pyi": "NAME: str\n",
    "shapes/include/shapes.h": "int sides;\n",
    "shapes/lib/libshapes.a": ARCHIVE,
    "shapes/tests/__init__.py": "",
    "shapes/tests/test_sides.py": "",
    "shapes/LICENSE": "free",
}
HEADER_NEEDED = """
import os, shapes
if not os.path.exists(os.path.join(os.path.dirname(shapes.__file__), "include")):
    raise ImportError("no headers")
"""


def made(populate: Populate, index: Index, *head: str, model: str = "import shapes\n") -> Run:
    wheel = build_wheel("shapes", FILES)
    index.add(wheel)
    populate.write_model(model)
    populate.write_lock(*head, wheel.pin)
    run = populate.run()
    assert run.code == 0, run.message
    return run


def files_of(populate: Populate) -> set[str]:
    names = [file.path for file in Manifest.read(populate.release).files]
    return {name.removeprefix("site-packages/") for name in names} - {BUNDLE}


def imported(populate: Populate, **environment: str) -> str:
    """What a process says that imports the release, which it may write to."""
    program = """
import sys
from pathlib import Path
from release.activation.activate import activate
from release.activation.cold_start import ColdStart
cold_start = ColdStart(sys.argv[1])
with cold_start:
    activate(Path(sys.argv[1]), cold_start)
    import shapes, shapes.later
    cold_start.imported()
print(cold_start.state.partition(",")[0], shapes.SIDES, shapes.later.LATE)
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", program, str(populate.release)],
        cwd=populate.program,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(populate.staging)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


def test_a_release_is_pruned_and_says_so(populate: Populate, index: Index) -> None:
    run = made(populate, index)
    bundle = Bundle(str(populate.release))
    os.close(bundle.descriptor)
    code = {path: size for path, (_, size, _) in bundle.files.items() if path.endswith(".pyc")}
    pruned = {*code, "shapes/sides.pyi", "shapes/include/shapes.h", "shapes/lib/libshapes.a"}
    present = files_of(populate)
    assert {cached(f"shapes/{name}.py") for name in ("__init__", "sides", "lazy")} == set(code)
    assert not present & pruned
    assert present >= FILES.keys() - pruned
    assert cached("shapes/later.py") in present
    assert not (populate.release / "site-packages/shapes/include").exists()
    assert run.last["pruned"] == {
        "bytecode": {"files": 3, "bytes": sum(code.values())},
        "headers": {"files": 1, "bytes": 11},
        "static-libraries": {"files": 1, "bytes": len(ARCHIVE)},
        "stubs": {"files": 1, "bytes": 11},
    }
    messages = [line["message"] for line in run.lines if line["phase"] == "prune"]
    assert messages[1].startswith("bytecode 3 files, 0.0 MB; headers 1 files, 0.0 MB; ")


@pytest.mark.parametrize("way", ["bundle", "off", "plain", "damaged"])
def test_each_way_to_import_it_works_and_writes_nothing(
    populate: Populate, index: Index, way: str
) -> None:
    made(populate, index)
    bundle = populate.release / BUNDLE
    content = bundle.read_bytes()
    if way == "damaged":  # its index is whole, each file in it is not
        start = content.index(b"SIDES")
        bundle.write_bytes(content[:start] + bytes(len(content) - start))
    elif way == "plain":
        bundle.write_bytes(b"")
    state = {"damaged": "damaged bundle"}.get(way, way)
    switch = {"RELEASE_COLD_START": "off"} if way == "off" else {}
    assert imported(populate, **switch) == f"{state} 4 True"
    bundle.write_bytes(content)
    assert verify(populate.release, "all") == []


def test_a_package_is_kept_and_tests_are_pruned_as_the_lock_says(
    populate: Populate, index: Index
) -> None:
    kept = made(populate, index, "# release: keep Shapes", "# release: prune tests")
    assert kept.last["pruned"] == {}
    assert files_of(populate) >= {*FILES, cached("shapes/sides.py")}
    assert imported(populate) == "bundle 4 True"
    populate.release_id = "f" * 16
    run = made(populate, index, "# release: prune tests")
    assert run.last["pruned"]["tests"]["files"] == 4
    assert not (populate.release / "site-packages/shapes/tests").exists()


def test_what_the_import_needs_in_another_way_is_put_back(populate: Populate, index: Index) -> None:
    run = made(populate, index, model=HEADER_NEEDED)
    assert run.last["pruned"] == {}
    assert files_of(populate) >= {*FILES, cached("shapes/sides.py")}
    said = [line["message"] for line in run.lines if line["phase"] == "prune"]
    assert "nothing, the import needs what was pruned" in said[-1]
    assert "no headers" in said[-1]
    assert imported(populate) == "bundle 4 True"


def test_a_wrong_option_ends_the_populate_before_pip_runs(populate: Populate) -> None:
    lock = (populate.program / "requirements.txt").read_text()
    populate.write_lock("# release: keep circles", lock)
    run = populate.run()
    assert run.code == 10
    assert "line 1: '# release: keep circles' breaks a rule" in run.message
    assert not any(line["phase"] == "install" for line in run.lines)
