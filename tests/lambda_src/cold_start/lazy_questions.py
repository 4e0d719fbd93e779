"""A package whose modules wait for their first use, and questions about it.

Each question is answered in a process of its own, once after a plain import and once with modules
waiting; the answers have to be the same.
"""

from __future__ import annotations

FILES = {
    "pkg/__init__.py": '"""Of the package."""\nfrom pkg import tools\nNAME = "pkg"\n',
    "pkg/tools.py": """
'''Tools.'''
import dataclasses, typing
from pkg import shapes
VALUE = [1, 2]
@dataclasses.dataclass
class Point:
    x: int
    other: "typing.Optional[Point]" = None
def area(point: "Point") -> "shapes.Area":
    return shapes.Area(point.x)
def __getattr__(name):
    if name == "dynamic":
        return "made"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
""",
    "pkg/shapes.py": "import os\nclass Area(int):\n    pass\nHERE = os.path.basename(__file__)\n",
    "pkg/listed.py": "def __dir__():\n    return ['b', 'a']\na = b = 1\n",
    "pkg/star.py": "__all__ = ['one']\none, two = 1, 2\n",
    "pkg/sub/__init__.py": "from pkg.sub.inner import INNER\n"
    "__path__.append(__path__[0] + '/more')\n",
    "pkg/sub/inner.py": "INNER = 'inner'\n",
    "pkg/sub/more/extra.py": "EXTRA = __name__\n",
    "pkg/sub/data.txt": "data\n",
    "pkg/ring/__init__.py": "",
    # The first has what the second needs before it asks for the second.
    "pkg/ring/a.py": "A = 1\nfrom pkg.ring.b import B\nSUM = A + B\n",
    "pkg/ring/b.py": "from pkg.ring.a import A\nB = A + 1\n",
    "pkg/ring/both.py": "import pkg.ring.a, pkg.ring.b\n",
    "pkg/ring/self.py": "import sys, pkg.ring.self as me\nSAME = sys.modules[__name__] is me\n",
    # Around this circle only imports in functions lead.
    "pkg/ring/left.py": "import importlib, time\ntime.sleep(0.1)\n"
    "OTHER = hasattr(importlib.import_module('pkg.ring.right'), 'DONE')\nDONE = True\n",
    "pkg/ring/right.py": "import importlib, time\ntime.sleep(0.1)\n"
    "OTHER = hasattr(importlib.import_module('pkg.ring.left'), 'DONE')\nDONE = True\n",
    "pkg/counted.py": "import pkg\npkg.count = getattr(pkg, 'count', 0) + 1\nNUMBER = pkg.count\n",
    "pkg/replaced.py": "import sys, types\nnew = types.SimpleNamespace(WORD='new')\n"
    "sys.modules[__name__] = new\n",
    "pkg/classy.py": "import sys, types\nclass Kind(types.ModuleType):\n"
    "    __call__ = lambda self: 'called'\nsys.modules[__name__].__class__ = Kind\n",
    "pkg/broken.py": "raise ValueError('of broken')\n",
    "pkg/main.py": "if __name__ == '__main__':\n    print('as main')\n",
    "pkg/registers.py": "import copyreg\nclass Odd:\n    pass\n"
    "copyreg.pickle(Odd, lambda odd: (Odd, ()))\n",
    "pkg/fragile.py": "import os\nif 'BREAK' in os.environ:\n    raise ValueError('of fragile')\n"
    "VALUE = 1\n",
    "space/part.py": "PART = 'part'\n",
    "other.py": "from pkg import tools\ndef use():\n    return tools.VALUE\n",
}
"""A release's files. ``pkg/broken.py`` fails, so it does not wait."""

