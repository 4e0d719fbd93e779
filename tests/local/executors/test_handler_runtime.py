"""The entry point under Lambda's own runtime client: how it starts, fails, and what comes after."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from components import Application
from components.contract import runtime
from local.cloud import Cloud
from tests.lambda_src.function import http

from ..conftest import Stack

pytestmark = pytest.mark.whole

OWN = Application(runtime.ROOT / "application")
RELEASE = "/mnt/shared/releases/0123456789abcdef"
PREDICT = "\ndef predict(instances):\n    if 0 in instances: raise KeyError\n    return instances\n"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One cloud for all tests here, with an empty release."""
    with Cloud(tmp_path_factory.mktemp("state"), seconds_to_create=0) as cloud:
        stack = Stack(cloud)
        made = f"import os; os.makedirs('{RELEASE}/site-packages')"
        stack.ended(stack.run(f"{made}; open('{RELEASE}/manifest.json', 'w')"))
        yield stack


@pytest.fixture
def stack(shared: Stack) -> Iterator[Stack]:
    """The program, without a function and its condition before and after."""
    yield shared
    shared.lambda_.delete_function(FunctionName="reader")
    shared.ended(
        shared.run("import os; os.path.exists('/mnt/shared/go') and os.remove('/mnt/shared/go')")
    )


def create(stack: Stack, model: str, init_seconds: float = 9.0) -> None:
    """The function with this model; its init waits that long."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, path in runtime.function_files(OWN).items():
            text = path.read_text().replace("SECONDS = 9.0", f"SECONDS = {init_seconds}")
            archive.writestr(name, model + PREDICT if name == "model.py" else text)
    stack.create_function(
        "",
        Handler="handler.handler",
        Code={"ZipFile": data.getvalue()},
        Environment={"Variables": {"RELEASE_PATH": RELEASE}},
        Timeout=60,
    )


def failed(stack: Stack, event: object = None) -> dict[str, Any]:
    """Call the function, which has to fail: the error."""
    answer, more = stack.invoke(event)
    assert more["FunctionError"] == "Unhandled"
    found: dict[str, Any] = answer
    return found


def go(stack: Stack) -> None:
    """Let there be what the model waits for."""
    stack.ended(stack.run("open('/mnt/shared/go', 'w')"))


NEEDS = "import os\nassert os.path.exists('/mnt/shared/go'), 'nothing there'\n"


def test_an_import_that_fails_fails_the_init_and_the_next_call_has_a_new_process(
    stack: Stack,
) -> None:
    create(stack, NEEDS)
    error = failed(stack)
    assert error["errorType"] == "LoadError"
    assert f"from the release {RELEASE}: AssertionError: nothing there" in error["errorMessage"]
    go(stack)
    assert stack.invoke({"instances": [1]})[0] == {"predictions": [1]}


@pytest.mark.parametrize("event", [{"instances": [1]}, http('{"instances": [1]}')])
def test_an_import_that_fails_after_the_init_fails_that_call_alone_and_says_why(
    stack: Stack, event: object
) -> None:
    create(stack, f"import time\ntime.sleep(2)\n{NEEDS}", init_seconds=0.1)
    error = failed(stack, event)
    assert error["errorType"] == "LoadError"
    assert "AssertionError: nothing there" in error["errorMessage"]
    go(stack)
    time.sleep(0.3)  # what ended late would end in the next call
    for number in range(3):
        assert stack.invoke({"instances": [number + 1]})[0] == {"predictions": [number + 1]}


def test_a_model_that_never_loads_fails_every_call_with_the_reason(stack: Stack) -> None:
    source = f"import time\ntime.sleep(0.5)\n{NEEDS}"
    create(stack, source, init_seconds=0.1)
    errors = [failed(stack)["errorType"] for _ in range(3)]
    assert errors == ["LoadError"] * 3


def test_a_fault_of_the_model_is_a_function_error_and_the_process_stays(stack: Stack) -> None:
    create(stack, "import os\ndef demonstrate():\n    return {'process': os.getpid()}\n")
    before = stack.invoke({})[0]
    assert failed(stack, {"instances": [0]})["errorType"] == "ModelError"
    assert failed(stack, {"instances": []})["errorType"] == "BadRequestError"
    assert (
        failed(stack, {"Records": [{"eventSource": "aws:sqs"}]})["errorType"] == "BadRequestError"
    )
    answer, more = stack.invoke(http('{"instances": [0]}'))
    assert ("FunctionError" in more, answer["statusCode"]) == (False, 500)
    # Half a surrogate pair, which comes back.
    assert failed(stack, json.loads('{"instances": ["\\ud800"]}'))["errorType"] == "ModelError"
    assert stack.invoke({})[0] == before
