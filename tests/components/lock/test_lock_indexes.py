"""Each package is locked from the index that is its own, and never from another one."""

from __future__ import annotations

import pytest

from components import Application, Release, Target
from tests.lambda_src.conftest import Index, build_wheel

from .conftest import Locks, digest

CPU = build_wheel(
    "torch",
    {"torch/__init__.py": "CPU = True\n"},
    version="2.6.0+cpu",
    tag="cp311-cp311-linux_x86_64",
    requires=("shapes",),
)
CUDA = build_wheel("torch", {"torch.py": ""}, version="2.7.0", tag="py3-none-any")
SHAPES = build_wheel("shapes", {"shapes.py": ""})
FALSE_SHAPES = build_wheel("shapes", {"shapes.py": "import evil"}, version="9.0")
NEEDS_TORCH = build_wheel("sentences", {"sentences.py": ""}, requires=("torch",))


@pytest.fixture
def two(locks: Locks, other: Index) -> Locks:
    locks.index.add(SHAPES, CUDA, NEEDS_TORCH)
    other.add(CPU, FALSE_SHAPES)
    locks.ask(f"torch\n# release: index {other.url} for torch\n")
    return locks


def test_a_package_comes_from_its_own_index_and_what_it_brings_does_not(
    two: Locks, other: Index
) -> None:
    run = two.one()
    assert run.code == 0, run.errors
    assert two.pins() == ["shapes==1.0", "torch==2.6.0+cpu"]
    text = two.text()
    assert f"\n# release: index {other.url} for torch\n" in text
    assert f"torch==2.6.0+cpu --hash=sha256:{digest(CPU)}" in text
    assert "shapes" not in other.asked
    assert "torch" not in two.index.asked


def test_it_stays_locked_and_the_check_agrees(two: Locks) -> None:
    two.one()
    assert two.one().output == "python3.11-x86_64: unchanged, 2 packages\n"
    assert two.one("--check").code == 0


def test_the_release_is_of_the_index(two: Locks, other: Index) -> None:
    two.one()
    (two.folder / "model.py").touch()
    target = Target(runtime="python3.11")
    release = Release.of(Application(two.folder), target)
    assert f"# release: index {other.url} for torch" in release.lock.splitlines()
    lock = two.folder / "locks" / "python3.11-x86_64.txt"
    for path in (lock, two.folder / "requirements.in"):
        path.write_text(path.read_text().replace(other.url, "https://mirror.example/whl/cpu"))
    assert Release.of(Application(two.folder), target).id != release.id


def test_a_change_of_the_index_makes_the_lock_out_of_date(two: Locks, other: Index) -> None:
    two.one()
    two.ask("torch\n")
    run = two.one("--check")
    assert run.code == 1
    assert f"has '# release: index {other.url} for torch', and requirements.in asks for no " in (
        run.errors
    )


def test_markers_and_versions_count_for_a_package_with_an_index_of_its_own(
    two: Locks, other: Index
) -> None:
    other.add(build_wheel("torch", {"torch.py": ""}, version="2.5.1+cpu"))
    two.ask(
        f"# release: index {other.url} for torch\ntorch<2.6; platform_machine == 'x86_64'\nshapes\n"
    )
    run = two.make("--target", "python3.11-x86_64", "--target", "python3.11-arm64")
    assert run.code == 0, run.errors
    assert two.pins() == ["shapes==1.0", "torch==2.5.1+cpu"]
    assert two.pins("python3.11-arm64") == ["shapes==1.0"]
    assert "# release: index" not in two.text("python3.11-arm64")


def test_a_package_that_only_another_one_brings_has_to_be_asked_for(
    two: Locks, other: Index
) -> None:
    two.ask(f"sentences\n# release: index {other.url} for torch\n")
    run = two.one()
    assert run.code == 1
    assert run.errors == (
        "`# release: index` names torch, which another package brings. Ask for it in "
        "requirements.in by name, so that it comes from there.\n"
    )
    two.ask(f"sentences\ntorch\n# release: index {other.url} for torch\n")
    assert two.one().code == 0
    assert two.pins() == ["sentences==1.0", "shapes==1.0", "torch==2.6.0+cpu"]


