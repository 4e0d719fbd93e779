"""What a release is without: each class of files, what stays, and that imports go on."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

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


OTHER: dict[str, str | bytes] = {
    "rounds/__init__.py": "",
    "rounds/round.h": "double round;",
}
FILES: dict[str, str | bytes] = {
    "shapes/__init__.py": "from shapes import lazy, sides\nSIDES = sides.SIDES\n",
    "shapes/sides.py": "SIDES = 4\n\ndef fail():\n    raise ValueError('of shapes')\n",
    "shapes/sides.pyi": "SIDES: int\n",
    "shapes/later.py": "LATE = True\n",
    "shapes/lazy.py": "STUB = open(__file__.replace('.py', '.pyi')).read()\n",
    "shapes/lazy.pyi": "NAME: str\n",
    "shapes/include/shapes.h": "int sides;\n",
    "shapes/lib/libshapes.a": ARCHIVE,
    "shapes/tests/__init__.py": "",
    "shapes/tests/test_sides.py": "",
    "shapes/LICENSE": "free",
}


def tried(populate: Populate, index: Index, *head: str, model: str = "import shapes\n") -> Run:
    wheel, other = build_wheel("shapes", FILES), build_wheel("rounds", OTHER)
    index.add(wheel, other)
    populate.write_model(model)
    populate.write_lock(*head, wheel.pin, other.pin)
    return populate.run()


def made(populate: Populate, index: Index, *head: str, model: str = "import shapes\n") -> Run:
    run = tried(populate, index, *head, model=model)
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
    pruned = {"shapes/sides.pyi", "shapes/include/shapes.h", "shapes/lib/libshapes.a"}
    present = files_of(populate)
    assert not present & pruned
    assert present >= FILES.keys() - pruned
    assert present >= {cached(path) for path in FILES if path.endswith(".py")}
    assert not (populate.release / "site-packages/shapes/include").exists()
    assert run.last["pruned"] == {
        "headers": {"files": 2, "bytes": 11 + 13},
        "static-libraries": {"files": 1, "bytes": len(ARCHIVE)},
        "stubs": {"files": 1, "bytes": 11},
    }
    messages = [line["message"] for line in run.lines if line["phase"] == "prune"]
    assert messages[1].startswith("headers 2 files, 0.0 MB; static-libraries 1 files, 0.0 MB; ")


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
    kept = made(populate, index, "# release: keep Shapes rounds", "# release: prune tests")
    assert kept.last["pruned"] == {}
    assert files_of(populate) >= {*FILES, cached("shapes/sides.py")}
    assert imported(populate) == "bundle 4 True"
    populate.release_id = "f" * 16
    run = made(populate, index, "# release: prune tests")
    assert run.last["pruned"]["tests"]["files"] == 4
    assert not (populate.release / "site-packages/shapes/tests").exists()


HERE = "import os, shapes, rounds\nHERE = os.path.dirname(shapes.__file__)\n"
NEEDED = {
    "open": ("open(HERE + '/include/shapes.h')\n", ["shapes/include/shapes.h"], "shapes"),
    "exists": ("if not os.path.exists(HERE + '/include'): 1 / 0\n", ["shapes/include/"], "shapes"),
    "names": ("if 'shapes.h' not in sum((f for *_, f in os.walk(HERE)), []): 1 / 0\n",
              ["shapes/include/shapes.h"], "shapes"),
    "another-process": ("if os.system(f'cat {HERE}/sides.pyi'): 1 / 0\n", ["shapes/sides.pyi"],
                        "shapes"),
    "in-load": ("def load():\n    open(HERE + '/include/shapes.h')\n", ["shapes/include/shapes.h"],
                "shapes"),
    "in-predict": (
        "SAMPLE = {'instances': [1]}\n"
        "def predict(x):\n    open(HERE + '/../rounds/round.h')\n    return x\n",
        ["rounds/round.h"], "rounds"),
    "two-packages": (
        "open(HERE + '/include/shapes.h')\nopen(HERE + '/../rounds/round.h')\n",
        ["shapes/include/shapes.h", "rounds/round.h"], "rounds shapes"),
}  # fmt: skip


@pytest.mark.parametrize("needed", NEEDED)
def test_an_import_that_needs_what_is_pruned_is_said_which_and_what_keeps_it(
    populate: Populate, index: Index, needed: str
) -> None:
    model, files, packages = NEEDED[needed]
    run = tried(populate, index, model=HERE + model)
    assert run.code == 13
    remedy = run.message.splitlines()[-1]
    assert all(file in remedy for file in files)
    assert f"Write `# release: keep {packages}` on a line of its own" in remedy
    assert not populate.release.exists()
    assert populate.left_behind() == set()
    made(populate, index, f"# release: keep {packages}", model=HERE + model)


def test_an_import_that_fails_for_another_reason_is_not_laid_on_what_is_pruned(
    populate: Populate, index: Index
) -> None:
    run = tried(populate, index, model="import shapes\n1 / 0\n")
    assert run.code == 13
    assert "ZeroDivisionError" in run.message
    assert "pruned" not in run.message


MODELS = {
    "reads-much": "import shapes, rounds, os\nhere = os.path.dirname(shapes.__file__)\n"
    "for f, _, n in os.walk(here):\n    [open(os.path.join(f, x), 'rb').read() for x in n]\n",
    "tries": "import os\ntry:\n    import shapes\n"
    "    open(os.path.dirname(shapes.__file__) + '/include/shapes.h')\nexcept OSError:\n    pass\n",
    "imports-nothing": "",
    "writes": "import os, shapes, tempfile\n"
    "for folder in (os.path.dirname(shapes.__file__), os.path.dirname(__file__)):\n    try:\n"
    "        open(folder + '/new.py', 'w')\n    except OSError:\n        pass\n"
    "open(tempfile.mkdtemp() + '/cache', 'w').write(__file__)\n",
}


def test_the_same_lock_gives_the_same_files_whatever_the_model_does(
    populate: Populate, index: Index
) -> None:
    made(populate, index)
    expected = described(populate)
    for number, model in enumerate(MODELS.values(), 1):
        shutil.rmtree(populate.release)
        made(populate, index, model=model)
        assert described(populate) == expected, list(MODELS)[number - 1]


def described(populate: Populate) -> tuple[dict[str, str], dict[str, str]]:
    """Each file's hash, and the links."""
    manifest = Manifest.read(populate.release)
    return {x.path: x.sha256 for x in manifest.files if x.path != BUNDLE}, manifest.links


def test_a_wrong_option_ends_the_populate_before_pip_runs(populate: Populate) -> None:
    lock = (populate.program / "requirements.txt").read_text()
    populate.write_lock("# release: keep circles", lock)
    run = populate.run()
    assert run.code == 10
    assert "line 1: '# release: keep circles' breaks a rule" in run.message
    assert not any(line["phase"] == "install" for line in run.lines)


def test_a_module_whose_name_is_as_long_as_a_name_may_be_is_published(
    populate: Populate, index: Index
) -> None:
    name = "m" * 240
    wheel = build_wheel("long", {f"long/{name}.py": "", f"long/{name}.pyi": ""})
    index.add(wheel)
    populate.write_model(f"import long.{name}\n")
    populate.write_lock(wheel.pin)
    run = populate.run()
    assert run.code == 0, run.message
    assert run.last["pruned"]["stubs"]["files"] == 1
