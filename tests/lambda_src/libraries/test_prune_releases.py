"""Pruned releases: what they have, which way they are imported, and what is said of one that lacks
a file."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from lambda_src.release.bundle import BUNDLE, Bundle
from lambda_src.release.installation.storage.verify import verify
from lambda_src.release.layout import Manifest
from lambda_src.release.pruned import PRUNED

from ..conftest import Index, Populate, Run, build_wheel
from .test_prune import ARCHIVE, cached

OTHER: dict[str, str | bytes] = {
    "rounds/__init__.py": "",
    "rounds/round.a": ARCHIVE,
}
FILES: dict[str, str | bytes] = {
    "shapes/__init__.py": "from shapes import lazy, sides\nSIDES = sides.SIDES\n",
    "shapes/sides.py": "SIDES = 4\n\ndef fail():\n    raise ValueError('of shapes')\n",
    "shapes/later.py": "LATE = True\n",
    "shapes/lazy.py": "STUB = open(__file__.replace('.py', '.pyi')).read()\n",
    "shapes/lazy.pyi": "NAME: str\n",
    "shapes/config.py": "def get_include():\n    return __file__\n",
    "shapes/include/shapes.h": "int sides;\n",
    "shapes/include/named.h": "int named;\n",
    "shapes/declared.py": "NAMED = 'named.h'\n",
    "shapes/lib/libshapes.a": ARCHIVE,
    "shapes/tests/__init__.py": "",
    "shapes/tests/test_sides.py": "",
    "shapes/LICENSE": "free",
}


def tried(populate: Populate, index: Index, *head: str, model: str = "import shapes\n") -> Run:
    wheel, other = build_wheel("shapes", FILES), build_wheel("rounds", OTHER)
    index.add(wheel, other)
    module = populate.program / "release/installation/libraries/prune.py"
    module.write_text(module.read_text().replace("MANY = 1_000", "MANY = 1"))
    populate.write_model(model)
    populate.write_lock(*head, wheel.pin, other.pin)
    return populate.run()


def made(populate: Populate, index: Index, *head: str, model: str = "import shapes\n") -> Run:
    run = tried(populate, index, *head, model=model)
    assert run.code == 0, run.message
    return run


def files_of(populate: Populate) -> set[str]:
    names = [file.path for file in Manifest.read(populate.release).files]
    return {name.removeprefix("site-packages/") for name in names} - {BUNDLE, PRUNED}


USE = """
import shapes, shapes.later
print(cold_start.state.partition(",")[0], shapes.SIDES, shapes.later.LATE)
"""


def test_a_release_is_pruned_and_says_so(populate: Populate, index: Index) -> None:
    run = made(populate, index)
    pruned = {"shapes/include/shapes.h", "shapes/lib/libshapes.a"}
    present = files_of(populate)
    assert not present & pruned
    assert present >= FILES.keys() - pruned
    assert present >= {cached(path) for path in FILES if path.endswith(".py")}
    assert not (populate.release / "site-packages/shapes/lib").exists()
    assert run.last["pruned"] == {
        "headers": {"files": 1, "bytes": 11},
        "static-libraries": {"files": 2, "bytes": 2 * len(ARCHIVE)},
    }
    messages = [line["message"] for line in run.lines if line["phase"] == "prune"]
    assert messages[1] == "headers 1 files, 0.0 MB; static-libraries 2 files, 0.0 MB"
    assert json.loads((populate.release / PRUNED).read_text()) == {
        "rounds": ["rounds/round.a"],
        "shapes": ["shapes/include/shapes.h", "shapes/lib/libshapes.a"],
    }


@pytest.mark.parametrize("way", ["bundle", "off", "plain", "damaged"])
def test_each_way_to_import_it_works_and_writes_nothing(
    populate: Populate, index: Index, way: str
) -> None:
    made(populate, index)
    bundle = populate.release / BUNDLE
    content = bundle.read_bytes()
    if way == "damaged":  # its index is whole, each file in it is not
        opened = Bundle(str(populate.release))
        os.close(opened.descriptor)
        start = opened.start
        bundle.write_bytes(content[:start] + bytes(len(content) - start))
    elif way == "plain":
        bundle.write_bytes(b"")
    state = {"damaged": "damaged bundle"}.get(way, way)
    switch = {"RELEASE_COLD_START": "off"} if way == "off" else {}
    assert populate.ask(USE, **switch) == f"{state} 4 True"
    bundle.write_bytes(content)
    assert verify(populate.release, "all") == []


def test_a_package_is_kept_and_tests_are_pruned_as_the_lock_says(
    populate: Populate, index: Index
) -> None:
    kept = made(populate, index, "# release: keep Shapes rounds", "# release: prune tests")
    assert kept.last["pruned"] == {}
    assert files_of(populate) >= {*FILES, cached("shapes/sides.py")}
    assert populate.ask(USE) == "bundle 4 True"
    populate.release_id = "f" * 16
    run = made(populate, index, "# release: prune tests")
    assert run.last["pruned"]["tests"]["files"] == 4
    assert not (populate.release / "site-packages/shapes/tests").exists()


HERE = "import os, shapes, rounds\nHERE = os.path.dirname(shapes.__file__)\n"
NEEDED = {
    "open": ("open(HERE + '/include/shapes.h')\n", ["shapes/include/shapes.h"], "shapes"),
    "exists": ("if not os.path.exists(HERE + '/lib'): 1 / 0\n", ["shapes/lib/"], "shapes"),
    "names": ("if 'shapes.h' not in sum((f for *_, f in os.walk(HERE)), []): 1 / 0\n",
              ["shapes/include/shapes.h"], "shapes"),
    "another-process": ("if os.system(f'cat {HERE}/lib/*.a'): 1 / 0\n",
                        ["shapes/lib/libshapes.a"], "shapes"),
    "with-another-failure": ("open(HERE + '/lib/libshapes.a')\n1 / 0\n",
                             ["shapes/lib/libshapes.a"], "shapes"),
    "in-load": ("def load():\n    open(HERE + '/include/shapes.h')\n", ["shapes/include/shapes.h"],
                "shapes"),
    "in-predict": (
        "SAMPLE = {'instances': [1]}\n"
        "def predict(x):\n    open(HERE + '/../rounds/round.a')\n    return x\n",
        ["rounds/round.a"], "rounds"),
    "two-packages": (
        "open(HERE + '/include/shapes.h')\nopen(HERE + '/../rounds/round.a')\n",
        ["shapes/include/shapes.h", "rounds/round.a"], "rounds shapes"),
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
    if needed != "with-another-failure":
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
    wheel = build_wheel("long", {f"long/{name}.py": "", f"long/{name}.a": ARCHIVE})
    index.add(wheel)
    populate.write_model(f"import long.{name}\n")
    populate.write_lock(wheel.pin)
    run = populate.run()
    assert run.code == 0, run.message
    assert run.last["pruned"]["static-libraries"]["files"] == 1
