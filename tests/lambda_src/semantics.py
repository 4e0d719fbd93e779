"""Questions about imports, and fresh processes that answer them with and without the bundle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

START = """
import os, sys
from pathlib import Path
from release.activation.activate import activate
from release.activation.cold_start import ColdStart
cold_start = ColdStart(sys.argv[1])
with cold_start:
    activate(Path(sys.argv[1]), cold_start)
    import model
    cold_start.imported()
    answer = model.demonstrate()
    imports = cold_start._imports
    exec(os.environ["TOOLS"])
    exec(os.environ.get("DURING", ""))
assert cold_start.state.startswith(os.environ["EXPECTED"]), cold_start.state
"""

TOOLS = """
import json, google.protobuf, importlib, importlib.metadata, importlib.resources
import contextlib, importlib.util, inspect, io, linecache, pickle, pkgutil, re, traceback
def show(value):
    print(json.dumps(value, default=str, sort_keys=True))
def use_all():
    from release.lazy import WaitingModule
    while waiting := [m for m in sys.modules.values() if type(m) is WaitingModule]:
        for module in waiting:
            vars(module)
def modules():
    use_all()
    inside = sys.argv[1] + "/"
    return [m for n, m in sorted(sys.modules.items())
            if inside in str(getattr(m, "__file__", None)) and getattr(m, "__spec__", None)]
def ask(moment, **named):
    home = os.getcwd()
    for name, program in json.loads(Path("questions.json").read_text())[moment].items():
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(program, dict(globals(), **named))
        os.chdir(home)
        show([f"{name}, {moment}" if moment else name, output.getvalue()])
"""

QUESTIONS = {
    "demonstration": "show(answer)",
    "file": "show([m.__file__ for m in modules()])",
    "path": "show([list(m.__path__) for m in modules() if hasattr(m, '__path__')])",
    "cached": "show([getattr(m, '__cached__', None) for m in modules()])",
    "spec": """
show([(m.__spec__.name, m.__spec__.origin, m.__spec__.cached, m.__spec__.parent,
       m.__spec__.has_location, list(m.__spec__.submodule_search_locations or ()))
      for m in modules()])
""",
    "loader": """
from importlib.machinery import *
kinds = (SourceFileLoader, ExtensionFileLoader)
show([(type(m.__spec__.loader).__mro__[-1].__name__, m.__spec__.loader.name, [
       isinstance(m.__spec__.loader, kind) for kind in kinds])
      for m in modules() if m.__file__])
""",
    "distributions": "show(sorted(d.name for d in importlib.metadata.distributions()))",
    "get_source": "show(package.__spec__.loader.get_source(package.__name__))",
    "getsource": "show(inspect.getsource(kind))",
    "getsourcefile": "show(inspect.getsourcefile(kind))",
    "linecache": """
name = module.__file__
show(linecache.getlines(name)); linecache.checkcache(name); show(linecache.getline(name, 3))
linecache.clearcache(); show(linecache.getline(name, 5))
""",
    "iter_modules": "show(sorted(m[1:] for m in pkgutil.iter_modules(package.__path__)))",
    "walk_packages": "show(sorted(m[1] for m in pkgutil.iter_modules(google.__path__)))",
    "namespace": """
show([str(google.__path__), google.__file__ if hasattr(google, "__file__") else None])
show(google.__spec__.origin)
""",
    "extension-origin": """
show(sorted((n, m.__spec__.origin) for n, m in sys.modules.items()
            if getattr(m, "__spec__", None) and str(m.__spec__.origin).endswith(".so")
            and sys.argv[1] in m.__spec__.origin))
""",
    "run-paths": """
show(sorted({line.split()[5].rpartition("/")[2] for line in open("/proc/self/maps")
             if ".libs/" in line}))
""",
    "missing": """
for name in (package.__name__ + ".nothing", "nothing", "google.nothing"):
    show(importlib.util.find_spec(name))
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        show([str(error), error.name])
""",
    "path-order": "show(sys.path[:2])",
    "collector": "import gc; show(gc.isenabled())",
    "no-child": """
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError as error:
    show(str(error))
""",
    "mapped": """
use_all()
lines = io.open("/proc/self/maps").read().splitlines()
show(sorted({line.split()[5] for line in lines if sys.argv[1] in line or "(deleted)" in line}))
""",
    "nothing-left": "show(sorted(os.listdir(os.environ['TMPDIR'])))",
}
"""What to ask of any release with google.protobuf in it, where its own lines define ``package``,
a plain ``module``, and ``kind``, a class: a name, and a program that shows the answer."""


@dataclass(frozen=True)
class Asked:
    """A release, the program that uses it, and lines that follow its import."""

    release: Path
    program: Path
    lines: str

    def ask(self, program: str, folder: Path, **environment: str) -> str:
        """What a fresh process prints that imports the release and then runs the program."""
        return self.run(START + self.lines + program, folder, **environment)

    def run(self, program: str, folder: Path, **environment: str) -> str:
        """What a fresh process prints that runs the program."""
        (folder / "ask.py").write_text(program)
        done = subprocess.run(
            [sys.executable, "-S", "-B", "ask.py", str(self.release)],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(self.program),
                "PYTHONHASHSEED": "0",
                "TMPDIR": str(folder),
                "TOOLS": TOOLS,
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def answers(
        self, questions: dict[str, str], folder: Path, of_files: dict[str, str] | None = None
    ) -> tuple[dict[str, str], dict[str, str]]:
        """The answers after a plain import, and after one from the bundle.

        Those of files are given during the cold start, after it, and after it by the ``open`` that
        was there at the import.
        """
        of_files = of_files or {}
        moments = {"": questions, "during": of_files, "after": of_files, "kept": of_files}
        (folder / "questions.json").write_text(json.dumps(moments))
        during = self.lines + "ask('during')\n" if of_files else ""
        after = "".join(
            f"ask({moment!r}{', open=model.open_at_import' if moment == 'kept' else ''})\n"
            for moment in ("after", "kept", "")
            if moments[moment]
        )
        plain = self.ask(after, folder, RELEASE_COLD_START="off", EXPECTED="off", DURING=during)
        bundled = self.ask(after, folder, EXPECTED="bundle", DURING=during)
        first, second = (dict(map(json.loads, text.splitlines())) for text in (plain, bundled))
        return first, second
