"""What requirements.in may ask of a release, and that all who read it say the same."""

from pathlib import Path

import pytest

from components import lock
from lambda_src.release.installation.libraries import options, requirements
from lambda_src.release.layout import ExitCode, InstallError

from ..conftest import Index, build_wheel

PACKAGES = ("numpy", "scikit-image", "torch")
PIN = f"numpy==2 --hash=sha256:{'a' * 64}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# of a release: this one\n# release notes\n# prune tests\nnumpy>=2\n", {}),
        ("# release: keep numpy\n", {"keep": "numpy"}),
        ("#release:keep torch, Scikit_Image\n", {"keep": "scikit-image torch"}),
        ("  # Release: KEEP numpy\n# release: keep torch numpy\n", {"keep": "numpy torch"}),
        ("# release: prune tests\n# release: prune tests\n", {"prune": "tests"}),
        (
            "# release: lazy torch.Onnx, a_b\n# release: lazy numpy\n",
            {"lazy": "a_b numpy torch.Onnx"},
        ),
        (
            "# release: prune tests\n# release: keep numpy\n",
            {"keep": "numpy", "prune": "tests"},
        ),
    ],
)
def test_options_are_comments(text: str, expected: dict[str, str]) -> None:
    assert options.read(text, PACKAGES) == (expected, [])
    again = "\n".join(options.comments(expected))
    assert options.read(again, PACKAGES) == (expected, [])


@pytest.mark.parametrize(
    "line",
    [
        "# release:",
        "# release: keep",
        "# release: keep ,",
        "# release: prune",
        "# release: prune headers",
        "# release: prune tests headers",
        "# release: 2.20 because of glibc",
        "# release: keeps numpy",
        "# release: lazy",
        "numpy>=2  # release: keep numpy",
        "# why # release: keep numpy",
    ],
)
def test_other_words_break_the_rule(line: str) -> None:
    found, problems = options.read(f"torch\n{line}\n", PACKAGES)
    assert (found, problems) == ({}, [(2, line, options.RULE)])


def test_a_package_that_is_not_locked_is_named() -> None:
    found, [(number, line, rule)] = options.read("# release: keep numpy tourch\n", PACKAGES)
    assert (found, number, line) == ({"keep": "numpy"}, 1, "# release: keep numpy tourch")
    assert rule == "`keep` names packages that are locked, and tourch is not"


@pytest.mark.parametrize(
    ("names", "wrong"),
    [
        ("numpy.linalg numpy.linalg", "numpy.linalg is there twice"),
        ("numpy.linalg numpy", "numpy.linalg overlaps numpy"),
        ("numpy numpy.linalg.x", "numpy overlaps numpy.linalg.x"),
        ("scikit-image", "scikit-image is no name of a module"),
        ("numpy.", "numpy. is no name of a module"),
        ("numpy.*", "numpy.* is no name of a module"),
        ("json.decoder numpy", "json.decoder is of the standard library"),
    ],
)
@pytest.mark.parametrize("lines", [1, 2])
def test_a_module_that_cannot_wait_is_named(names: str, wrong: str, lines: int) -> None:
    first, *rest = names.split()
    text = f"# release: lazy {names}\n"
    if lines == 2:
        text = "".join(f"# release: lazy {name}\n" for name in (first, *rest))
    _, problems = options.read(text, PACKAGES)
    assert [rule for _, _, rule in problems] == [
        "`lazy` names modules of packages, such as `keras.src`, each once and none below another, "
        f"and {wrong}"
    ]


def test_numpy_is_not_above_numpydoc() -> None:
    assert options.read("# release: lazy numpy numpydoc\n", ()) == ({"lazy": "numpy numpydoc"}, [])


def test_the_installer_refuses_a_lock_with_a_wrong_option(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(f"# release: keep torch\n{PIN}")
    with pytest.raises(
        InstallError,
        match=r"requirements\.txt, line 1: '# release: keep torch' .*torch is not.*lock",
    ) as caught:
        requirements.options(path, requirements.read(path))
    assert caught.value.code is ExitCode.RESOLUTION


class Locks:
    """A folder with requirements.in, and an index of loopback that it is locked from."""

    def __init__(self, folder: Path, index: Index) -> None:
        self.folder = folder
        self.url = index.url

    def make(self, text: str, *options: str) -> int:
        (self.folder / "requirements.in").write_text(text)
        return lock.main(["--directory", str(self.folder), "--index-url", self.url, *options])

    def comments(self, architecture: str) -> list[str]:
        text = (self.folder / "locks" / f"python3.12-{architecture}.txt").read_text()
        return [line for line in text.splitlines() if "release:" in line]


@pytest.fixture
def locks(tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> Locks:
    index.add(build_wheel("circles", {"circles.py": ""}))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "model.py").touch()
    return Locks(tmp_path, index)


WISHES = "shapes\ncircles; platform_machine == 'x86_64'\n"


def test_a_lock_has_the_options_that_concern_its_packages(
    locks: Locks, capsys: pytest.CaptureFixture[str]
) -> None:
    assert locks.make(f"# release: keep circles\n# release: prune tests\n{WISHES}") == 0
    assert locks.comments("x86_64") == ["# release: keep circles", "# release: prune tests"]
    assert locks.comments("arm64") == ["# release: prune tests"]
    capsys.readouterr()
    assert locks.make(f"# release: keep shapes\n# release: prune tests\n{WISHES}", "--check") == 1
    has, wants = ("# release: prune tests", "# release: keep shapes' and '# release: prune tests")
    problem = (
        f"python3.13-arm64.txt: it has {has!r}, and requirements.in asks for '{wants}', so it is "
        "out of date. Remedy: `make lock`"
    )
    assert problem in capsys.readouterr().err.splitlines()
    assert locks.make(f"# release: keep circle\n{WISHES}", "--check") == 1
    assert "circle is not. Remedy: correct it, and run `make lock`" in capsys.readouterr().err


def test_no_lock_is_made_of_a_wrong_option(
    locks: Locks, capsys: pytest.CaptureFixture[str]
) -> None:
    assert locks.make("shapes\n# release: keep circles\n# release: prune all\n") == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("requirements.in, line 2 = '# release: keep circles': ")
    assert second.startswith("requirements.in, line 3 = '# release: prune all': ")
    assert not (locks.folder / "locks").exists()


def test_an_index_is_that_of_the_packages_that_it_names() -> None:
    text = (
        "# release: INDEX https://example.org/CPU/ for Torch, scikit_image\n"
        "# release: index http://127.0.0.1:8000/simple for numpy\n"
        "# release: index https://example.org/CPU for numba\n"
    )
    found, problems = options.read(text, (*PACKAGES, "numba"))
    assert problems == []
    assert options.indexes(found) == {
        "numba": "https://example.org/CPU",
        "numpy": "http://127.0.0.1:8000/simple",
        "scikit-image": "https://example.org/CPU",
        "torch": "https://example.org/CPU",
    }
    assert options.read("\n".join(options.comments(found)), (*PACKAGES, "numba")) == (found, [])


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/simple",
        "https://user:word@example.org/simple",
        "https://example.org/simple?a=b",
        "https://example.org/simple#a",
        "ftp://example.org/simple",
        "https://",
        "example.org",
        "http://127.0.0.1.example.org/simple",
        "http://localhost@example.org/simple",
    ],
)
def test_another_url_than_an_index_has_is_refused(url: str) -> None:
    line = f"# release: index {url} for torch"
    assert options.read(line, PACKAGES) == ({}, [(1, line, options.URL_RULE)])
