"""An error that comes of what is pruned says so, with the option that keeps it."""

from __future__ import annotations

import importlib.resources
import os
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_src.release import pruned
from lambda_src.release.pruned import needed

from ..function import Function

PRUNED = {
    "pkg-name": ["pkg/include/a.h", "pkg/include/deep/b.h", "pkg/tests/__init__.py"],
    "other": ["other/liba.a", "pkg/tests/test_a.py"],
}
KEEP = "Write `# release: keep {}` on a line of its own into requirements.in"


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "releases" / "0123456789abcdef"
    package = made / "site-packages/pkg"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    pruned.write(made, PRUNED)
    monkeypatch.setenv("RELEASE_PATH", f"{made}/")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.delitem(sys.modules, "pkg", raising=False)
    return made


def raised(use: Callable[[], object]) -> BaseException:
    try:
        use()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def wrapped(path: Path) -> None:
    try:
        path.read_bytes()
    except OSError:
        raise RuntimeError("no declarations") from None


def grouped(path: Path) -> None:
    raise BaseExceptionGroup("several", [KeyError("a"), raised(path.read_bytes)])


def said(text: str) -> None:
    raise RuntimeError(text)


def resource(name: str) -> bytes:
    return importlib.resources.files("pkg").joinpath(name).read_bytes()


HEADER = "pkg/include/a.h"
ASKED: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "open": (lambda root: (root / HEADER).open(), HEADER, "pkg-name"),
    "bytes": (lambda root: os.open(os.fsencode(root / HEADER), 0), HEADER, "pkg-name"),
    "stat": (lambda root: (root / HEADER).stat(), HEADER, "pkg-name"),
    "folder": (lambda root: list((root / "pkg/include").iterdir()), "pkg/include", "pkg-name"),
    "listdir": (lambda root: os.scandir(root / "pkg/include/deep"), "pkg/include/deep", "pkg-name"),
    "rename": (lambda root: os.rename("/nothing", root / HEADER), HEADER, "pkg-name"),  # noqa: PTH104
    "roundabout": (lambda root: os.open(f"{root}//pkg/./b/../include/a.h", 0), HEADER, "pkg-name"),
    "resource": (lambda _: resource("include/deep/b.h"), "pkg/include/deep/b.h", "pkg-name"),
    "get_data": (lambda _: pkgutil.get_data("pkg", "include/a.h"), HEADER, "pkg-name"),
    "import": (lambda _: __import__("pkg.tests"), "pkg/tests", "pkg-name"),
    "module": (lambda _: __import__("pkg.tests.test_a"), "pkg/tests", "pkg-name"),
    "from": (lambda _: exec("from pkg import tests"), "pkg/tests", "pkg-name"),
    "from-none": (lambda root: wrapped(root / HEADER), HEADER, "pkg-name"),
    "group": (lambda root: grouped(root / HEADER), HEADER, "pkg-name"),
    "in-a-text": (lambda root: said(f"cannot parse {root}/other/liba.a: no such file"),
                  "other/liba.a", "other"),
}  # fmt: skip
OTHERS: dict[str, Callable[[Path], object]] = {
    "never-there": lambda root: (root / "pkg/none.h").open(),
    "is-there": lambda root: said(f"{root}/pkg/__init__.py is odd, and so is {root}/pkg"),
    "elsewhere": lambda _: Path("/nothing/pkg/include/a.h").read_bytes(),
    "relative": lambda _: Path(HEADER).read_bytes(),
    "module": lambda _: __import__("pkg.other"),
    "from": lambda _: exec("from pkg import other"),
    "value": lambda _: said("pkg/include/a.h"),
}


@pytest.mark.parametrize("way", ASKED)
def test_what_asks_for_a_pruned_file_is_said_which_and_what_keeps_it(
    release: Path, way: str
) -> None:
    use, path, package = ASKED[way]
    text = needed(raised(lambda: use(release / "site-packages")))
    assert text.startswith(f"It needs what is pruned of a release: {path}")
    assert KEEP.format(package) in text


@pytest.mark.parametrize("way", OTHERS)
def test_another_error_is_not_laid_on_it(release: Path, way: str) -> None:
    assert needed(raised(lambda: OTHERS[way](release / "site-packages"))) == ""


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"a": 1}', b"\xff"])
def test_a_list_that_cannot_be_read_hides_no_error(release: Path, content: bytes | None) -> None:
    (release / pruned.PRUNED).unlink()
    if content is not None:
        (release / pruned.PRUNED).write_bytes(content)
    assert needed(raised((release / "site-packages" / HEADER).open)) == ""


PREDICT = "\ndef predict(instances):\n    return instances\n"
READ = "open(shapes.__file__.replace('.py', '.h'))\n"
MODELS = {
    "import": f"import shapes\n{READ}{PREDICT}",
    "load": f"import shapes\ndef load():\n    {READ}{PREDICT}",
    "predict": f"import shapes\ndef predict(instances):\n    {READ}",
    "predict-value": "import shapes\ndef predict(instances):\n    try:\n"
    f"        {READ}    except OSError as error:\n        raise ValueError('odd') from error\n",
    "demonstrate": f"import shapes\n{PREDICT}def demonstrate():\n    {READ}",
}


@pytest.mark.parametrize("when", MODELS)
def test_the_function_says_it_in_its_error(function: Function, when: str) -> None:
    pruned.write(function.release, {"shapes-of-all": ["shapes.h"]})
    function.write_model(MODELS[when])
    result = function.run({} if when == "demonstrate" else {"instances": [1]})
    text = str(result.answers or "") + result.errors + str(result.logs)
    assert KEEP.format("shapes-of-all") in text
    assert "shapes.h" in text
