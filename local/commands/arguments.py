"""What a user types after `python -m local`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from .. import COMMAND

_EXIT_CODES = """exit status:
  0    done
  1    failed; for `preview` and `up` also: a mandatory policy is violated; for `up` and `invoke`
       also: the function failed, or its answer has a statusCode of 400 or more; `task` ends with
       the exit code of the task's first container
  2    wrong usage: an option, a stack without a file, an event that is no JSON
  130  interrupted (143 by SIGTERM); nothing is left running"""


def parser(commands: Mapping[str, Callable[..., int]]) -> argparse.ArgumentParser:
    """The parser of what a user types; `command` is the one of `commands` that is named."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--stack", type=_stack_name, default="dev", help="the stack, default: dev")
    common.add_argument(
        "-v", "--verbose", action="store_true", help="show every resource and log line"
    )
    configured = argparse.ArgumentParser(add_help=False, parents=[common])
    configured.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a configuration value for this run; may be repeated",
    )
    made = argparse.ArgumentParser(
        prog=COMMAND,
        description="Deploys the Pulumi program of this folder on an embedded cloud, without an "
        "AWS account. File systems persist in .local/<stack>; all else is new in each run.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added_to = made.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str,
        text: str,
        options: argparse.ArgumentParser = configured,
    ) -> argparse.ArgumentParser:
        added = added_to.add_parser(name, parents=[options], help=text, description=text)
        added.set_defaults(command=commands[name])
        return added

    add("preview", "show what would be created, and what the policy packs say of it")
    up = add("up", "deploy, populate, call each function with its sample")
    text = "draw the stack and its cold starts: the SVG file to write"
    up.add_argument("--picture", type=Path, metavar="FILE", help=text)
    add("watch", "as `up`, and again after each change of a file, until Ctrl-C")
    text = "call a function, print its answer; deploys first, unless `watch` or `serve` is open"
    invoke = add("invoke", text)
    invoke.add_argument("--event", required=True, metavar="FILE|JSON", help="the event")
    server = add("serve", "deploy, serve a function over HTTP until Ctrl-C")
    for command in (invoke, server):
        command.add_argument(
            "--function", metavar="NAME", help="which one, where there are several"
        )
    server.add_argument("--port", type=int, default=0, help="default: a free one")
    task = add("task", "deploy, run an ECS task to its end, show its log")
    task.add_argument("--task", metavar="NAME", help="the task definition, where there are several")
    task.add_argument("--cluster", metavar="NAME", help="the cluster, where there are several")
    for option in ("--subnet", "--security-group"):
        text = "where it runs; may be repeated; default: all subnets, the only security group"
        task.add_argument(option, action="append", default=[], metavar="NAME", help=text)
    task.add_argument("--assign-public-ip", action="store_true", help="as in RunTask")
    task.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="after `--`: a command in place of that of the first container",
    )
    cloud = add("cloud", "keep an empty account open, print how clients reach it", common)
    cloud.add_argument("--region", default="us-east-1", help="default: %(default)s")
    add("clean", "remove the stack's local file systems", common)
    return made


def _stack_name(text: str) -> str:
    """The name of a stack, which is that of a folder too: Pulumi allows no slash in it either."""
    if re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", text) is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of a stack: letters, digits, hyphens, underscores and periods"
        )
    return text
