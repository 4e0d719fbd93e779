"""The folder of the first run: a project of its own, its state, its record and its report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = Path(__file__).parent / "application"
PROJECT = "efs-first-run"
_PARTS = ("components", "lambda_src", "policies", "__main__.py", "efs_inference.py", "Pulumi.yaml")
_TARGETS = [
    f"python3.{minor}-{machine}" for minor in (11, 12, 13) for machine in ("x86_64", "arm64")
]
SMALLEST: Mapping[str, str] = {
    "memoryMb": "512",
    "timeoutSeconds": "60",
    "populatorCpu": "512",
    "populatorMemoryMb": "1024",
    "populatorEphemeralStorageGib": "21",
    "populatorTimeoutMinutes": "10",
    "logRetentionDays": "1",
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a step deploys.

    Attributes:
        memory_mb: Memory of the function.
        model: Variant of model.py: first, second, failing.
        lock: Which lock: first, second.
    """

    memory_mb: int = 512
    model: str = "first"
    lock: str = "first"


class Folder:
    """A folder in which nothing but one first run lies.

    Args:
        path: The folder; it is made.
        application: The model, its requirements, and its two locks.
    """

    def __init__(self, path: Path, application: Path = APPLICATION) -> None:
        self.path, self.project, self._application = path, path / "project", application
        self.state = path / "state"
        for folder in (path, self.state):
            folder.mkdir(parents=True, exist_ok=True)
        # Whatever lies here is this machine's own, and git is not to see it.
        (path / ".gitignore").write_text("*\n", encoding="utf-8")

    def lay_out(self) -> None:
        """Copy the program; a stack's file that is there stays."""
        self.project.mkdir(exist_ok=True)
        for part in _PARTS:
            source, target = ROOT / part, self.project / part
            if source.is_dir():
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        project = self.project / "Pulumi.yaml"
        renamed = yaml.safe_load(project.read_text(encoding="utf-8")) | {"name": PROJECT}
        project.write_text(yaml.safe_dump(renamed, sort_keys=False), encoding="utf-8")
        environment = self.project / ".venv"
        if not environment.is_symlink():
            environment.symlink_to(ROOT / ".venv")

    def write(self, stack: str, config: Mapping[str, str], wanted: Wanted) -> None:
        """Write what a step deploys: the stack's file, the model and the locks."""
        for pack in self.project.glob("policies/*/dev.json"):
            shutil.copy(pack, pack.with_name(f"{stack}.json"))
        file = self.project / f"Pulumi.{stack}.yaml"
        # The CLI keeps the salt of the stack's encryption beside the configuration.
        kept = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
        values = {**SMALLEST, "memoryMb": str(wanted.memory_mb), "tags": f'["first-run={stack}"]'}
        values = {f"{PROJECT}:{key}": value for key, value in values.items()}
        given = {k if ":" in k else f"{PROJECT}:{k}": value for k, value in config.items()}
        if wanted.memory_mb != Wanted.memory_mb:
            given.pop(f"{PROJECT}:memoryMb", None)
        file.write_text(yaml.safe_dump({**kept, "config": values | given}), encoding="utf-8")
        application = self.project / "lambda_src" / "application"
        shutil.rmtree(application)
        (application / "locks").mkdir(parents=True)
        model = (self._application / "model.py").read_text(encoding="utf-8")
        text = model.replace('VARIANT = "first"', f'VARIANT = "{wanted.model}"')
        (application / "model.py").write_text(text, encoding="utf-8")
        shutil.copy(self._application / "requirements.in", application)
        for target in _TARGETS:
            lock = self._application / f"{wanted.lock}.txt"
            shutil.copy(lock, application / "locks" / f"{target}.txt")

    def read(self, name: str) -> dict[str, Any]:
        """A record that was saved; empty where there is none."""
        file = self.path / f"{name}.json"
        found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        return dict(found)

    def save(self, name: str, record: Mapping[str, Any]) -> None:
        """Save a record, whole or not at all."""
        file = self.path / f"{name}.json"
        new = file.with_suffix(".new")
        new.write_text(json.dumps(record, indent=2, default=str) + "\n", encoding="utf-8")
        new.replace(file)
