"""What belongs to a thread or to a process, made when it is imported and used in a call.

``CASES`` has by name the lines of an import, of `load` and of a call. The last end in ``found``,
which JSON can hold. A case may not disturb the others: they share a process.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """The lines of an import, of `load`, and of a call."""

    imported: str
    called: str
    loaded: str = "pass"


CASES = {
    "thread": Case(
        "import threading\nTHREADS = [threading.current_thread(), threading.get_native_id()]",
        "THREADS.extend([threading.current_thread(), threading.get_native_id()])\n"
        "found = [len(set(THREADS)), threading.current_thread() is threading.main_thread(),\n"
        "         [thread.name for thread in threading.enumerate()]]",
        "THREADS.extend([threading.current_thread(), threading.get_native_id()])",
    ),
    "local": Case(
        "import threading\nLOCAL = threading.local()\nLOCAL.imported = 1",
        "found = sorted(vars(LOCAL))",
        "LOCAL.loaded = 2",
    ),
    "context": Case(
        "import contextvars\nVARIABLE = contextvars.ContextVar('v', default=0)\nVARIABLE.set(1)",
        "found = VARIABLE.get()",
        "VARIABLE.set(VARIABLE.get() + 1)",
    ),
    "context-token": Case(
        "import contextvars\nRESET = contextvars.ContextVar('r')\nRESET.set(1)\n"
        "TOKEN = RESET.set(2)",
        "RESET.reset(TOKEN) if RESET.get() == 2 else None\nfound = RESET.get()",
    ),
    "decimal": Case(
        "import decimal\ndecimal.getcontext().prec = 5",
        "found = str(decimal.Decimal(1) / 3)",
        "decimal.getcontext().traps[decimal.Inexact] = False",
    ),
    "sqlite": Case(
        "import sqlite3\nDATABASE = sqlite3.connect(':memory:')\n"
        "DATABASE.execute('create table t (n)')",
        "found = DATABASE.execute('select n from t').fetchall()",
        "DATABASE.execute('insert into t values (7)')",
    ),
    "loop": Case(
        "import asyncio, warnings\nwith warnings.catch_warnings():\n"
        "    warnings.simplefilter('ignore')\n    LOOP = asyncio.get_event_loop()\n"
        "TASK = LOOP.create_task(asyncio.sleep(0, 5))",
        "found = [LOOP.run_until_complete(TASK), LOOP is asyncio.get_event_loop()]",
        "LOOP.call_soon(print)",
    ),
    "runner": Case(
        "import asyncio\nRUNNER = asyncio.Runner()\nEVENT = None",
        "async def wait():\n    EVENT.set()\n    await EVENT.wait()\n    return EVENT.is_set()\n"
        "found = RUNNER.run(wait())",
        "global EVENT\nasync def make():\n    return asyncio.Event()\nEVENT = RUNNER.run(make())",
    ),
    "signal": Case(
        "import signal\nCAUGHT = []\n"
        "signal.signal(signal.SIGUSR1, lambda number, _: CAUGHT.append(number))",
        "signal.raise_signal(signal.SIGUSR1)\nfound = len(CAUGHT)",
        "signal.raise_signal(signal.SIGUSR1)",
    ),
    "alarm": Case(
        "import signal, time\ndef late(*_):\n    raise TimeoutError('of the alarm')\n"
        "signal.signal(signal.SIGALRM, late)",
        "signal.setitimer(signal.ITIMER_REAL, 0.05)\n"
        "try:\n    time.sleep(30)\n    found = 'slept'\nexcept TimeoutError as error:\n"
        "    found = str(error)",
    ),
    "wakeup": Case(
        "import signal, socket\nEARS, MOUTH = socket.socketpair()\nMOUTH.setblocking(False)\n"
        "EARS.settimeout(5)",
        "before = signal.set_wakeup_fd(MOUTH.fileno())\n"
        "signal.signal(signal.SIGUSR2, lambda *_: None)\nsignal.raise_signal(signal.SIGUSR2)\n"
        "found = [before, list(EARS.recv(1))]\nsignal.set_wakeup_fd(-1)",
    ),
    "mask": Case(
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGWINCH})",
        "found = [int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, ())]",
    ),
    "errno": Case(
        "import ctypes\nctypes.set_errno(17)",
        "found = ctypes.get_errno()",
    ),
    "affinity": Case(
        "import os\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})",
        "found = len(os.sched_getaffinity(0))",
    ),
    "profile": Case(
        "import sys\nSEEN = []\n"
        "def seen(frame, event, _):\n"
        "    if frame.f_code.co_name == 'profiled' and event == 'call':\n"
        "        SEEN.append(event)\n"
        "def profiled():\n    pass\n"
        "sys.setprofile(seen)",
        "profiled()\nsys.setprofile(None)\nfound = len(SEEN)",
    ),
    "origin-tracking": Case(
        "import sys\nsys.set_coroutine_origin_tracking_depth(3)",
        "found = sys.get_coroutine_origin_tracking_depth()",
    ),
    "recursion": Case(
        "import sys\nsys.setrecursionlimit(20_000)",
        "def down(depth):\n    return 0 if depth == 0 else 1 + down(depth - 1)\n"
        "found = [down(15_000), sys.getrecursionlimit()]",
    ),
    "stack-size": Case("import threading", "found = threading.stack_size()"),
    "locale": Case(
        "import locale\nlocale.setlocale(locale.LC_ALL, 'C')",
        "found = locale.setlocale(locale.LC_ALL)",
    ),
    "warnings": Case(
        "import warnings\nwarnings.filterwarnings('error', 'of a case')",
        "try:\n    warnings.warn('of a case')\n    found = 'warned'\nexcept UserWarning as error:\n"
        "    found = str(error)",
    ),
    "generator": Case(
        "def numbers():\n    import threading\n    here = threading.get_ident()\n"
        "    while True:\n        yield threading.get_ident() == here\nNUMBERS = numbers()",
        "found = next(NUMBERS)",
        "next(NUMBERS)",
    ),
    "lock": Case(
        "import threading\nLOCK = threading.RLock()\nLOCK.acquire()",
        "found = LOCK.acquire(blocking=False)",
    ),
    "pool": Case(
        "from concurrent.futures import ThreadPoolExecutor\nPOOL = ThreadPoolExecutor(2)",
        "found = list(POOL.map(abs, [-1, -2]))",
        "POOL.submit(abs, 1).result()",
    ),
    "fork": Case(
        "import os\ndef status_of_child():\n"
        "    if (child := os.fork()) == 0:\n        os._exit(3)\n"
        "    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])",
        "found = status_of_child()",
        "status_of_child()",
    ),
    "child-that-exits": Case(
        "import os, sys\nif (CHILD := os.fork()) == 0:\n    sys.exit(4)\n"
        "CODE = os.waitstatus_to_exitcode(os.waitpid(CHILD, 0)[1])",
        "found = CODE",
    ),
    "spawn": Case(
        "import multiprocessing\nCONTEXT = multiprocessing.get_context('spawn')",
        "child = CONTEXT.Process(target=abs, args=(1,))\nchild.start()\nchild.join()\n"
        "found = child.exitcode",
    ),
    "subprocess": Case(
        "import subprocess, sys",
        "found = subprocess.run([sys.executable, '-c', 'print(6)'], capture_output=True,\n"
        "                       check=True).stdout.decode()",
    ),
}


def model(slow: str = "") -> str:
    """A model whose first prediction says for each case what was found, by name."""
    lines = [slow]
    for number, case in enumerate(CASES.values()):
        lines.append(f"# case {number}\n{case.imported}")
        for name, body in (("load", case.loaded), ("call", f"{case.called}\nreturn found")):
            indented = "".join(f"    {line}\n" for line in body.splitlines())
            lines.append(f"def {name}_{number}():\n{indented}")
    names = dict(enumerate(CASES))
    lines.append(
        f"NAMES = {names!r}\n"
        "def load():\n    for number in NAMES:\n        globals()[f'load_{number}']()\n"
        "def predict(instances):\n    return [{name: globals()[f'call_{number}']()\n"
        "             for number, name in NAMES.items()} for _ in instances]\n"
    )
    return "\n".join(lines)


SCRIPT = """
import json, model
if __name__ == "__main__":
    model.load()
    print(json.dumps(model.predict([1])[0]))
"""
