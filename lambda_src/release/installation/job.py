"""The command line: what to make or to verify, and where it lies."""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ..layout import HASHING, RELEASE_ID, RELEASES, ExitCode, InstallError
from .libraries.credentials import taken


@dataclass(frozen=True, kw_only=True)
class Job:
    """A release to make, and where."""

    release: Path
    staging: Path
    program: Path
    timeout: int | None = None
    """Seconds after which the run ends by itself."""

    @property
    def mount(self) -> Path:
        """The mount path, two levels above the release."""
        return self.release.parent.parent


@dataclass(frozen=True, kw_only=True)
class LibrariesJob(Job):
    """A release of libraries; ``artifacts`` is the release with which the model is tried."""

    requirements: Path
    index_url: str
    """Package index; empty, where there is a wheel cache."""
    wheels: str = ""
    """URL of the wheel cache; empty, where there is an index."""
    artifacts: Path | None = None
    netrc: str = field(default="", repr=False)
    """Credentials of the package indexes."""

    @property
    def import_limit(self) -> float | None:
        """Seconds that the smoke import may take; it is made twice."""
        return None if self.timeout is None else self.timeout / 2


@dataclass(frozen=True, kw_only=True)
class ArtifactsJob(Job):
    """A release of artifacts; ``artifacts`` is the list of them."""

    artifacts: Path


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What to verify: a release, and how much of it is read (of ``HASHING``)."""

    release: Path
    sha256: str


WAYS = ("on", "off", "local")
"""How a cold start is measured: switched on or off, or off and from the task's own disk."""


@dataclass(frozen=True)
class Measurement:
    """What cold start to measure: a release, with its artifacts if any, and how (of ``WAYS``)."""

    release: Path
    artifacts: Path | None
    way: str
    staging: Path
    program: Path

    @property
    def mount(self) -> Path:
        """The mount path, two levels above the release."""
        return self.release.parent.parent


def parse(arguments: list[str] | None) -> Job | Inspection | Measurement:
    """Read the command line. Raises InstallError; ``--help`` ends the program."""
    parser = _Parser(prog="python3 -m release", description="Makes and verifies releases.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    text = "make a release of libraries, unless it is there; the working folder has model.py"
    install = commands.add_parser("install", help=text, description=text)
    _add_release(install)
    install.add_argument("--requirements", type=Path, required=True, metavar="FILE", help="lock")
    sources = install.add_mutually_exclusive_group(required=True)
    sources.add_argument("--index-url", default="", metavar="URL", help="package index (PEP 503)")
    text = "wheel cache in place of an index: https://<bucket>.s3.<region>.<suffix>/<prefix>"
    sources.add_argument("--wheels", default="", metavar="URL", help=text)
    text = "release of artifacts with which model.py is tried"
    install.add_argument("--artifacts", type=_release, metavar="DIR", help=text)
    text = "after which the run ends; a smoke import that takes half of it fails"
    _add_run(install, text)

    text = "make a release of artifacts, unless it is there"
    fetch = commands.add_parser("fetch", help=text, description=text)
    _add_release(fetch)
    fetch.add_argument("--artifacts", type=Path, required=True, metavar="FILE", help="their list")
    _add_run(fetch, "after which the run ends")

    text = "compare a release with its manifest; writes nothing"
    verify = commands.add_parser("verify", help=text, description=text)
    _add_release(verify)
    text = "whose SHA-256 is compared beside the size; default: %(default)s"
    verify.add_argument("--sha256", choices=HASHING, default="sample", help=text)

    text = "measure the cold start from a release; writes nothing to it"
    measure = commands.add_parser("measure", help=text, description=text)
    _add_release(measure)
    measure.add_argument("--artifacts", type=_release, metavar="DIR", help="of the model")
    measure.add_argument("--way", choices=WAYS, default="on", help="default: %(default)s")
    _add_staging(measure)

    options = parser.parse_args(arguments)
    if options.command == "measure":
        return Measurement(
            release=options.release,
            artifacts=options.artifacts,
            way=options.way,
            staging=options.staging.resolve(),
            program=Path.cwd(),
        )
    if options.command == "verify":
        return Inspection(release=options.release, sha256=options.sha256)
    common = {
        "release": options.release,
        "staging": options.staging.resolve(),
        "program": Path.cwd(),
        "timeout": options.timeout,
    }
    if options.command == "fetch":
        return ArtifactsJob(artifacts=options.artifacts.resolve(), **common)
    return LibrariesJob(
        requirements=options.requirements.resolve(),
        index_url=options.index_url,
        wheels=options.wheels.rstrip("/"),
        artifacts=options.artifacts,
        netrc=taken(os.environ),
        **common,
    )


def _add_run(parser: argparse.ArgumentParser, timeout: str) -> None:
    _add_staging(parser)
    parser.add_argument("--timeout", type=_seconds, metavar="SECONDS", help=timeout)


def _add_staging(parser: argparse.ArgumentParser) -> None:
    temporary = Path(tempfile.gettempdir())
    parser.add_argument("--staging", type=Path, default=temporary, metavar="DIR", help="own disk")


def _add_release(parser: argparse.ArgumentParser) -> None:
    form = f"<mount path>/{RELEASES}/<16 hex digits>"
    parser.add_argument("--release", type=_release, required=True, metavar="DIR", help=form)


def _release(text: str) -> Path:
    path = Path(text)
    named = RELEASE_ID.fullmatch(path.name) and path.parent.name == RELEASES
    if not (path.is_absolute() and named):
        raise argparse.ArgumentTypeError(f"{text} is not <mount path>/{RELEASES}/<16 hex digits>")
    return path


def _seconds(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,6}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text} is not an integer from 1 to 9,999,999")
    return int(text)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InstallError(ExitCode.USAGE, f"{message}. {self.format_usage().strip()}")
