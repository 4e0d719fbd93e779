"""The command line: what to install or to verify, and where it lies."""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ..layout import HASHING, RELEASE_ID, RELEASES, ExitCode, InstallError
from .libraries.credentials import taken


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to install and where to."""

    release: Path
    requirements: Path
    index_url: str
    """Package index; empty, where there is a wheel cache."""
    staging: Path
    program: Path
    wheels: str = ""
    """URL of the wheel cache; empty, where there is an index."""
    timeout: int | None = None
    """Seconds after which the run ends by itself."""
    netrc: str = field(default="", repr=False)
    """Credentials of the package indexes."""

    @property
    def mount(self) -> Path:
        """The mount path, two levels above the release."""
        return self.release.parent.parent

    @property
    def import_limit(self) -> float | None:
        """Seconds that the smoke import may take; it is made twice."""
        return None if self.timeout is None else self.timeout / 2


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What to verify: a release, and how much of it is read (of ``HASHING``)."""

    release: Path
    sha256: str


def parse(arguments: list[str] | None) -> Job | Inspection:
    """Read the command line. Raises InstallError; ``--help`` ends the program."""
    parser = _Parser(prog="python3 -m release", description="Makes and verifies releases.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    temporary = Path(tempfile.gettempdir())

    text = "make a release, unless it is there; the working folder has model.py and this package"
    install = commands.add_parser("install", help=text, description=text)
    _add_release(install)
    install.add_argument("--requirements", type=Path, required=True, metavar="FILE", help="lock")
    sources = install.add_mutually_exclusive_group(required=True)
    sources.add_argument("--index-url", default="", metavar="URL", help="package index (PEP 503)")
    text = "wheel cache in place of an index: https://<bucket>.s3.<region>.<suffix>/<prefix>"
    sources.add_argument("--wheels", default="", metavar="URL", help=text)
    install.add_argument("--staging", type=Path, default=temporary, metavar="DIR", help="own disk")
    text = "after which the run ends; a smoke import that takes half of it fails"
    install.add_argument("--timeout", type=int, metavar="SECONDS", help=text)

    text = "compare a release with its manifest; writes nothing"
    verify = commands.add_parser("verify", help=text, description=text)
    _add_release(verify)
    text = "whose SHA-256 is compared beside the size; default: %(default)s"
    verify.add_argument("--sha256", choices=HASHING, default="sample", help=text)

    options = parser.parse_args(arguments)
    if options.command == "verify":
        return Inspection(release=options.release, sha256=options.sha256)
    return Job(
        release=options.release,
        requirements=options.requirements.resolve(),
        index_url=options.index_url,
        wheels=options.wheels.rstrip("/"),
        staging=options.staging.resolve(),
        program=Path.cwd(),
        timeout=options.timeout,
        netrc=taken(os.environ),
    )


def _add_release(parser: argparse.ArgumentParser) -> None:
    form = f"<mount path>/{RELEASES}/<16 hex digits>"
    parser.add_argument("--release", type=_release, required=True, metavar="DIR", help=form)


def _release(text: str) -> Path:
    path = Path(text)
    named = RELEASE_ID.fullmatch(path.name) and path.parent.name == RELEASES
    if not (path.is_absolute() and named):
        raise argparse.ArgumentTypeError(f"{text} is not <mount path>/{RELEASES}/<16 hex digits>")
    return path


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InstallError(ExitCode.USAGE, f"{message}. {self.format_usage().strip()}")
