"""What stands on the PATH: the AWS plugin's stand-in, and the CLI's where that is wanted."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tests.protocol import ROOT

HOST = {
    "runtime": f"python3.{sys.version_info.minor}",
    "architecture": {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), ""),
}
"""What of the configuration has to be as on this machine, on which the local cloud runs all."""
cli_is_missing = pytest.mark.skipif(
    shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH"
)


def put_on_path(folder: Path, environment: pytest.MonkeyPatch, *, cli: bool) -> None:
    """Put the stand-ins on the PATH.

    Args:
        folder: Where to write them; it is made.
        environment: Whose PATH.
        cli: Whether `pulumi` is one of them.
    """
    modules = {"pulumi-resource-aws": "tests.engine.aws_plugin"}
    if cli:
        modules["pulumi"] = "tests.engine.cli"
    folder.mkdir()
    for name, module in modules.items():
        words = shlex.join([sys.executable, "-u", "-m", module])
        script = folder / name
        script.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {words} "$@"\n')
        script.chmod(0o755)
    environment.setenv("PATH", f"{folder}:{os.environ['PATH']}")
