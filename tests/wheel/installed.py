"""The wheel in an environment of its own, and what somebody does with it in a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build_wheel(folder: Path) -> Path:
    """The wheel of this repository, made in `folder`."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("efs_inference-*.whl")
    return made


def make_environment(folder: Path, wheel: Path) -> Path:
    """An environment with the wheel and both extras."""
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    install = ["pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
    # The versions of uv.lock, so that a new one of somebody else's does not fail a test.
    install += ["--constraint", str(ROOT / "requirements.txt"), f"{wheel}[local,lock]"]
    subprocess.run([*uv, *install], check=True, cwd=folder)
    return folder


@dataclass
class User:
    """Somebody with the wheel in an environment, and a program in a folder of its own."""

    folder: Path
    environment: Path

    def __post_init__(self) -> None:
        (self.folder / ".venv").symlink_to(self.environment)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """What the environment's Python does with these words."""
        variables = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        return subprocess.run(
            [self.folder / ".venv" / "bin" / "python", *command],
            cwd=self.folder,
            env=variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def ask(self, stack: str, event: object) -> object:
        """What the function answers."""
        command = ("invoke", "--stack", stack, "--event", json.dumps(event))
        done = self.run("-m", "efs_inference.local", *command)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
