"""What is asked of files during and after a cold start of the packages in real_packages."""

from __future__ import annotations

QUESTIONS = {
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
    "open-descriptor": """
for mode in ("r", "rb"):
    with open(IRIS, mode) as stream:
        first = stream.readline()
        there, here = os.stat(IRIS), os.fstat(stream.fileno())
        show([there == here, os.readlink(f"/proc/self/fd/{stream.fileno()}")])
        show([os.path.sameopenfile(stream.fileno(), stream.fileno()), stream.tell(), first])
        show([attempt(os.write, stream.fileno(), b"x"), stream.readline(), stream.closed])
        show(os.lseek(stream.fileno(), 0, os.SEEK_END))
    show([attempt(stream.fileno), attempt(stream.tell), attempt(stream.readable)])
    show(attempt(pickle.dumps, stream))
""",
    "open-arguments": """
for arguments, named in (
    ((IRIS, "r", -1, "utf-8", "strict", ""), {}), ((IRIS,), {"encoding": "nothing"}),
    ((IRIS,), {"newline": "x"}), ((IRIS,), {"errors": "nothing", "encoding": "ascii"}),
    ((IRIS, "rb"), {"newline": ""}), ((IRIS, "rb"), {"errors": "strict"}),
    ((IRIS,), {"file": IRIS}),
    ((IRIS,), {"encoding": 1}), ((IRIS, "r", 0), {}), ((IRIS, "rb", 0), {}), ((IRIS, "rb", 1), {}),
    ((IRIS, "r", -1, None, None, None, True, None, None), {}), ((IRIS,), {"opener": os.open}),
    ((), {"file": IRIS, "mode": "rt"}), ((IRIS, "r", True), {}), ((IRIS, "r", None), {}),
):
    try:
        with open(*arguments, **named) as stream:
            show([repr(stream), stream.readline().strip(), getattr(stream, "newlines", None)])
            kinds = [type(stream).__name__, type(getattr(stream, "buffer", None)).__name__]
            show([kinds, getattr(stream, "line_buffering", None)])
    except Exception as error:
        show([type(error).__name__, str(error)])
""",
    "open-paths": """
class Text(str):
    pass
class Like:
    def __fspath__(self):
        return IRIS
class Bytes(bytes):
    pass
SITE = sys.argv[1] + "/site-packages"
for path in (Text(IRIS), Like(), Bytes(os.fsencode(IRIS)), os.fsencode(IRIS), Path(IRIS),
             IRIS.replace("/site-packages/", "/site-packages//"), IRIS + "/", IRIS + "//",
             SITE, SITE + "/", SITE + "//", SITE + "/.", SITE + "//x", SITE + "/..//",
             SITE + "/sklearn/../sklearn/__init__.py", SITE + "/SKLEARN/__init__.py",
             IRIS + " ", IRIS + chr(0), chr(0) + IRIS, IRIS + chr(10), IRIS + chr(0xDC80),
             os.path.relpath(IRIS), -1, 10**30, [IRIS], (IRIS,), b"", object):
    show(attempt(lambda: open(path).read(30)))
    for ask in (os.path.exists, os.path.isfile, os.path.isdir, os.listdir, os.scandir):
        show(re.sub("0x[0-9a-f]+", "", str(attempt(ask, path)))
             if ask is not os.listdir else sorted(attempt(ask, path)[:1]))
""",
    "open-like-the-original": """
class Opens:
    opener = open
class Replaced:
    exists, listdir = os.path.exists, os.listdir
show([Opens().opener(IRIS).readline(), Replaced().listdir(DATA) != []])
show([attempt(Replaced().exists, IRIS)])
show([open == io.open, hash(open) == hash(io.open), open in {io.open}, {open: 1}[io.open]])
show([copy.copy(open) is open, copy.deepcopy(open) is open, copy.deepcopy([open])[0] is open])
show([pickle.loads(pickle.dumps(open, protocol)) is io.open for protocol in range(6)])
show([isinstance(open, kind) for kind in (types.BuiltinFunctionType, types.FunctionType)])
show([inspect.isbuiltin(open), inspect.isfunction(open), inspect.isroutine(open)])
show([repr(open), open.__name__, open.__qualname__, open.__module__, open.__doc__])
show([str(open.__self__), open.__text_signature__, str(inspect.signature(open))])
show([hasattr(open, name) for name in ("__get__", "__code__", "__wrapped__")])
show([attempt(open), attempt(lambda: open.nothing)])
""",
    "the-originals": """
import builtins
show(io.open is builtins.open)
show([os.listdir is posix.listdir, os.scandir is posix.scandir, os.stat is posix.stat])
show([getattr(os.path, n) is getattr(genericpath, n) for n in ("exists", "isfile", "isdir")])
show([f in os.supports_fd for f in (os.listdir, os.scandir, os.stat)])
show([os.path.isdir(s=DATA), os.path.isfile(path=IRIS), os.path.exists(path=IRIS)])
show([len(os.listdir(path=DATA)), len(list(os.scandir(path=DATA)))])
show([str(inspect.signature(f)) for f in (os.listdir, os.scandir, os.path.isdir, os.path.exists)])
show([pickle.loads(pickle.dumps(f)) is f for f in (os.listdir, os.scandir, os.path.isdir)])
with os.scandir(DATA) as entries:
    show([isinstance(entry, os.DirEntry) for entry in entries])
show([str(inspect.signature(linecache.updatecache)), linecache.updatecache.__module__])
import ctypes, _ctypes
show([repr(_ctypes.dlopen)[:9], ctypes._dlopen is _ctypes.dlopen])
""",
    "loaders": """
for loader in (sklearn.__loader__, PIL._imaging.__loader__ if hasattr(PIL, "_imaging") else None):
    if loader is not None:
        again = pickle.loads(pickle.dumps(loader))
        show([type(again).__name__, again.name, again.path, copy.deepcopy(loader).path])
        show(pickle.loads(pickle.dumps(sys.modules[loader.name].__spec__)).origin)
path = sklearn.base.__file__
loader, status = sklearn.base.__loader__, os.stat(path)
stats = loader.path_stats(path)
show([stats["size"] == status.st_size, stats["mtime"] == status.st_mtime])
show([loader.get_data(path) == open(path, "rb").read(), loader.is_package("sklearn.base")])
show(loader.get_source("sklearn.base") == open(path).read())
show([loader.get_code("sklearn.base").co_filename, loader.get_filename("sklearn.base")])
""",
    "threads": """
import concurrent.futures
names = sorted(glob.glob(os.path.dirname(sklearn.__file__) + "/*/*.py"))
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    found = list(pool.map(lambda name: open(name, encoding="utf-8").read(), names * 5))
show([len(found), sum(map(len, found)), found[: len(names)] == found[len(names) : 2 * len(names)]])
""",
    "readers-of-files": """
import codecs, configparser, csv, fileinput, filecmp, hashlib, shutil, subprocess, tarfile, zipfile
with open(IRIS, newline="") as stream:
    show(len(list(csv.reader(stream))))
with open(IRIS, "rb") as stream:
    hashed = hashlib.file_digest(stream, "sha256").hexdigest()
show([hashed == hashlib.sha256(Path(IRIS).read_bytes()).hexdigest()])
with open(IRIS, "rb") as stream, open("copied", "wb") as target:
    shutil.copyfileobj(stream, target)
    show([stream.tell(), target.tell()])
shutil.copy2(IRIS, "copied")
show([os.stat("copied").st_mtime == os.stat(IRIS).st_mtime, filecmp.cmp(IRIS, "copied", False)])
with open(IRIS) as stream:
    show(subprocess.run(["head", "-c", "9"], stdin=stream, stdout=-1).stdout.decode())
with tarfile.open("made.tar", "w") as made, open(IRIS, "rb") as stream:
    member = made.gettarinfo(fileobj=stream, arcname="x")
    show([member.size, member.mode, member.mtime > 1])
os.remove("copied"), os.remove("made.tar")
with codecs.open(IRIS, encoding="utf-8") as stream, fileinput.input(IRIS) as lines:
    show([stream.readline(), next(iter(lines))])
with open(IRIS, "rb") as stream:
    show([len(numpy.fromfile(stream, "u1")), stream.tell()])
    show(len(numpy.memmap(IRIS, mode="r")))
stream = open(IRIS, "rb")
raw, view = stream.raw, bytearray(5)
show([stream.peek(3)[:3], stream.read1(4), stream.readinto(view), bytes(view), raw.name])
detached = stream.detach()
show([detached.tell() > 0, detached.seek(0), detached.read(4), detached.readline()])
show([detached is raw, attempt(stream.read), detached.close(), attempt(detached.read)])
""",
}
