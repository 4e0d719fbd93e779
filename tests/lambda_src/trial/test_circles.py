"""Which modules of an import circle run before which, as in a plain import."""

from __future__ import annotations

import py_compile
from pathlib import Path

import pytest

from lambda_src.release.installation.trial.circles import ahead_in_circles

MANY = "; ".join(f"x{n} = {n}.5" for n in range(300)) + "\n"
"""So many names and constants that an import needs EXTENDED_ARG."""

CASES: dict[str, tuple[dict[str, str], dict[str, list[str]]]] = {
    "none": ({"p.a": "import p.b", "p.b": ""}, {}),
    "two": ({"p.a": "import p.b", "p.b": "import p.a"}, {"p.b": ["p.a"]}),
    "from": ({"p.a": "from p.b import x", "p.b": "from p import a"}, {"p.b": ["p.a"]}),
    "relative": ({"p.a": "from .b import x", "p.b": "from . import a"}, {"p.b": ["p.a"]}),
    "relative-from-above": (
        {"p.a": "from p.q.b import x", "p.q.b": "from ..a import y"},
        {"p.q.b": ["p.a"]},
    ),
    "of-a-package": (
        {"p.__init__": "from .a import x", "p.a": "from q import y", "q.__init__": "import p.a"},
        {"p.a": ["p"], "q": ["p", "p.a"]},
    ),
    "its-own-package": ({"p.__init__": "import p.a", "p.a": "import p; from p import x"}, {}),
    "in-a-class": ({"p.a": "class A:\n    import p.b", "p.b": "import p.a"}, {"p.b": ["p.a"]}),
    "in-a-function": ({"p.a": "def f():\n    import p.b", "p.b": "import p.a"}, {}),
    "in-a-branch": (
        {"p.a": "try:\n    import p.b\nexcept ImportError: pass", "p.b": "import p.a"},
        {"p.b": ["p.a"]},
    ),
    "with-long-arguments": (
        {"p.a": MANY + "from p.b import x", "p.b": MANY + "from .a import x"},
        {"p.b": ["p.a"]},
    ),
    "in-a-circle": (
        {"p.a": "import p.b", "p.b": "import p.c", "p.c": "import p.a, p.b"},
        {"p.b": ["p.a"], "p.c": ["p.a", "p.b"]},
    ),
    "two-circles": (
        {"p.a": "import p.b", "p.b": "import p.a, p.c", "p.c": "import p.d", "p.d": "import p.c"},
        {"p.b": ["p.a"], "p.d": ["p.c"]},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_plain_import_begins_with_is_ahead(tmp_path: Path, case: str) -> None:
    sources, expected = CASES[case]
    modules: dict[str, Path] = {}
    for name, text in sources.items():
        path = tmp_path / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        modules[name.removesuffix(".__init__")] = Path(py_compile.compile(str(path)) or "")
    found = {name: ahead for name, ahead in ahead_in_circles(modules).items() if ahead}
    assert found == expected