IMPORTS = """
import pkg, pkg.tools, pkg.shapes, pkg.listed, pkg.star, pkg.sub.inner, pkg.ring.both
import pkg.ring.self
import pkg.ring.left, pkg.fragile
import pkg.counted, pkg.replaced, pkg.classy, pkg.main, pkg.registers, space.part, other
try:
    import pkg.broken
except ValueError:
    pass
"""
"""What is imported before each question. Questions must not depend on more."""

QUESTIONS = {
    "attribute": "print(pkg.tools.VALUE, pkg.NAME)",
    "from": "from pkg.tools import VALUE, Point; print(VALUE, Point(1))",
    "from-star": "from pkg.star import *; print(one, 'two' in globals())",
    "from-package": "from pkg import shapes as s; print(s.HERE)",
    "missing-attribute": """
try: pkg.tools.nothing
except AttributeError as error: print(error)
""",
    "missing-name": """
try: from pkg.shapes import nothing
except ImportError as error: print(error, error.name, bool(error.path))
""",
    "missing-module": """
try: import pkg.shapes.nothing
except ModuleNotFoundError as error: print(error, error.name)
""",
    "import-as": "import pkg.sub.inner as i; print(i.INNER)",
    "submodule-on-parent": "print(pkg.sub.inner is sys.modules['pkg.sub.inner'], pkg.sub.INNER)",
    "path-extended-when-run": "import pkg.sub.extra; print(pkg.sub.extra.EXTRA)",
    "namespace-package": "print(space.part.PART, list(space.__path__)[0][-5:])",
    "reload": "m = importlib.reload(pkg.counted); print(m is pkg.counted, m.NUMBER, pkg.count)",
    "reload-after-use": "pkg.counted.NUMBER; importlib.reload(pkg.counted); print(pkg.count)",
    "imported-again": """
del sys.modules['pkg.counted']
print(pkg.counted.NUMBER)
import pkg.counted; print(pkg.counted.NUMBER, pkg.count)
""",
    "removed-unused": """
del sys.modules['pkg.shapes'], pkg.shapes
import pkg.shapes; print(pkg.shapes.HERE)
""",
    "pickle-instance": """
from pkg.tools import Point; data = pickle.dumps(Point(3))
print(pickle.loads(data))
""",
    "pickle-by-name": "print(pickle.loads(b'cpkg.shapes\\nArea\\n(I3\\ntR.'))",
    "pickle-module": """
for protocol in range(6):
    try: pickle.dumps(pkg.shapes, protocol)
    except TypeError as error: print(error)
""",
    "pickle-tables": """
class P(pickle.Pickler):
    dispatch_table = {types.ModuleType: lambda m: (importlib.import_module, (m.__name__,))}
out = io.BytesIO(); P(out).dump(pkg.shapes); print(pickle.loads(out.getvalue()) is pkg.shapes)
""",
    "pickle-whichmodule": """
def HERE(): pass
del HERE.__module__
print(pickle.whichmodule(pkg.shapes.Area, 'Area'))
""",
    "copyreg": "import pkg.registers as r; print(type(copy.copy(r.Odd())).__name__)",
    "copy-module": """
for function in copy.copy, copy.deepcopy:
    try: function(pkg.shapes)
    except TypeError as error: print(error)
""",
    "hasattr": "print(hasattr(pkg.tools, 'VALUE'), hasattr(pkg.tools, 'none'))",
    "getattr-default": "print(getattr(pkg.tools, 'none', 5), getattr(pkg.tools, 'VALUE', 5))",
    "module-getattr": "print(pkg.tools.dynamic)\nfrom pkg.tools import dynamic; print(dynamic)",
    "module-dir": "print(dir(pkg.listed), dir(pkg.star))",
    "vars": "print(sorted(vars(pkg.star)), sorted(pkg.shapes.__dict__))",
    "doc": "print(pkg.tools.__doc__, pkg.__doc__, pkg.star.__doc__)",
    "metadata": """
for m in modules():
    print(m.__name__, m.__spec__.name, m.__file__, m.__package__, m.__cached__)
    print(m.__spec__.origin, m.__spec__.parent, m.__spec__.has_location)
    print(list(getattr(m, '__path__', [])), m.__loader__ is m.__spec__.loader)
""",
    "repr": "print([repr(m) for m in modules()], str(pkg.shapes), f'{pkg.star}')",
    "isinstance": """
print([isinstance(m, types.ModuleType) for m in modules()], inspect.ismodule(pkg.shapes))
print([issubclass(type(m), types.ModuleType) for m in modules()])
""",
    "type-equal": """
print(type(pkg.shapes) == types.ModuleType, type(pkg.star) in {types.ModuleType: 1})
""",
    "class": "print(pkg.shapes.__class__, pkg.shapes.__class__ is types.ModuleType)",
    "singledispatch": """
@functools.singledispatch
def kind(value): return 'other'
kind.register(types.ModuleType)(lambda value: 'module')
print(kind(pkg.shapes), kind(pkg.star))
""",
    "equal-and-hash": """
print(pkg.shapes == sys.modules['pkg.shapes'], len({pkg.shapes, pkg.shapes}))
""",
    "weakref": "import weakref; print(weakref.ref(pkg.shapes)() is pkg.shapes)",
    "assignment": "pkg.shapes.HERE = 'changed'; print(pkg.shapes.HERE, pkg.shapes.Area(2))",
    "assignment-in-dict": "vars(pkg.shapes)['HERE'] = 'changed'; print(pkg.shapes.HERE)",
    "new-attribute": "pkg.shapes.more = 1; print(pkg.shapes.more, sorted(vars(pkg.shapes)))",
    "deletion": "del pkg.shapes.HERE; print(hasattr(pkg.shapes, 'HERE'), pkg.shapes.Area(2))",
    "deletion-of-nothing": """
try: del pkg.shapes.nothing
except AttributeError as error: print(error)
""",
    "patch": """
from unittest import mock
with mock.patch('pkg.shapes.HERE', 'patched'): print(pkg.shapes.HERE)
with mock.patch.object(pkg.tools, 'VALUE', 7): print(other.use())
print(pkg.shapes.HERE, other.use())
""",
    "class-assignment": """
class Kind(types.ModuleType):
    def __call__(self): return 'called'
pkg.shapes.__class__ = Kind; print(pkg.shapes(), pkg.shapes.HERE, type(pkg.shapes).__name__)
""",
    "own-class": "print(pkg.classy(), type(pkg.classy).__name__)",
    "own-replacement": """
import pkg.replaced as r; print(r.WORD, type(r).__name__, pkg.replaced is r)
""",
    "circle-from-its-second": "print(pkg.ring.b.B, pkg.ring.a.SUM)",
    "circle-from-its-first": "print(pkg.ring.a.SUM, pkg.ring.b.B)",
    "circle-with-itself": "print(pkg.ring.self.SAME)",
    "imported-by-what-waits": """
print(pkg.ring.b is sys.modules['pkg.ring.b'], hasattr(pkg.ring, 'a'))
""",
    "imported-by-nobody": """
try: pkg.ring.more
except AttributeError as error: print(error)
""",
    "once": "pkg.counted.NUMBER; import pkg.counted as c; print(c.NUMBER, pkg.count)",
    "inspect-source": """
print(inspect.getsource(pkg.tools.area), inspect.getsource(pkg.shapes))
print(inspect.getmodule(pkg.tools.area) is pkg.tools, inspect.getsourcefile(pkg.star))
""",
    "inspect-members": "print([name for name, _ in inspect.getmembers(pkg.listed)])",
    "inspect-signature": "print(inspect.signature(pkg.tools.area))",
    "stack": "print(inspect.getmodule(inspect.stack()[0][0]))",
    "type-hints": """
print(typing.get_type_hints(pkg.tools.area), typing.get_type_hints(pkg.tools.Point))
print(typing.get_type_hints(pkg.shapes))
""",
    "resources": """
import importlib.resources as r
print((r.files(pkg.sub) / 'data.txt').read_text())
print(r.files('pkg.sub').joinpath('data.txt').is_file())
""",
    "get-data": "print(pkgutil.get_data('pkg.sub', 'data.txt'))",
    "pkgutil": "print(sorted(m.name for m in pkgutil.walk_packages(pkg.__path__, 'pkg.')))",
    "resolve-name": """
print(pkgutil.resolve_name('pkg.shapes:HERE'), pkgutil.resolve_name('pkg.sub.inner'))
""",
    "find-spec": """
print(importlib.util.find_spec('pkg.shapes').origin, importlib.util.find_spec('pkg.none'))
""",
    "runpy": """
import runpy, warnings; warnings.simplefilter('ignore')
print(sorted(runpy.run_module('pkg.star'))); runpy.run_module('pkg.main', run_name='__main__')
""",
    "own-loading": """
spec = importlib.util.find_spec('pkg.counted'); m = importlib.util.module_from_spec(spec)
spec.loader.exec_module(m); print(vars(m)['NUMBER'] >= 1, m is pkg.counted)
""",
    "exec-in-it": "exec('X = HERE + \"!\"', vars(pkg.shapes)); print(pkg.shapes.X)",
    "linecache": "import linecache; print(linecache.getline(pkg.shapes.__file__, 2))",
    "traceback": """
try: pkg.tools.area(None)
except AttributeError as error: print(traceback.format_exception(error)[-2:])
""",
    "warning": """
import warnings
with warnings.catch_warnings(record=True) as found:
    warnings.simplefilter('always'); exec("import warnings; warnings.warn('x')", vars(pkg.shapes))
print(found[0].message, found[0].filename)
""",
    "broken": """
for _ in range(2):
    try: import pkg.broken
    except ValueError as error: print(error, 'pkg.broken' in sys.modules)
""",
    "threads": """
import threading
found, start = [], threading.Barrier(16)
def use():
    start.wait(); found.append((pkg.counted.NUMBER, pkg.ring.b.B, pkg.tools.VALUE))
threads = [threading.Thread(target=use) for _ in range(16)]
[t.start() for t in threads]; [t.join(20) for t in threads]
print(len(found), set(map(str, found)), pkg.count)
""",
    "threads-around-a-circle": """
import threading
sides, found = (pkg.ring.left, sys.modules['pkg.ring'].right), []
threads = [threading.Thread(target=lambda: found.append(side.DONE)) for side in sides]
[t.start() for t in threads]; [t.join(20) for t in threads]
print(found, [side.DONE for side in sides])
""",
    "fork": """
pid = os.fork()
if pid == 0: os._exit(pkg.counted.NUMBER + len(pkg.shapes.HERE))
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
""",
    "multiprocessing": """
import multiprocessing
with multiprocessing.get_context('fork').Pool(1) as pool: print(pool.map(pkg.shapes.Area, [1, 2]))
""",
}

FAILS = """
os.environ['BREAK'] = '1'
for use in (lambda: pkg.fragile.VALUE, lambda: hasattr(pkg.fragile, 'none')):
    try: use()
    except ImportError as error: print(error, error.name, type(error.__cause__).__name__)
del os.environ['BREAK']
print(pkg.fragile.VALUE)
"""
"""Asked only where modules wait: what fails at its first use, and is used again."""

START = """
import copy, functools, importlib, importlib.util, inspect, io, os, pickle, pkgutil, sys, traceback
import types, typing
def modules():
    return [m for n, m in sorted(sys.modules.items())
            if n.partition('.')[0] in ('pkg', 'other') and type(m).__name__ != 'SimpleNamespace'
            and not n.startswith('pkg.ring.')]
"""
MODEL = IMPORTS + "SAMPLE = {'instances': [1]}\ndef predict(instances):\n    return instances\n"
