"""Forth and back within one cloud: what does not work never serves, and going back is quick."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from local.cloud import Cloud
from tests.chain import BROKEN, MODEL, TINY, Chain
from tests.deployments import Stack
from tests.lambda_src.conftest import Index, build_wheel

pytestmark = pytest.mark.whole

TRIPLE = build_wheel(
    "tiny", {"tiny/__init__.py": "def double(x):\n    return 3 * x\n"}, version="3"
)
BROKEN_MODEL = "import not_there_either\n" + MODEL
ONE = {"instances": [1]}
# What a new release changes; with another model alone the run of the populate task stays.
OF_A_TASK = {
    "BucketObjectv2 libraries-populate",
    "RolePolicy libraries-program",
    "TaskDefinition libraries",
}
OF_A_VERSION = {
    "Function inference",
    "SmokeInvocation inference",
    "Alias inference-live",
    "RetainedVersions inference",
}
OF_A_MODEL = {*OF_A_TASK, "BucketObjectv2 inference-function", *OF_A_VERSION}
OF_A_RELEASE = {*OF_A_TASK, *OF_A_VERSION, "PopulatorRun libraries"}


class Deployed(Stack):
    """The stack `dev` of a project that serves the package `tiny`."""

    def __init__(self, chain: Chain, index: Index) -> None:
        chain.serve_tiny(index)
        self.chain = chain
        super().__init__(chain.folder, "dev", **dict(c.split("=", 1) for c in chain.config))

    def write_model(self, text: str) -> None:
        (self.chain.folder / "lambda_src" / "application" / "model.py").write_text(text)

    def populated(self) -> str:
        """What came of the last populate."""
        return str(self.outputs("PopulatorRun")["outcome"])

    def versions(self) -> list[str]:
        """The versions of the function that are there."""
        name = self.outputs("Function")["name"]
        listed = boto3.client("lambda").list_versions_by_function(FunctionName=name)["Versions"]
        return [found["Version"] for found in listed if found["Version"] != "$LATEST"]

    def pip_ran(self) -> bool:
        """Whether pip ran in the last `up`."""
        return "install: pip" in self.messages("info")


@pytest.fixture
def index() -> Iterator[Index]:
    with Index(TINY, TRIPLE, BROKEN) as served:
        yield served


@pytest.fixture
def stack(cloud: Cloud, index: Index, tmp_path: Path) -> Deployed:
    return Deployed(Chain(tmp_path / "project"), index)


def test_a_release_serves_when_it_works_and_the_one_before_it_serves_until_then(
    stack: Deployed, index: Index
) -> None:
    # A, new
    assert stack.up() is None
    assert (stack.live, stack.ask(ONE)) == ("1", {"predictions": [2]})
    assert (stack.populated(), stack.pip_ran()) == ("published", True)

    # nothing new
    assert stack.up() is None
    assert (stack.live, stack.touched()) == ("1", set())

    # B
    stack.chain.lock(TRIPLE.pin)
    assert stack.up() is None
    assert (stack.live, stack.ask(ONE)) == ("2", {"predictions": [3]})
    assert (stack.populated(), stack.pip_ran()) == ("published", True)
    assert stack.touched() == OF_A_RELEASE

    assert stack.versions() == ["1", "2"]

    # back to A, while no index answers
    stack.chain.lock(TINY.pin)
    index.status = 503
    assert stack.up() is None
    index.status = None
    assert (stack.live, stack.ask(ONE)) == ("3", {"predictions": [2]})
    assert (stack.populated(), stack.pip_ran()) == ("already-published", False)
    assert stack.touched() == OF_A_RELEASE

    assert stack.versions() == ["2", "3"]

    # a lock whose package cannot be imported: the populate task meets it
    stack.chain.lock(BROKEN.pin)
    assert "was not published" in (stack.up() or "")
    assert "No module named 'not_there'" in stack.messages("error")
    assert (stack.live, stack.ask(ONE)) == ("3", {"predictions": [2]})
    assert stack.touched() == OF_A_TASK

    # a model that cannot be imported: only the smoke invocation meets it
    stack.chain.lock(TINY.pin)
    stack.write_model(BROKEN_MODEL)
    assert "version 4 failed its smoke invocation" in (stack.up() or "")
    assert "No module named 'not_there_either'" in stack.messages("error")
    assert (stack.live, stack.ask(ONE)) == ("3", {"predictions": [2]})
    assert stack.touched() == {
        *OF_A_TASK,
        "BucketObjectv2 inference-function",
        "Function inference",
    }

    # the same again fails again: what failed is not taken for done
    assert "version 4 failed its smoke invocation" in (stack.up() or "")
    assert (stack.live, stack.touched()) == ("3", set())

    # what does not serve is no way back, and holds its network interfaces no longer than needed
    assert stack.versions() == ["2", "3", "4"]

    # repaired
    stack.write_model(MODEL.replace("tiny.double(x)", "-tiny.double(x)"))
    assert stack.up() is None
    assert (stack.live, stack.ask(ONE)) == ("5", {"predictions": [-2]})
    assert stack.touched() == OF_A_MODEL
    assert stack.versions() == ["3", "5"]

    # more memory
    stack.configure(memoryMb="640")
    assert stack.up() is None
    assert (stack.live, stack.ask(ONE)) == ("6", {"predictions": [-2]})
    assert stack.versions() == ["5", "6"]
    assert stack.outputs("RetainedVersions")["previous_version"] == "5"


def test_a_first_version_that_fails_gets_no_alias(stack: Deployed) -> None:
    # The populate task, which imports the model too, does not meet this one.
    stack.write_model(f"import os\nassert 'AWS_LAMBDA_FUNCTION_NAME' not in os.environ\n{MODEL}")
    assert "version 1 failed its smoke invocation" in (stack.up() or "")
    assert "failed in its first call (Unhandled)" in stack.messages("error")
    assert "AssertionError" in stack.messages("error")
    assert stack.populated() == "published"
    assert not any("Alias" in name for name in stack.touched())
    stack.write_model(MODEL)
    assert stack.up() is None
    assert (stack.live, stack.ask(ONE)) == ("2", {"predictions": [2]})
