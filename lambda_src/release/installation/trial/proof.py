"""What the interpreter does that makes the smoke import; smoke.py starts it.

It does what the function does: the program first on ``sys.path``, the release behind it, import,
load and calls in the main thread. It holds the model to its contract, and ends without waiting for
what the model has started.
"""

from __future__ import annotations

import _thread
import contextlib
import importlib
import inspect
import json
import os
import sys
import time
import traceback
from types import ModuleType
from typing import Any

from ...artifacts import arguments as load_arguments
from ...encoding import encoded
from ...lazy import Lazy
from . import defer
from .record import Record
from .trace import Trace

# What a package puts in their place must not decide about it.
_open, _write, _exit, _dumps = os.open, os.write, os._exit, json.dumps
_getpid, _sleep, _format_stack = os.getpid, time.sleep, traceback.format_stack

CONTRACT = (
    "The contract of model.py: predict(instances) returns a list of as many predictions that JSON "
    "can hold; optional are load(), or load(artifacts) where artifacts.in names some, "
    "demonstrate(), which returns a dictionary that JSON can hold, "
    'and SAMPLE = {"instances": [...]}, a request'
)
_SHOWN = 20
_LONGEST, _MOST = 500, 40
"""Characters of a line, and lines, that are written of a failure."""


class ContractError(Exception):
    """The model is not what the function will serve."""


def prove(
    site_packages: str,
    program: str,
    artifacts: str,
    record: str,
    end: str,
    nonce: str,
    limit: float | None,
    lazy: str = "",
) -> None:
    """Import, load and try the model; record what that touches; write to ``end`` how it ended.

    The last is JSON: the nonce, kind and text. The kind is ``proven``, ``contract``, ``failed``
    or ``not-ended``. ``lazy`` is a file with the modules that wait for their first use; those that
    the model has not used run after the recording. With ``trace`` nothing waits, and what uses what
    is recorded instead of what is touched.
    """
    sys.path.insert(1, site_packages)
    recorded, waiting = _recording(site_packages, record, lazy)
    process, main = _getpid(), _thread.get_ident()
    ended = _thread.allocate_lock()  # by who acquires it

    def finish(kind: str, text: str) -> None:
        text = "\n".join(line[:_LONGEST] for line in text.splitlines()[-_MOST:])
        _write(_open(end, os.O_WRONLY), _dumps([nonce, kind, text]).encode())
        _exit(0)

    def watch(seconds: float) -> None:
        _sleep(seconds)
        if ended.acquire(blocking=False):
            finish("not-ended", "".join(_format_stack(sys._current_frames().get(main))))

    if limit is not None:
        # Who started this interpreter has a limit, too, if no thread can be started.
        with contextlib.suppress(RuntimeError):
            _thread.start_new_thread(watch, (limit,))
    try:
        kind, text = "proven", _recorded(program, artifacts, recorded, record, waiting)
    except ContractError as error:
        kind, text = "contract", str(error)
    except BaseException:
        if _getpid() != process:
            raise  # in a process that the model has forked
        kind, text = "failed", traceback.format_exc()
    if _getpid() != process:
        return
    ended.acquire()
    finish(kind, text)


def _recording(site_packages: str, record: str, lazy: str) -> tuple[Record | Trace, Lazy]:
    """What records from now on, and what waits."""
    if lazy == "trace":
        return Trace(site_packages), {}
    recorded = Record(site_packages, record.endswith("exact.json"))
    return recorded, defer.install(site_packages, lazy) if lazy else {}


def _recorded(
    program: str, artifacts: str, recorded: Record | Trace, record: str, waiting: Lazy
) -> str:
    """Try the model, write the record, and use what still waits. Returns what there is to say."""
    answers: dict[str, Any] = {}
    process = _getpid()
    said = _try(program, artifacts, answers)
    if _getpid() == process:  # not one that the model has forked
        recorded.write(record, answers)
        defer.use_all(waiting)
    return said + (f"; not recorded: {recorded.problem}" if recorded.problem else "")


def _try(program: str, artifacts: str, answers: dict[str, Any]) -> str:
    """Import, load and try the model. Returns what there is to say of it, and adds its answers."""
    model = importlib.import_module("model")
    if not str(model.__file__).startswith(program + "/"):
        raise ImportError(f"a package brings its own module 'model': {model.__file__}")
    predict = _function(model, "predict", [])
    if predict is None:
        names = [name for name in vars(model) if not name.startswith("_")]
        more = ", ..." if len(names) > _SHOWN else ""
        has = ", ".join(names[:_SHOWN]) + more if names else "no public name"
        raise ContractError(f"model.py has no predict, it has {has}")
    instances = _sample(model)
    load = getattr(model, "load", None)
    given = load_arguments(load, artifacts) if callable(load) else ()
    if load := _function(model, "load", *given):
        load(*given)
    said = []
    if demonstrate := _function(model, "demonstrate"):
        shown = demonstrate()
        if not isinstance(shown, dict):
            raise ContractError(f"demonstrate() returned {_short(shown)}, not a dictionary")
        answers["demonstrate()"] = _json(shown, "demonstrate() returned")
        said.append(f"demonstration: {_short(shown)}")
    if instances is not None:
        count = len(instances)
        predictions = predict(instances)
        if not isinstance(predictions, list):
            raise ContractError(f"predict of SAMPLE returned {_short(predictions)}, not a list")
        if len(predictions) != count:
            raise ContractError(
                f"predict of SAMPLE returned {len(predictions)} predictions for {count} "
                f"instances: {_short(predictions)}"
            )
        answers["predict of SAMPLE"] = _json(predictions, "predict of SAMPLE returned")
        said.append(f"predict of SAMPLE: {_short(predictions)}")
    return "; ".join(said) or "predict was not tried: model.py has neither SAMPLE nor demonstrate()"


def _function(model: ModuleType, name: str, *arguments: Any) -> Any:
    """A function of the model that can be called with these, None if there is none."""
    if not hasattr(model, name):
        return None
    function = getattr(model, name)
    if not callable(function):
        raise ContractError(f"{name} in model.py is {_short(function)}, and cannot be called")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of some that are written in C
        return function
    try:
        signature.bind(*arguments)
    except TypeError as error:
        called = f"{name}({'instances' if arguments else ''})"
        raise ContractError(
            f"{name}{signature} in model.py cannot be called as {called}: {error}"
        ) from error
    return function


def _sample(model: ModuleType) -> list[Any] | None:
    """The instances of the model's own request, as the function would get them."""
    if not hasattr(model, "SAMPLE"):
        return None
    sample = model.SAMPLE
    instances = sample.get("instances") if isinstance(sample, dict) else None
    if not isinstance(instances, list) or not instances:
        raise ContractError(
            f'SAMPLE in model.py is {_short(sample)}, not {{"instances": [...]}} with at least '
            "one instance"
        )
    found: list[Any] = _json(sample, "SAMPLE in model.py is")["instances"]
    return found


def _json(value: Any, what: str) -> Any:
    try:
        return encoded(value)[1]
    except Exception as error:
        raise ContractError(f"{what} {_short(value)}, which JSON cannot hold: {error}") from error


def _short(value: object) -> str:
    try:
        text = repr(value)
    except Exception as error:  # of a number of 5,000 digits, for one
        text = f"what repr() fails for ({type(error).__name__})"
    text = text if len(text) <= 100 else text[:97] + "..."
    return text if isinstance(value, dict | list) else f"{text} of type {type(value).__name__}"
