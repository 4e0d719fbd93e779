"""Stands in for the Pulumi CLI: the embedded engine deploys, on the cloud of the environment.

What an update has no longer and a destroy go over the provider protocol, in the engine's order. It
takes commands and arguments as the CLI has them, and refuses any other. FAKE_PULUMI names a command
that goes wrong: up, destroy, export; `hang` is an `up` that ends only when interrupted.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import sys
from pathlib import Path

import yaml

from local import engine
from local.commands import Screen, host_config
from local.engine import Resource, Result
from local.project import Project
from local.provider import AwsProvider
from tests.engine.destroy import destroy as deleted
from tests.engine.destroy import gone
from tests.engine.state import State

STATE = Path(os.environ["PULUMI_BACKEND_URL"].removeprefix("file://"))
FAILS = os.environ.get("FAKE_PULUMI", "")


def main() -> int:
    parser = argparse.ArgumentParser(prog="pulumi", allow_abbrev=False)
    parser.add_argument("--non-interactive", action="store_true", required=True)
    commands = parser.add_subparsers(required=True, dest="command")
    stack = commands.add_parser("stack").add_subparsers(required=True, dest="command")
    select = stack.add_parser("select")
    select.add_argument("--create", action="store_true", required=True)
    for parsed in (select, commands.add_parser("cancel")):
        parsed.add_argument("stack")
    planning = (commands.add_parser("preview"), commands.add_parser("up"))
    others = (*planning, commands.add_parser("destroy"), stack.add_parser("export"))
    for parsed in others:
        parsed.add_argument("--stack", required=True)
    for parsed in planning:
        parsed.add_argument("--policy-pack", action="append", type=Path, required=True)
        parsed.add_argument("--policy-pack-config", action="append", type=Path, default=[])
        parsed.add_argument("--diff", action="store_true")
    for name in ("up", "destroy", "cancel"):
        commands.choices[name].add_argument("--yes", action="store_true", required=True)
    for parsed in others[1:3]:
        parsed.add_argument("--color", choices=["never"])
    # The CLI takes its global flags anywhere.
    words = sorted(sys.argv[1:], key=lambda word: word != "--non-interactive")
    options = parser.parse_args(words)
    if os.environ.get("PULUMI_CONFIG_PASSPHRASE") is None:
        return failure("passphrase must be set with PULUMI_CONFIG_PASSPHRASE")
    with (STATE / "commands").open("a") as said:
        said.write(f"{options.command}\n")
    if options.command == FAILS:
        return failure(f"{FAILS} failed, as it was asked to")
    command = {
        "select": select_,
        "cancel": cancel,
        "export": export,
        "preview": preview,
        "up": up,
        "destroy": destroy,
    }
    return command[options.command](options)


def failure(message: str) -> int:
    print(f"Diagnostics:\n  pulumi:pulumi:Stack (first-run):\n    error: {message}\n")
    return 255


def stack_file(options: argparse.Namespace) -> Path:
    return Path.cwd() / f"Pulumi.{options.stack}.yaml"


def select_(options: argparse.Namespace) -> int:
    known = yaml.safe_load(stack_file(options).read_text())
    stack_file(options).write_text(yaml.safe_dump({"encryptionsalt": "v1:salt", **known}))
    return 0


def cancel(options: argparse.Namespace) -> int:
    print("error: nothing to cancel", file=sys.stderr)
    return 255


def preview(options: argparse.Namespace) -> int:
    """The packs judge what is planned, as they are configured for the stack."""
    if len(options.policy_pack_config) not in {0, len(options.policy_pack)}:
        return failure("the number of policy packs must match the number of configurations")
    for pack, config in zip(options.policy_pack, options.policy_pack_config, strict=False):
        # What the embedded engine takes by itself.
        if config != pack / f"{options.stack}.json" or not config.exists():
            return failure(f"{config} is not the configuration of {pack} for {options.stack}")
    project = Project.load(Path.cwd(), options.stack)
    screen = Screen(io.StringIO())
    result = engine.preview(project, AwsProvider(project.region, cloud=False), screen)
    if result.error is not None:
        return failure(result.error)
    verdict = engine.judge([pack.resolve() for pack in options.policy_pack], result)
    for finding in verdict.findings:
        print(f"  {'mandatory' if finding.mandatory else 'advisory'} {finding.policy}")
    print("".join(f" +  {r.type} {r.name} create\n" for r in result.resources))
    return failure("policy violations") if verdict.mandatory else 0


def up(options: argparse.Namespace) -> int:
    missing = [
        str(p) for p in [*options.policy_pack, *options.policy_pack_config] if not p.exists()
    ]
    if missing or "encryptionsalt" not in yaml.safe_load(stack_file(options).read_text()):
        return failure(f"incorrect passphrase, or no {missing}")
    if FAILS == "hang":
        # Blocked until it is waited for: a handler may run only when a sleep that began is over.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        print("Updating (hang)", flush=True)
        signal.sigtimedwait({signal.SIGINT}, 300)
        return failure("cancelled")
    project = host_config(Project.load(Path.cwd(), options.stack), Screen(io.StringIO()))
    state = State(saved(options))
    before = tuple(state.current.values())
    errors: list[str] = []

    class Watcher:
        def log(self, severity: str, message: str) -> None:
            print(f"{severity}: {message}", flush=True)
            errors.extend([message] if severity == "error" else [])

        def created(self, resource: Resource, _seconds: float) -> None:
            state.put(resource)
            print(f" +  {resource.type} {resource.name} created", flush=True)

    result = engine.up(
        project,
        AwsProvider(project.region, cloud=True),
        Watcher(),
        Result(project=project, dry_run=False, resources=before, outputs={}, error=None),
    )
    for resource in result.resources:
        state.put(resource)
    error = result.error
    if error is None or error.startswith("no longer in the program: "):
        ended = [*gone(result), *state.replaced]
        error = "\n    ".join(deleted(ended, project.config, Path.cwd(), state.drop))
    return failure("\n    ".join([*errors, error])) if error else 0


def destroy(options: argparse.Namespace) -> int:
    state = State(saved(options))
    config = Project.load(Path.cwd(), options.stack).config
    errors = deleted(state.all, config, Path.cwd(), state.drop)
    return failure("\n    ".join(errors)) if errors else 0


def saved(options: argparse.Namespace) -> Path:
    return STATE / f"{options.stack}.json"


def export(options: argparse.Namespace) -> int:
    shown = State(saved(options)).export()
    print(json.dumps({"version": 3, "deployment": {"resources": shown} if shown else {}}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
