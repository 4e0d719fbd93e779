"""The first run on AWS: `make first-run`.

Deploys the smallest stack, calls it, changes its memory, model and lock, goes back, lets an update
fail, asks AWS what could only be read so far, destroys the stack, and writes a report. Before, it
rehearses all of it on the embedded cloud. Run again after an interrupt, it goes on where it was.
"""

from __future__ import annotations

import argparse
import os
import platform
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.state import StateError, hold

from . import left, report
from .embedded import EmbeddedStack, embedded_cloud
from .folder import APPLICATION, ROOT, Folder, Wanted
from .stacks import FirstRunError, PulumiStack
from .steps import MINUTES, FirstRun

_EXIT_CODES = """exit status:
  0    every step ended as expected, and nothing is left
  1    a step ended otherwise, or AWS answered otherwise; the report says which
  2    nothing was begun: what it needs is missing, or nobody agreed
  3    something is left on AWS; the report has the command that removes it
  130  interrupted before anything was begun, or while it looked for what is left: run it again"""

# docs/first-run.md has the parts.
_COST = "about 0.02 $, at most 0.16 $ in us-east-1, elsewhere up to twice that"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; what it returns is the exit status."""
    options = _parser().parse_args(arguments)
    try:
        with hold(options.folder, "python -m tools.first_run"):
            if options.rehearse:
                return _rehearse(options)
            return _on_aws(options)
    except StateError:
        print(f"error: another first run is at work in {options.folder}", file=sys.stderr)
        return 2
    except FirstRunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (ClientError, BotoCoreError) as error:
        print(f"error: AWS does not answer: {error}", file=sys.stderr)
        return 2


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _rehearse(options: argparse.Namespace) -> int:
    """The same steps on the embedded cloud; its record is what AWS is compared with."""
    say("rehearsal on the embedded cloud")
    with tempfile.TemporaryDirectory() as folder:
        place = Folder(Path(folder), options.application)
        place.lay_out()
        record = _new_record("the embedded cloud", "rehearsal")
        with embedded_cloud(place.path / "efs", options.region or "us-east-1"):
            stack = EmbeddedStack(place, "rehearsal", say)
            saved = Folder(options.folder)
            first = FirstRun(
                stack,
                "rehearsal",
                place,
                record,
                _config(options),
                lambda: saved.save("embedded", record),
                say,
            )
            first.go()
    _write(Folder(options.folder), "embedded", record, {})
    return _status(record)


def _on_aws(options: argparse.Namespace) -> int:
    folder = Folder(options.folder, options.application)
    record = folder.read("aws")
    begun = bool(record) and not record.get("over")
    account, region = _account(options, record if begun else {})
    if not begun:
        record = _new_record(f"AWS, {region}", f"run-{secrets.token_hex(3)}")
        record |= {"account": account, "region": region}
    stack = PulumiStack(folder, record["stack"], region, say)
    say(f"account {account}, region {region}, stack {record['stack']} in {folder.path}")
    say(f"it takes about 40 minutes (no step begins after {MINUTES}) and costs {_COST}")
    _agree(options, begun)
    if not options.no_rehearsal and not (begun and folder.read("embedded")):
        _rehearse_apart(options)
    folder.lay_out()
    config = {**_config(options), "aws:region": region}
    folder.write(record["stack"], config, Wanted())
    folder.save("aws", record)
    stack.open()

    def save() -> None:
        folder.save("aws", record)

    try:
        FirstRun(stack, record["stack"], folder, record, config, save, say).go()
    except KeyboardInterrupt:
        say("interrupted")
    except FirstRunError as error:
        say(f"error: {error}")
    finally:
        _look_for_what_is_left(stack, folder, record)
        _write(folder, "aws", record, folder.read("embedded"))
    return _status(record)


def _account(options: argparse.Namespace, begun: Mapping[str, Any]) -> tuple[str, str]:
    """The account and the region, which a run that goes on has to share with its beginning."""
    region = options.region or begun.get("region") or boto3.Session().region_name
    if not region:
        raise FirstRunError("no region. Remedy: --region, or AWS_REGION")
    boto3.setup_default_session(region_name=region)
    try:
        account = str(boto3.client("sts").get_caller_identity()["Account"])
    except (ClientError, BotoCoreError) as error:
        raise FirstRunError(
            f"AWS does not accept the credentials, or there are none: {error}. Remedy: `aws sso "
            "login`, or AWS_PROFILE"
        ) from error
    for what, value in (("account", account), ("region", region)):
        if begun and begun[what] != value:
            raise FirstRunError(
                f"{what} {value}: the run in {options.folder} began in {begun[what]}. Remedy: its "
                "credentials and --region, or another --folder"
            )
    return account, region


def _agree(options: argparse.Namespace, begun: bool) -> None:
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise FirstRunError("nobody can be asked here. Remedy: --yes")
    again = "go on with the run that was begun" if begun else "begin"
    if input(f"{again}? Only `yes` is taken: ").strip() != "yes":
        raise FirstRunError("not begun: the answer was not `yes`")


def _rehearse_apart(options: argparse.Namespace) -> None:
    """In a process of its own: this one keeps its credentials, and that one cannot have them."""
    folder = options.folder / "rehearsal"
    command = [sys.executable, "-m", "tools.first_run", "--rehearse", "--folder", str(folder)]
    command += ["--application", str(options.application)]
    command += [word for entry in options.config for word in ("--config", entry)]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise FirstRunError(
            "the rehearsal on the embedded cloud did not end as expected, so nothing was begun on "
            f"AWS. Remedy: see {folder}/embedded.md, or --no-rehearsal"
        )
    Folder(options.folder).save("embedded", Folder(folder).read("embedded"))


def _look_for_what_is_left(stack: PulumiStack, folder: Folder, record: dict[str, Any]) -> None:
    """Add to the record what is left: of the state for certain, by AWS's list perhaps."""
    try:
        resources = stack.resources()
    except FirstRunError:
        resources = None
    destroyed = "destroy" in record and record["destroy"]["error"] is None
    record["over"] = destroyed and resources == []
    record["left"] = left.in_state(resources, record["stack"], stack.environment, folder.project)
    record["listed"] = left.by_tag(record["stack"])


