"""A model of real packages, and what is asked of an import of it."""

from __future__ import annotations

import json
import subprocess
import sys

from .. import semantics

PACKAGES = ("numpy", "scikit-learn", "pillow", "protobuf")
MODEL = """
import glob
import importlib.metadata
import linecache
import os
import google.protobuf.message
import numpy
import sklearn
from PIL import Image
from sklearn.linear_model import LinearRegression

IRIS = os.path.join(os.path.dirname(sklearn.__file__), "datasets", "data", "iris.csv")

OUTSIDE = os.path.join(os.path.dirname(sklearn.__file__), "../../manifest.json")

open_at_import, updatecache_at_import = open, linecache.updatecache

def look():
    importlib.metadata.entry_points()
    importlib.metadata.packages_distributions()
    for distribution in importlib.metadata.distributions():
        distribution.requires, distribution.files
    for name in (IRIS, IRIS + ".none", OUTSIDE):
        if os.path.exists(name):
            with open(name) as stream:
                stream.read()
    os.listdir(os.path.dirname(IRIS))
    # As transformers does: so many of them that open is replaced meanwhile.
    for name in glob.glob(os.path.dirname(sklearn.__file__) + "/*/*.py"):
        with open(name, encoding="utf-8") as stream:
            stream.read()

look()

def demonstrate():
    fitted = LinearRegression().fit(numpy.array([[0.0], [1.0]]), [1.0, 3.0])
    Image.new("L", (2, 2)).resize((4, 4))
    return {"slope": round(float(fitted.coef_[0]), 6)}
"""

LINES = """
import copy, errno, genericpath, glob, gzip, mmap, numpy, posix, posixpath, sklearn, tokenize, PIL
import types
from model import IRIS, OUTSIDE
package, module, kind = sklearn, sklearn.base, sklearn.linear_model.LinearRegression
DATA, NONE = os.path.dirname(IRIS), IRIS + ".none"
def attempt(function, *arguments, **named):
    try:
        return str(function(*arguments, **named))
    except Exception as error:
        values = [getattr(error, name, None) for name in ("errno", "strerror", "filename")]
        return [type(error).__name__, str(error), *values]
"""

QUESTIONS = semantics.QUESTIONS | {
    "resources": """
here = importlib.resources.files("sklearn.datasets.data")
show(sorted(entry.name for entry in here.iterdir()))
show((here / "iris.csv").read_text()[:80])
with importlib.resources.as_file(here / "iris.csv") as path:
    show(path)
""",
    "data": "show(len(pkgutil.get_data('sklearn', 'datasets/data/iris.csv')))",
    "version": "show([importlib.metadata.version(n) for n in ('numpy', 'scikit-learn')])",
    "distribution-files": "show(sorted(map(str, importlib.metadata.files('scikit-learn')))[:99])",
    "entry-points": 'show(sorted(map(str, importlib.metadata.entry_points(group="array_api"))))',
    "outside": """
show([importlib.metadata.version(n) for n in ("outside", "numpy")])
show([str(d._path) for d in importlib.metadata.distributions(name="numpy")])
show(attempt(importlib.metadata.version, "nothing"))
""",
    "requires": """
show([[d.name, d.version, d.requires, sorted(map(str, d.files or ())), d.metadata.items(),
       sorted(map(str, d.entry_points)), d.read_text("nothing.txt"), d.read_text("RECORD")]
      for d in sorted(importlib.metadata.distributions(), key=lambda d: d.name)])
""",
    "all-entry-points": "show(sorted(map(str, importlib.metadata.entry_points())))",
    "packages": """
show({n: sorted(d) for n, d in importlib.metadata.packages_distributions().items()})
""",
    "traceback": """
try:
    sklearn.utils.check_array("text")
except ValueError:
    show(traceback.format_exc())
""",
    "code": "show([f.__code__.co_filename for f in (sklearn.clone, PIL.Image.new)])",
    "pickle": """
kept = pickle.dumps(sklearn.linear_model.LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0]))
show(pickle.loads(kept).predict([[2.0]]).tolist())
""",
    "reload": """
before = sklearn.base.clone
show(importlib.reload(sklearn.base) is sklearn.base)
show(sklearn.base.clone is not before)
""",
    "reload-extension": """
import PIL._imaging
show(importlib.reload(PIL._imaging).__file__)
""",
    "import-again": """
before = sys.modules.pop("PIL._imaging")
show(importlib.import_module("PIL._imaging").__file__)
""",
    "threads": """
import threadpoolctl
kept = "user_api", "internal_api", "filepath", "num_threads"
def found():
    return sorted([p[key] for key in kept] for p in threadpoolctl.threadpool_info())
with threadpoolctl.threadpool_limits(1):
    show(found())
show(found())
""",
    "not-in-the-profile": """
import sklearn.cluster, scipy.signal, numpy.f2py
show([sklearn.cluster.__file__, scipy.signal.__file__, numpy.f2py.__file__])
show(sklearn.cluster.KMeans(2, random_state=0).fit([[0.0], [1.0], [9.0]]).labels_.tolist())
""",
    "relative-data": """
show(len(open(os.path.join(os.path.dirname(sklearn.__file__), "datasets/data/iris.csv")).read()))
""",
}

SPAWN = """
import multiprocessing
def draw(seed):
    return sklearn.utils.check_random_state(seed).randint(1000)
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        show(pool.apply(draw, (0,)))
"""


def lock(*packages: str) -> list[str]:
    """Lines of a lock for what pip finds on its index today."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
    command += ["--quiet", "--report", "-", "--only-binary=:all:", *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [
        f"{item['metadata']['name']}=={item['metadata']['version']} "
        f"--hash=sha256:{item['download_info']['archive_info']['hashes']['sha256']}"
        for item in json.loads(done.stdout)["install"]
    ]
