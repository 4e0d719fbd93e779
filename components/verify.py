"""Compares a release on AWS with its manifest: `python -m efs_inference.verify --stack prod`.

It runs the stack's own populate task with another command, and follows its log. The program exports
`releasePath`, a path on the mount, and `populateTask`, the `run.task` of a `Publication`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from .contract import runtime
from .errors import PopulateError
from .gates import TaskRun, TaskRunSpec

INTACT, DAMAGED, NOT_VERIFIED = 0, 1, 2
_EXIT_CODES = """exit status:
  0  the release is intact
  1  it is damaged; the log has the files
  2  it could not be verified"""


class NotDeployedError(Exception):
    """The stack's outputs are not to be had."""


def verify(
    outputs: Mapping[str, Any],
    *,
    release_id: str | None = None,
    sha256: str = "sample",
    profile: str | None = None,
    say: Callable[[str], None] = print,
) -> int:
    """Verify a release of a deployed stack in a task on AWS. Returns the exit status.

    Args:
        outputs: The stack's outputs.
        release_id: The release; default: the one that the stack uses.
        sha256: Whose SHA-256 is compared beside the size: none, sample or all.
        profile: AWS profile, or None for the usual chain of credentials.
        say: Shows progress and result.
    """
    path = PurePosixPath(outputs["releasePath"])
    release = path.with_name(release_id or path.name)
    spec = TaskRunSpec.of(
        outputs["populateTask"],
        release_id=release.name,
        command=("verify", "--release", str(release), "--sha256", sha256),
        started_by=f"verify-{release.name}-{sha256}",
        profile=profile,
    )
    try:
        TaskRun(spec, lambda text: say(text.removeprefix("populate: "))).complete()
    except PopulateError as error:
        say(str(error))
        return DAMAGED if error.kind == "damaged" else NOT_VERIFIED
    return INTACT


NEEDED = ("releasePath", "populateTask")
"""The outputs that a verification takes."""


def stack_outputs(stack: str, needed: Sequence[str] = NEEDED) -> dict[str, Any]:
    """The outputs of a stack that is deployed, from the Pulumi CLI. Raises NotDeployedError."""
    command = ["pulumi", "stack", "output", "--json", "--stack", stack]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        outputs = json.loads(done.stdout)
    except FileNotFoundError as error:
        raise NotDeployedError("the Pulumi CLI is not on the PATH. Remedy: install it") from error
    except subprocess.CalledProcessError as error:
        said = str(error.stderr).strip()
        raise NotDeployedError(f"`{' '.join(command)}` failed: {said}") from error
    except ValueError as error:
        raise NotDeployedError(f"`{' '.join(command)}` did not answer with JSON") from error
    missing = [name for name in needed if name not in outputs]
    if missing:
        raise NotDeployedError(
            f"stack {stack} has no output {' and no '.join(missing)}: it is not deployed, or its "
            f"program does not export that. Remedy: export it, then `pulumi up --stack {stack}`"
        )
    return dict(outputs)


def _release_id(text: str) -> str:
    if runtime.RELEASE_ID.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no release id: 16 hex digits")
    return text


def main(arguments: list[str] | None = None) -> int:
    """Run the command; what it returns is the exit status."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}.verify",
        description=__doc__,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--stack", required=True, help="the stack, as the Pulumi CLI knows it")
    text = "another release than the stack's"
    parser.add_argument("--release", type=_release_id, metavar="ID", help=text)
    parser.add_argument(
        "--sha256",
        choices=runtime.HASHING,
        default="sample",
        help="whose SHA-256 is compared beside the size, default: %(default)s",
    )
    parser.add_argument("--profile", help="AWS profile; default: the usual chain of credentials")
    options = parser.parse_args(arguments)
    try:
        outputs = stack_outputs(options.stack)
    except NotDeployedError as error:
        print(f"error: {error}", file=sys.stderr)
        return NOT_VERIFIED
    return verify(
        outputs, release_id=options.release, sha256=options.sha256, profile=options.profile
    )


if __name__ == "__main__":
    sys.exit(main())