def _new_record(where: str, stack: str) -> dict[str, Any]:
    versions = ", ".join(f"{name} {version(name)}" for name in ("pulumi", "pulumi-aws", "boto3"))
    return {
        "where": where,
        "stack": stack,
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
        "versions": f"Python {platform.python_version()}, {versions}",
    }


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()


def _write(folder: Folder, name: str, record: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Write the report, and beside it the record with what differs."""
    record.setdefault("over", True)
    folder.save(name, {**record, "differences": report.differences(record, other) if other else []})
    file = folder.path / f"{name}.md"
    file.write_text(report.markdown(record, other), encoding="utf-8")
    say(f"report: {file}, record: {file.with_suffix('.json')}")


def _status(record: Mapping[str, Any]) -> int:
    if not record["over"]:
        lines = [*record.get("left", []), *record.get("listed", [])]
        print("\n".join(["left on AWS:", *lines]), file=sys.stderr)
        return 3
    return 0 if report.as_expected(record) else 1


def _config(options: argparse.Namespace) -> dict[str, str]:
    pairs = [entry.partition("=") for entry in options.config]
    wrong = [key for key, equals, _ in pairs if not key or not equals]
    if wrong:
        raise FirstRunError(f"--config {wrong[0]!r}: it has the form KEY=VALUE")
    return {key: value for key, _, value in pairs}


def say(text: str) -> None:
    """Show a line, at once and with the time of day, terminal or not."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.first_run",
        description=__doc__,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--yes", action="store_true", help="do not ask before it costs anything")
    add("--region", help="default: the one of the AWS credentials")
    add(
        "--config",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="further configuration of the stack, such as permissionsBoundary; may be repeated",
    )
    add("--rehearse", action="store_true", help="only on the embedded cloud; costs nothing")
    add(
        "--no-rehearsal",
        action="store_true",
        help="AWS alone; compares with the rehearsal before, if any",
    )
    add("--folder", type=_absolute, default=ROOT / ".first-run", help="default: .first-run")
    add("--application", type=_absolute, default=APPLICATION, help=argparse.SUPPRESS)
    return parser


def _absolute(text: str) -> Path:
    return Path(text).absolute()


if __name__ == "__main__":
    # SIGINT too: a shell that starts something in the background lets it ignore that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        status = main()
    except KeyboardInterrupt:
        print("interrupted. Remedy: run it again, it goes on where it was", file=sys.stderr)
        status = 130
    sys.stdout.flush()
    # After an interrupt, threads of a rehearsal may wait for a cloud that is gone.
    os._exit(status)
