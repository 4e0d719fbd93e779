"""A model of real packages, and what is asked of an import of it."""

from __future__ import annotations

import json
import subprocess
import sys

from .. import semantics

PACKAGES = ("numpy", "scikit-learn", "pillow", "protobuf")
MODEL = """
import importlib.metadata
import os
import google.protobuf.message
import numpy
import sklearn
from PIL import Image
from sklearn.linear_model import LinearRegression

IRIS = os.path.join(os.path.dirname(sklearn.__file__), "datasets", "data", "iris.csv")

OUTSIDE = os.path.join(os.path.dirname(sklearn.__file__), "../../manifest.json")

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

look()

def demonstrate():
    fitted = LinearRegression().fit(numpy.array([[0.0], [1.0]]), [1.0, 3.0])
    Image.new("L", (2, 2)).resize((4, 4))
    return {"slope": round(float(fitted.coef_[0]), 6)}
"""

LINES = """
import errno, glob, gzip, mmap, numpy, sklearn, tokenize, PIL
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
    "open": """
for mode, more in (("r", {}), ("rt", {"encoding": "latin-1", "newline": ""}), ("rb", {}),
                   ("br", {"buffering": 0}), ("r", {"buffering": 1, "errors": "replace"})):
    with open(IRIS, mode, **more) as stream:
        size = os.fstat(stream.fileno()).st_size
        show([type(stream).__name__, stream.name, stream.mode, getattr(stream, "encoding", None),
              getattr(stream, "errors", None), stream.read(9), stream.tell(), stream.readline(),
              stream.seek(3), stream.readable(), stream.writable(), stream.seekable(),
              stream.isatty(), os.get_inheritable(stream.fileno()), size, len(stream.read())])
        show(attempt(stream.write, "a" if "b" not in mode else b"a"))
    show(stream.closed)
    show(attempt(stream.read))
with open(IRIS, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
    show(mapped[:20].decode())
show(numpy.genfromtxt(IRIS, delimiter=",", skip_header=1)[:, 0].sum())
show(len(numpy.fromfile(IRIS, "u1")))
""",
    "open-otherwise": """
show(open(IRIS, "r", -1, "ascii", None, None, True, None).readline())
show(len(Path(IRIS).read_text()) + len(Path(IRIS).read_bytes()) + len(io.FileIO(IRIS).read()))
show([open(file=path, mode="rb").name for path in (IRIS, Path(IRIS), os.fsencode(IRIS))])
show(open(IRIS, opener=lambda path, flags: os.open("ask.py", flags)).readline())
show(open(os.open(IRIS, os.O_RDONLY)).readline())
os.chdir(DATA)
show(open("iris.csv").readline())
show([open(path).readline() for path in (DATA + "//iris.csv", DATA + "/../data/./iris.csv")])
show(attempt(gzip.open(IRIS).read))
with tokenize.open(sklearn.base.__file__) as stream:
    show([stream.encoding, stream.readline()])
""",
    "open-fails": """
paths = (NONE, Path(NONE), DATA, DATA + "/", IRIS + "/", IRIS + "/x", NONE + "/x", DATA + "/.",
         DATA + "/..", DATA + "/\\0", DATA + "/" + "x" * 300, DATA + "/\\udc80", "", None, 1.5)
for path in paths:
    show(attempt(open, path))
    show(attempt(Path.read_bytes, Path(path or "") if isinstance(path, str) else Path(NONE)))
for mode in ("x", "rw", "U", "", "q", 3, None):
    show(attempt(open, IRIS, mode))
show([attempt(open, IRIS, "rb", encoding="utf-8"), attempt(open, IRIS, buffering=0)])
show([attempt(open, IRIS, closefd=False), attempt(open, IRIS, nothing=1), attempt(open)])
""",
    "open-itself": """
show([open is io.open, pickle.loads(pickle.dumps(open)) is open, open.__name__, callable(open)])
show([str(inspect.signature(open)), open.__doc__, open.__module__.strip("_")])
""",
    "listdir": """
folders = (DATA, Path(DATA), DATA + "/", sys.argv[1] + "/site-packages", NONE, IRIS, DATA + "//",
           os.path.dirname(numpy.__file__), os.fsencode(DATA), os.open(DATA, os.O_RDONLY))
for folder in folders:
    try:
        show(sorted(os.listdir(folder), key=str))
    except OSError as error:
        show([str(error), error.errno, error.filename])
found = os.listdir(DATA)
found.clear()
show([len(os.listdir(DATA)), len(os.listdir()) > 0, os.listdir in os.supports_fd])
show(sorted(entry.name for entry in os.scandir(DATA) if entry.is_file()))
show([sorted(glob.glob(DATA + "/*.csv")), sorted(map(str, Path(DATA).iterdir()))])
show([[root, sorted(folders), sorted(files)] for root, folders, files in os.walk(DATA)])
""",
    "scandir": """
for folder in (DATA, Path(DATA), DATA + "/", sys.argv[1] + "/site-packages", NONE, IRIS,
               os.fsencode(DATA), os.open(DATA, os.O_RDONLY), "."):
    try:
        with os.scandir(folder) as entries:
            show(sorted([str(e.name), str(e.path), e.is_dir(), e.is_file(follow_symlinks=False),
                         e.is_symlink(), e.inode() > 0, e.stat().st_size, repr(e)]
                        for e in entries))
        show(list(entries))
    except OSError as error:
        show([str(error), error.errno, error.filename])
found = next(entry for entry in os.scandir(DATA) if entry.name == "iris.csv")
show([open(found).readline(), os.path.getsize(found), str(Path(found))])
show(os.scandir in os.supports_fd)
entries = os.scandir(DATA)
entries.close()
show(list(entries))
""",
    "what-is-there": """
paths = [path + end for path in (DATA, IRIS, NONE, sys.argv[1] + "/site-packages", IRIS + "/x")
         for end in ("", "/", "/.", "/..", "//", "/../data", "/none", "/none/none", "/\\0")]
paths += [Path(IRIS), os.fsencode(IRIS), os.fsencode(NONE), "", ".", os.open(IRIS, os.O_RDONLY),
          sys.argv[1] + "/site-packages-none", DATA + "/" + "x" * 300, None, 1.5]
for ask in (os.path.exists, os.path.isfile, os.path.isdir, os.path.lexists, os.path.islink):
    show([attempt(ask, path) for path in paths])
show([[p.exists(), p.is_file(), p.is_dir()] for p in map(Path, (DATA, IRIS, NONE))])
show([os.stat(IRIS).st_size, attempt(os.stat, NONE), os.path.getsize(IRIS)])
above = sys.argv[1] + "/site-packages/../"
show([os.path.isfile(path) for path in (OUTSIDE, above + "manifest.json", above + "none")])
show(len(open(OUTSIDE).read()) + len(open(above + "manifest.json").read()))
show(sorted(os.listdir(above)))
""",
    "audit": """
import sys
events = []
sys.addaudithook(lambda event, arguments: events.append([event, str(arguments)])
                 if event in ("open", "os.listdir", "os.scandir")
                 and "datasets" in str(arguments) else None)
for action in (open, os.listdir, os.scandir):
    for path in (IRIS, NONE, DATA):
        attempt(action, path)
show(events)
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
show(sorted((p["user_api"], p["internal_api"]) for p in threadpoolctl.threadpool_info()))
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
