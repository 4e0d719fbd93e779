"""The commands: `python -m local`, or where this is installed `python -m efs_inference.local`."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ..engine import PackError
from ..project import Project, ProjectError
from ..state import EFS, LOCAL, StateError, remove
from . import report
from .arguments import parser
from .deployed import Answer, Deployment, DeploymentError, FunctionError
from .deployment import (
    deploy,
    empty_cloud,
    held,
    host_config,
    plan,
    refuse_other_pythons,
)
from .function_url import FunctionUrl
from .picture import draw
from .screen import Screen
from .session import Session, call_open
from .tasks import check_names, run_task

_INTERVAL = 0.5
"""Seconds between two looks at the files."""


class _UsageError(Exception):
    """A wrong argument."""


def main() -> int:
    """Run the command that the arguments name; what it returns is the exit status."""
    options = parser(_COMMANDS).parse_args()
    command: Callable[[argparse.Namespace, Screen], int] = options.command
    # What `invoke` and `cloud` print on stdout is for programs, and nothing else is there.
    out = sys.stderr if command in (_invoke, _cloud) else sys.stdout
    # What a preview has to show is the plan.
    screen = Screen(out, verbose=options.verbose or command is _preview)
    try:
        return command(options, screen)
    except (_UsageError, ProjectError, FunctionError) as error:
        screen.line(f"error: {error}", "error")
        return 2
    except (DeploymentError, PackError, StateError, OSError) as error:
        screen.line(f"error: {error}", "error")
        return 1
    finally:
        screen.close()


def _preview(options: argparse.Namespace, screen: Screen) -> int:
    report.show_verdict(screen, plan(_project(options), screen).verdict)
    return 0


def _up(options: argparse.Namespace, screen: Screen) -> int:
    with _deployed(options, screen) as deployment:
        calls = report.call_all(deployment, screen)
        cold = {one.name: said for one in deployment.functions if (said := one.cold_start())}
    if options.picture:
        options.picture.write_text(draw(deployment.result, cold), encoding="utf-8")
    status = report.show(deployment, calls, screen)
    if options.picture:
        screen.line(f"\npicture: {options.picture}")
    return status


def _invoke(options: argparse.Namespace, screen: Screen) -> int:
    event = _event(options.event)
    answer = call_open(_state(options), options.function, event)
    if answer is None:
        with _deployed(options, screen, _has_function(options)) as deployment:
            answer = deployment.function(options.function).invoke(event)
    return _show_answer(answer, screen)


def _show_answer(answer: Answer, screen: Screen) -> int:
    if answer.error is not None:
        screen.line(f"error: the function failed: {answer.error}", "error")
    if answer.error is None or answer.payload is not None:
        print(json.dumps(answer.payload))
    return 0 if answer.error is None else 1


def _task(options: argparse.Namespace, screen: Screen) -> int:
    with _deployed(options, screen, lambda planned: check_names(planned, options)) as deployment:
        return run_task(deployment, options, screen)


def _watch(options: argparse.Namespace, screen: Screen) -> int:
    with _deployed(options, screen) as deployment:
        report.show(deployment, report.call_all(deployment, screen), screen)
        session = Session(deployment, lambda: _loaded(options, screen), screen)
        with session.reachable(_state(options)):
            report.show_open(screen)
            screen.line(
                "\nwatching the files until Ctrl-C; `invoke` in another terminal calls here"
            )
            while True:
                time.sleep(_INTERVAL)
                try:
                    if session.refresh():
                        report.show_calls(report.call_all(session.deployment, screen), screen)
                except DeploymentError as error:
                    screen.line(f"error: {error}", "error")


def _cloud(options: argparse.Namespace, screen: Screen) -> int:
    state = _state(options)
    with held(state), empty_cloud(state, options.region, screen) as cloud:
        for name, value in cloud.environment().items():
            print(f"export {name}={shlex.quote(value)}")
        print(f"# an empty account at {cloud.endpoint} until Ctrl-C", flush=True)
        threading.Event().wait()
    return 0


def _serve(options: argparse.Namespace, screen: Screen) -> int:
    try:
        server = FunctionUrl(options.port)
    except (OSError, OverflowError) as error:
        why = str(error).removeprefix("bind(): ").rstrip(".")
        raise _UsageError(f"--port {options.port}: {why}. Remedy: another port") from error
    with _deployed(options, screen, _has_function(options)) as deployment:
        function = deployment.function(options.function)
        session = Session(deployment, lambda: _loaded(options, screen), screen)
        data = report.quoted(function.sample)
        curl = f"curl -s -H 'content-type: application/json' -d {data}"
        url = f"http://127.0.0.1:{server.port}/"
        with session.reachable(_state(options)):
            report.show_open(screen)
            screen.line(f"serving until Ctrl-C:\n  {curl} {url}", "good")
            server.serve(partial(session.invoke, function.name))
            threading.Event().wait()
    return 0


def _clean(options: argparse.Namespace, screen: Screen) -> int:
    folder = _state(options).parent
    if not os.path.lexists(folder):
        screen.line(f"{folder} does not exist: nothing to remove")
        return 0
    files, size = remove(folder)
    screen.line(f"removed {folder}: {files:,} files, {size:,} bytes")
    return 0


@contextlib.contextmanager
def _deployed(
    options: argparse.Namespace,
    screen: Screen,
    check: Callable[[Deployment], object] = lambda _planned: None,
) -> Iterator[Deployment]:
    """The program deployed; `check` looks at the plan first, and refuses what it lacks."""
    state = _state(options)
    with held(state):
        project = _loaded(options, screen)
        with screen.without_resources():
            planned = plan(project, screen, advice=False)
        refuse_other_pythons(planned)
        check(planned)
        with deploy(project, state, screen) as deployment:
            yield deployment


def _has_function(options: argparse.Namespace) -> Callable[[Deployment], object]:
    return lambda planned: planned.function(options.function)


def _event(text: str) -> Any:
    """The event that `text` is, or that lies in the file of this name."""
    is_file = not text.lstrip().startswith(("{", "[", '"')) and Path(text).is_file()
    try:
        written = Path(text).read_text(encoding="utf-8") if is_file else text
        return json.loads(written, parse_constant=_no_constant)
    except (ValueError, OSError, RecursionError) as error:
        raise _UsageError(
            f"--event {text[:200]!r} is neither a file nor JSON: {error}. "
            "Remedy: --event '{}', or a file's name"
        ) from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _project(options: argparse.Namespace) -> Project:
    overrides = {}
    for setting in options.config:
        key, equals, value = setting.partition("=")
        if not key or not equals:
            raise _UsageError(f"--config {setting!r}: it has the form KEY=VALUE")
        overrides[key] = value
    return Project.load(Path.cwd(), options.stack, overrides)


def _loaded(options: argparse.Namespace, screen: Screen) -> Project:
    return host_config(_project(options), screen)


def _state(options: argparse.Namespace) -> Path:
    return Path.cwd() / LOCAL / str(options.stack) / EFS


_COMMANDS = {
    "preview": _preview,
    "up": _up,
    "watch": _watch,
    "invoke": _invoke,
    "serve": _serve,
    "task": _task,
    "cloud": _cloud,
    "clean": _clean,
}
