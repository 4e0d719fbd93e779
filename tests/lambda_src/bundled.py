"""A small release with a bundle, and the fresh processes that import it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambda_src.release.installation.trial.pack import MANY

from .conftest import Populate

EXTENSION = next(
    Path(spec.origin)
    for spec in map(importlib.util.find_spec, ("_bisect", "_heapq", "_json", "_csv", "_queue"))
    if spec is not None and spec.origin is not None and spec.origin.endswith(".so")
)
"""An extension module to put into a package: one of the standard library's."""
NATIVE = EXTENSION.name.partition(".")[0]

ZIPPED = io.BytesIO()
with zipfile.ZipFile(ZIPPED, "w") as archive:
    archive.writestr("zipped.py", "VALUE = 3\n")

FILES: dict[str, str | bytes] = {
    "odd/__init__.py": """
import gc, os, sys
HERE = os.path.dirname(__file__)
NOT_UTF8 = os.path.join(HERE, "not_utf8.py")
open(NOT_UTF8).close()
sys.path.append(os.path.join(HERE, "inner.zip"))
import zipped
gc.disable()
open_at_import = open
with open(os.path.join(HERE, "table.csv")) as stream:
    TABLE = stream.read()
MORE = sum(len(open(os.path.join(HERE, "more", name)).read())
           for name in os.listdir(os.path.join(HERE, "more")))
NAMES = sorted(os.listdir(HERE))
try:
    open(os.path.join(HERE, "none.csv"))
except FileNotFoundError:
    NONE = os.path.isfile(os.path.join(HERE, "none.csv"))
""",
    "odd/table.csv": "a,b\n1,2\n",
    **{f"odd/more/{number}.csv": str(number) for number in range(MANY)},
    "odd/inner.zip": ZIPPED.getvalue(),
    "odd/not_utf8.py": b"# \xff\n",
    "shapes/__init__.py": f"from shapes import {NATIVE}, sides\nimport shapes.deep.down\n",
    f"shapes/{EXTENSION.name}": EXTENSION.read_bytes(),
    "shapes/sides.py": "SIDES = 4\n\ndef fail():\n    raise ValueError('of shapes')\n",
    "shapes/deep/down.py": "HERE = __file__\n",
    "shapes/later.py": "LATE = True\n",
    "shapes/aside/__init__.py": "",
    "shapes/aside/inner/__init__.py": "",
}
MODEL = "import shapes, odd\n\ndef demonstrate():\n    return {'sides': shapes.sides.SIDES}\n"

PROGRAM = f"""
import json, os, sys, threading
from pathlib import Path
release = sys.argv[1]
opened = []
sys.addaudithook(lambda event, arguments: event == "open" and opened.append(str(arguments[0])))
from release.activation.activate import activate
from release.activation.cold_start import ColdStart
import io, linecache
builtins_open, linecache_updatecache = open, linecache.updatecache
BEFORE
cold_start = ColdStart(release)
AFTER
with cold_start:
    activate(Path(release), cold_start)
    import shapes
    touched = [path[len(release) + 1:] for path in opened if path.startswith(release)]
    import odd
    cold_start.imported()
import ctypes, gc, linecache
native = sys.modules["shapes.{NATIVE}"]
ctypes.CDLL(native.__file__)
mapped = {{line.split()[5] for line in open("/proc/self/maps") if '/shapes/{NATIVE}' in line}}
import shapes.aside.inner, shapes.later, traceback
try:
    shapes.sides.fail()
except ValueError:
    trace = traceback.format_exc()
print(json.dumps({{
    "state": cold_start.state,
    "replaced": odd.open_at_import is not open,
    "opened": touched,
    "files": [shapes.__file__, shapes.sides.__file__, native.__file__, shapes.later.__file__,
              shapes.aside.inner.__file__],
    "origin": native.__spec__.origin,
    "deep": [shapes.deep.down.HERE, str(list(shapes.deep.__path__))],
    "traced": "raise ValueError('of shapes')" in trace,
    "odd": [odd.zipped.VALUE, gc.isenabled(), gc.get_threshold(),
            [path.rpartition("/site-packages/")[2] for path in mapped],
            linecache.getlines(odd.NOT_UTF8), odd.TABLE, odd.NAMES, odd.NONE, odd.MORE,
            open is builtins_open, io.open is builtins_open,
            linecache.updatecache is linecache_updatecache,
            odd.open_at_import(odd.HERE + "/table.csv").read()],
    "left": os.listdir(os.environ["TMPDIR"]) if os.path.isdir(os.environ["TMPDIR"]) else [],
}}))
"""


@dataclass
class Imported:
    """What a process said that has imported the release."""

    state: str
    replaced: bool
    opened: list[str]
    same: dict[str, Any]
    logs: list[dict[str, Any]]


def run(
    populate: Populate,
    release: Path,
    scratch: Path,
    *,
    before: str = "",
    after: str = "",
    **environment: str,
) -> Imported:
    """Import a release in a fresh process."""
    scratch.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-", str(release)],
        input=PROGRAM.replace("BEFORE", before).replace("AFTER", after),
        cwd=populate.program,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": ".", "TMPDIR": str(scratch)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *logs, last = map(json.loads, done.stdout.splitlines())
    same = ("files", "origin", "deep", "traced", "odd", "left")
    text = json.dumps({key: last.pop(key) for key in same})
    return Imported(same=json.loads(text.replace(str(release), "RELEASE")), logs=logs, **last)
