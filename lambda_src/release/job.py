"""The installer's command line."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from .layout import RELEASE_ID, RELEASES, ExitCode, InstallError


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to install and where to."""

    release: Path
    requirements: Path
    index_url: str
    staging: Path
    program: Path

    @property
    def mount(self) -> Path:
        """The mount path, two levels above the release."""
        return self.release.parent.parent

    @classmethod
    def parse(cls, arguments: list[str] | None) -> Job:
        """Read the command line. Raises InstallError."""
        parser = _Parser(prog="release.install", description="Make a release.")
        parser.add_argument("--release", type=Path, required=True, metavar="DIR")
        parser.add_argument("--requirements", type=Path, required=True, metavar="FILE")
        parser.add_argument("--index-url", required=True, metavar="URL")
        parser.add_argument(
            "--staging", type=Path, default=Path(tempfile.gettempdir()), metavar="DIR"
        )
        options = parser.parse_args(arguments)
        release: Path = options.release
        if not (
            release.is_absolute()
            and RELEASE_ID.fullmatch(release.name)
            and release.parent.name == RELEASES
        ):
            parser.error(f"--release {release} is not <mount path>/{RELEASES}/<16 hex digits>")
        return cls(
            release=release,
            requirements=options.requirements.resolve(),
            index_url=options.index_url,
            staging=options.staging.resolve(),
            program=Path.cwd(),
        )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InstallError(ExitCode.USAGE, f"{message}. {self.format_usage().strip()}")