def test_a_line_that_mixes_indexes_is_answered_with_the_comment_that_does_not(
    two: Locks, other: Index
) -> None:
    line = f"--extra-index-url {other.url}"
    two.ask(f"shapes\n{line}\n")
    run = two.one()
    assert run.code == 1
    assert run.errors.startswith(f"requirements.in, line 2 = {line!r}: indexes are not mixed. ")
    assert "`# release: index URL for PACKAGE ...`" in run.errors


@pytest.mark.parametrize(
    "variable",
    ["UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_FIND_LINKS", "UV_CONSTRAINT", "UV_OVERRIDE"],
)
def test_the_users_environment_mixes_nothing_in(
    two: Locks, other: Index, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, other.url)
    two.ask("shapes\n")
    assert two.one().code == 0
    assert two.pins() == ["shapes==1.0"]


@pytest.mark.parametrize(
    "line",
    [
        "# release: index https://user:word@example.org/simple for torch",
        "# release: index http://example.org/simple for torch",
        "# release: index https://example.org/simple?token=1 for torch",
        "# release: index https://example.org/simple for",
        "# release: index https://example.org/simple torch",
        "# release: index for torch",
        "torch # release: index https://example.org/simple for torch",
    ],
)
def test_another_form_breaks_the_rule(two: Locks, line: str) -> None:
    two.ask(f"torch\n{line}\n")
    run = two.one()
    assert run.code == 1
    assert run.errors.startswith(f"requirements.in, line 2 = {line!r}: ")
    assert two.made() == set()


def test_a_package_has_one_index(two: Locks, other: Index) -> None:
    two.ask(
        f"torch\n# release: index {other.url} for torch\n"
        "# release: index https://example.org/simple for Torch\n"
    )
    run = two.one()
    assert run.code == 1
    assert "a package has one index, and torch has another one above" in run.errors


def test_an_index_that_names_no_hashes_is_read_for_them(two: Locks, other: Index) -> None:
    other.hashes = False
    assert two.one().code == 0
    assert f"torch==2.6.0+cpu --hash=sha256:{digest(CPU)}" in two.text()


def test_a_wheel_is_locked_by_url_and_hash(locks: Locks, other: Index) -> None:
    model = build_wheel("en_model", {"en_model/__init__.py": ""}, version="3.8.0")
    other.add(model)
    url = f"{other.url.removesuffix('simple')}files/{model.filename}"
    for wish in (url, f"{url}#sha256={digest(model)}", f"{url} --hash=sha256:{digest(model)}"):
        locks.ask(f"en-model @ {wish}\n")
        run = locks.one()
        assert run.code == 0, run.errors
        assert f"\nen-model @ {url} --hash=sha256:{digest(model)}\n" in locks.text()
        assert locks.one("--check").code == 0
    (locks.folder / "model.py").touch()
    release = Release.of(Application(locks.folder), Target(runtime="python3.11"))
    assert release.lock == f"en-model @ {url} --hash=sha256:{digest(model)}\n"
    locks.ask("en-model\n")
    has = f"has en-model 3.8.0 from {url}, and requirements.in asks for 'en-model'"
    assert has in locks.one("--check").errors


def test_a_hash_that_is_not_that_of_the_file_is_refused(locks: Locks, other: Index) -> None:
    model = build_wheel("en_model", {"en_model/__init__.py": ""})
    other.add(model)
    url = f"{other.url.removesuffix('simple')}files/{model.filename}"
    wrong = "sha256:" + "0" * 64
    for wish in (f"{url} --hash={wrong}", f"{url}#{wrong.replace(':', '=')}"):
        locks.ask(f"en-model @ {wish}\n")
        run = locks.one()
        assert run.code == 1
        assert digest(model) in run.errors
        assert locks.made() == set()


def test_a_url_of_another_packages_wheel_is_refused(locks: Locks, other: Index) -> None:
    model = build_wheel("en_model", {"en_model/__init__.py": ""})
    other.add(model)
    locks.ask(f"fr-model @ {other.url.removesuffix('simple')}files/{model.filename}\n")
    run = locks.one()
    assert run.code == 1
    assert "en-model" in run.errors.replace("_", "-")
