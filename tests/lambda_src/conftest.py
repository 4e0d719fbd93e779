"""The installer, run against an index of wheels that are built here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.processes import eventually, living

from .function import LAMBDA_SRC as LAMBDA_SRC
from .function import Function
from .index import SHAPES as SHAPES
from .index import Index as Index
from .index import Wheel as Wheel
from .index import build_wheel as build_wheel
from .releases import IDS, age, publish

RELEASE_ID = "0123456789abcdef"
PHASES = (
    *("mount", "install", "compile", "prune", "import", "cold-start", "copy", "manifest"),
    "publish",
)
"""Of a populate, in order."""
MODEL = "import shapes\n\ndef demonstrate():\n    return {'sides': shapes.SIDES}\n"
IMPORT = """
import sys
from pathlib import Path
from release.activation.activate import activate
from release.activation.cold_start import ColdStart
cold_start = ColdStart(sys.argv[1])
with cold_start:
    activate(Path(sys.argv[1]), cold_start)
    import model
    cold_start.imported()
"""
PREDICT = "\ndef predict(instances):\n    return instances\n"


@dataclass
class Run:
    """How an installer ended."""

    code: int
    lines: list[dict[str, Any]]
    errors: str = ""

    @property
    def last(self) -> dict[str, Any]:
        return self.lines[-1]

    @property
    def message(self) -> str:
        return str(self.last.get("message"))


@dataclass
class Populate:
    """A mount, a program folder and an index; runs the installer on them."""

    folder: Path
    index: Index
    environment: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    prelude: tuple[str, ...] = ()
    release_id: str = RELEASE_ID
    python: str = sys.executable
    options: tuple[str, ...] = ()
    wheels: str = ""

    def __post_init__(self) -> None:
        self.mount = self.folder / "mount"
        self.mount.mkdir()
        self.program = self.folder / "program"
        shutil.copytree(
            LAMBDA_SRC / "release",
            self.program / "release",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        self.staging = self.folder / "staging"
        self.staging.mkdir()
        self.write_model(MODEL)
        self.write_lock(SHAPES.pin)

    @property
    def release(self) -> Path:
        return self.mount / "releases" / self.release_id

    def write_model(self, text: str) -> None:
        """Write model.py, with a predict where the text has none."""
        text += "" if "predict" in text else PREDICT
        (self.program / "model.py").write_text(text)

    def write_lock(self, *lines: str) -> None:
        (self.program / "requirements.txt").write_text("\n".join([*lines, ""]))

    @property
    def command(self) -> tuple[str, ...]:
        """What the installer is to make."""
        source = ("--wheels", self.wheels) if self.wheels else ("--index-url", self.index.url)
        return ("install", "--requirements", "requirements.txt", *source)

    def start(self, **options: Any) -> subprocess.Popen[str]:
        command = [*self.prefix, self.python, *self.prelude, "-m", "release", *self.command]
        command += ["--release", str(self.release), "--staging", str(self.staging)]
        command += self.options
        inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        quick = {"PIP_RETRIES": "1", "PIP_RESUME_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"}
        return subprocess.Popen(
            command,
            cwd=self.program,
            env=inherited | quick | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def finish(self, process: subprocess.Popen[str]) -> Run:
        output, errors = process.communicate(timeout=600)
        return Run(process.returncode, [json.loads(line) for line in output.splitlines()], errors)

    def run(self) -> Run:
        return self.finish(self.start())

    def signal_at(self, phase: str, number: signal.Signals) -> Run:
        """Run the installer, and send it a signal when it logs the phase."""
        process = self.start()
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(json.loads(line))
            if lines[-1]["phase"] == phase:
                process.send_signal(number)
                break
        rest = self.finish(process)
        return Run(rest.code, lines + rest.lines, rest.errors)

    def ask(self, program: str, **environment: str) -> str:
        """The last line of a fresh process that imports the release, and then does this.

        It may write to the release.
        """
        done = subprocess.run(
            [sys.executable, "-S", "-c", IMPORT + program, str(self.release)],
            cwd=self.program,
            env={"PATH": os.environ["PATH"], "TMPDIR": str(self.staging)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    def all_ended(self) -> None:
        """Wait until no process works for this mount; the kernel ends a child in its own time."""
        eventually(lambda: not living(str(self.folder)))

    def left_behind(self) -> set[str]:
        """What lies under mount and staging apart from published releases."""
        names = {path.name for path in (self.mount / "releases").glob("*")}
        names |= {path.name for path in self.staging.iterdir()}
        return names - {self.release_id}


@pytest.fixture
def index() -> Iterator[Index]:
    with Index(SHAPES) as served:
        yield served


@pytest.fixture
def populate(tmp_path: Path, index: Index) -> Populate:
    return Populate(tmp_path, index)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Populate, Run]]:
    """A release that was published, and how. Shared: nobody changes it."""
    with Index(SHAPES) as index:
        populate = Populate(tmp_path_factory.mktemp("published"), index)
        populate.environment = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/nowhere", "PIP_USER": "1"}
        yield populate, populate.run()


@pytest.fixture
def new_wheel() -> Callable[..., Wheel]:
    return build_wheel


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six releases, each with its id as its age. Nobody changes it."""
    releases = tmp_path_factory.mktemp("made") / "mount" / "releases"
    for number, name in enumerate(IDS):
        age(publish(releases, name), 1_000_000 + number)
    return releases


@pytest.fixture
def releases(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made.parent, tmp_path / "mount", symlinks=True)
    return tmp_path / "mount" / "releases"


@pytest.fixture
def function(tmp_path: Path) -> Function:
    return Function(tmp_path)
