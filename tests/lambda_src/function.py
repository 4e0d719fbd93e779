"""The function's folder and a small release, and the entry point in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components import Application
from components.contract import runtime
from lambda_src.release.layout import Manifest

LAMBDA_SRC = Path(__file__).resolve().parents[2] / "lambda_src"

MODEL = """
import shapes

def load():
    shapes.loaded = True

def predict(instances):
    assert shapes.loaded
    for instance in instances:
        if instance == "refused":
            raise ValueError("instance 0 is refused, send another")
        if instance == "broken":
            raise RuntimeError("secret of the inside")
    return [shapes.SPECIAL.get(instance, instance) for instance in instances]

def demonstrate():
    return {"sides": shapes.SIDES}
"""
SHAPES = """
SIDES = 4
SPECIAL = {"nan": float("nan"), "object": object(), "large": "x" * 6_291_556}
"""
WAITS = """
import os, time
begin = time.monotonic()
while not os.path.exists("initialized"):
    assert time.monotonic() < begin + 60
    time.sleep(0.01)
"""
"""An import that ends when `Function.initialize` has been called, or fails after a minute."""
EACH_EVENT = """
import json, sys, handler
for event in json.load(sys.stdin):
    try:
        answer = handler.handler(event, None)
    except Exception as error:  # what the runtime makes a function error of
        answer = {"errorType": type(error).__name__, "errorMessage": str(error)}
    print("ANSWER", json.dumps(answer), flush=True)
"""


def write_code(folder: Path, application: Path = LAMBDA_SRC / "application") -> Path:
    """Write into a folder what Lambda gets as code, and return the folder."""
    for name, path in runtime.function_files(Application(application)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / name)
    return folder


@dataclass
class Result:
    """What the process answered and logged, and how it ended."""

    answers: list[Any]
    logs: list[dict[str, Any]]
    code: int
    errors: str


@dataclass
class Function:
    """The function's folder as it lies on Lambda, and a release."""

    folder: Path

    def __post_init__(self) -> None:
        self.release = self.folder / "releases" / "0123456789abcdef"
        self.environment = {"RELEASE_PATH": str(self.release)}
        self.code = write_code(self.folder / "task")
        self.write_model(MODEL)
        site_packages = self.release / "site-packages"
        site_packages.mkdir(parents=True)
        (site_packages / "shapes.py").write_text(SHAPES)
        Manifest(release="x", python="", architecture="", created="", files=()).write(self.release)

    def write_model(self, text: str) -> None:
        (self.code / "model.py").write_text(text)

    def shorten_init(self, seconds: float) -> None:
        path = self.code / "handler.py"
        path.write_text(path.read_text().replace("INIT_SECONDS = 9.0", f"INIT_SECONDS = {seconds}"))

    def initialize(self) -> None:
        """Let a model that waits go on."""
        (self.code / "initialized").touch()

    def run(self, *events: Any, program: str = EACH_EVENT) -> Result:
        done = subprocess.run(
            [sys.executable, "-S", "-B", "-c", program],
            input=json.dumps(events),
            cwd=self.code,
            env={"PATH": os.environ["PATH"]} | self.environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        answers, logs = [], []
        for line in done.stdout.splitlines():
            if line.startswith("ANSWER "):
                answers.append(json.loads(line.removeprefix("ANSWER ")))
            else:
                logs.append(json.loads(line))
        return Result(answers, logs, done.returncode, done.stderr)


def http(
    body: str | None, *, encoded: bool = False, version: str = "2.0", method: str = "POST"
) -> dict[str, Any]:
    """An event of a function URL or HTTP API, of a REST API (1.0), or of a load balancer (elb)."""
    event: dict[str, Any] = {"body": body, "isBase64Encoded": encoded}
    if version == "2.0":
        return event | {"version": version, "requestContext": {"http": {"method": method}}}
    context = {"elb": {"targetGroupArn": "arn"}} if version == "elb" else {"httpMethod": method}
    return event | {"httpMethod": method, "requestContext": context}


def statuses(result: Result) -> list[int | str]:
    """The status code of each answer, or the type of the function error."""
    return [answer.get("errorType") or answer.get("statusCode", 200) for answer in result.answers]
