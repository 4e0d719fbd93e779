"""The commands: `python -m local`, or where this is installed `python -m efs_inference.local`."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shlex
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from .. import COMMAND
from ..engine import PackError
from ..project import Project, ProjectError
from ..state import EFS, LOCAL, StateError, remove
from . import report
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
from .tasks import run_task

_EXIT_CODES = """exit status:
  0    done
  1    failed; for `preview` and `up` also: a mandatory policy is violated; for `up` and `invoke`
       also: the function failed, or its answer has a statusCode of 400 or more; `task` ends with
       the exit code of the task's first container
  2    wrong usage: an option, a stack without a file, an event that is no JSON
  130  interrupted (143 by SIGTERM); nothing is left running"""


_INTERVAL = 0.5
"""Seconds between two looks at the files."""


class _UsageError(Exception):
    """A wrong argument."""


def main() -> int:
    """Run the command that the arguments name; what it returns is the exit status."""
    options = _parser().parse_args()
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
    return report.show(deployment, calls, screen)


def _invoke(options: argparse.Namespace, screen: Screen) -> int:
    event = _event(options.event)
    answer = call_open(_state(options), options.function, event)
    if answer is None:
        with _deployed(options, screen) as deployment:
            answer = deployment.function(options.function).invoke(event)
    return _show_answer(answer, screen)


def _show_answer(answer: Answer, screen: Screen) -> int:
    if answer.error is not None:
        screen.line(f"error: the function failed: {answer.error}", "error")
    if answer.error is None or answer.payload is not None:
        print(json.dumps(answer.payload))
    return 0 if answer.error is None else 1


def _task(options: argparse.Namespace, screen: Screen) -> int:
    with _deployed(options, screen) as deployment:
        return run_task(deployment, options, screen)


def _watch(options: argparse.Namespace, screen: Screen) -> int:
    with _deployed(options, screen) as deployment:
        report.show(deployment, report.call_all(deployment, screen), screen)
        session = Session(deployment, lambda: _loaded(options, screen), screen)
        with session.reachable(_state(options)):
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
    with _deployed(options, screen) as deployment:
        function = deployment.function(options.function)
        session = Session(deployment, lambda: _loaded(options, screen), screen)
        data = report.quoted(function.sample)
        curl = f"curl -s -H 'content-type: application/json' -d {data}"
        url = f"http://127.0.0.1:{server.port}/"
        with session.reachable(_state(options)):
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
def _deployed(options: argparse.Namespace, screen: Screen) -> Iterator[Deployment]:
    state = _state(options)
    with held(state):
        project = _loaded(options, screen)
        with screen.without_resources():
            planned = plan(project, screen, advice=False)
        refuse_other_pythons(planned)
        if "function" in options:
            planned.function(options.function)
        with deploy(project, state, screen) as deployment:
            yield deployment


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


def _stack_name(text: str) -> str:
    """The name of a stack, which is that of a folder too: Pulumi allows no slash in it either."""
    if re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", text) is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of a stack: letters, digits, hyphens, underscores and periods"
        )
    return text


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


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--stack", type=_stack_name, default="dev", help="the stack, default: dev")
    common.add_argument(
        "-v", "--verbose", action="store_true", help="show every resource and log line"
    )
    of_a_program = argparse.ArgumentParser(add_help=False)
    of_a_program.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a configuration value for this run; may be repeated",
    )
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description="Deploys the Pulumi program of this folder on an embedded cloud, without an "
        "AWS account. File systems persist in .local/<stack>; all else is new in each run.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[..., int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            parents=[common] if command in (_cloud, _clean) else [common, of_a_program],
            help=text,
            description=text,
            epilog=_EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(command=command)
        return added

    add("preview", _preview, "show what would be created, and what the policy packs say of it")
    up = add("up", _up, "deploy, populate, call each function with its sample")
    text = "draw the stack and its cold starts: the SVG file to write"
    up.add_argument("--picture", type=Path, metavar="FILE", help=text)
    add("watch", _watch, "the same, and again after each change of a file, until Ctrl-C")
    invoke = add("invoke", _invoke, "deploy, call a function with an event, print its answer")
    invoke.add_argument("--event", required=True, metavar="FILE|JSON", help="the event")
    server = add("serve", _serve, "deploy, serve a function over HTTP until Ctrl-C")
    for command in (invoke, server):
        command.add_argument(
            "--function", metavar="NAME", help="which one, where there are several"
        )
    server.add_argument("--port", type=int, default=0, help="default: a free one")
    task = add("task", _task, "deploy, run an ECS task to its end, show its log")
    task.add_argument("--task", metavar="NAME", help="the task definition, where there are several")
    task.add_argument("--cluster", metavar="NAME", help="the cluster, where there are several")
    for option in ("--subnet", "--security-group"):
        text = "where it runs; may be repeated; default: all subnets, the only security group"
        task.add_argument(option, action="append", default=[], metavar="NAME", help=text)
    task.add_argument("--assign-public-ip", action="store_true", help="as in RunTask")
    task.add_argument("words", nargs="*", metavar="WORD", help="a command for the first container")
    cloud = add("cloud", _cloud, "keep an empty account open, print how clients reach it")
    cloud.add_argument("--region", default="us-east-1", help="default: %(default)s")
    add("clean", _clean, "remove the stack's local file systems")
    return parser
