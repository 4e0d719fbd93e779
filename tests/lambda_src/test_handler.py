"""The entry point, in processes of its own, with a small release and a small model."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from components.source import FUNCTION_FILES
from lambda_src.release.layout import Manifest

from .conftest import LAMBDA_SRC

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
EACH_EVENT = """
import json, sys, handler
for event in json.load(sys.stdin):
    print("ANSWER", json.dumps(handler.handler(event, None)), flush=True)
"""


@dataclass
class Result:
    """What the process answered and logged, and how it ended."""

    answers: list[Any]
    logs: list[dict[str, Any]]
    code: int
    seconds: float
    errors: str


@dataclass
class Function:
    """The function's folder as it lies on Lambda, and a release."""

    folder: Path

    def __post_init__(self) -> None:
        self.release = self.folder / "releases" / "0123456789abcdef"
        self.environment = {"RELEASE_PATH": str(self.release)}
        self.code = self.folder / "task"
        (self.code / "release").mkdir(parents=True)
        for name in set(FUNCTION_FILES) - {"model.py"}:
            shutil.copy(LAMBDA_SRC / name, self.code / name)
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

    def run(self, *events: Any, program: str = EACH_EVENT) -> Result:
        begin = time.monotonic()
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
        return Result(answers, logs, done.returncode, time.monotonic() - begin, done.stderr)


@pytest.fixture
def function(tmp_path: Path) -> Function:
    return Function(tmp_path)


def http(body: str | None, *, encoded: bool = False, version: str = "2.0") -> dict[str, Any]:
    return {
        "version": version,
        "requestContext": {"http": {"method": "POST"}},
        "body": body,
        "isBase64Encoded": encoded,
    }


def statuses(result: Result) -> list[int]:
    return [answer.get("statusCode", 200) for answer in result.answers]


def test_instances_are_answered_with_predictions(function: Function) -> None:
    assert function.run({"instances": [1, 2]}).answers == [{"predictions": [1, 2]}]


@pytest.mark.parametrize("event", [None, {}])
def test_an_empty_event_is_answered_with_the_demonstration(
    function: Function, event: object
) -> None:
    assert function.run(event).answers == [{"statusCode": 200, "sides": 4}]


def test_an_empty_event_without_demonstration_is_bad_input(function: Function) -> None:
    function.write_model("def predict(instances):\n    return instances\n")
    assert statuses(function.run({})) == [400]


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ([1], 'the event is of type list, not an object {"instances": [...]}'),
        ("text", 'the event is of type str, not an object {"instances": [...]}'),
        ({"other": 1}, 'the event has no "instances", only other'),
        ({"instances": []}, '"instances" has to be a list of at least one instance'),
        ({"instances": 1}, '"instances" has to be a list of at least one instance'),
        ({"instances": ["refused"]}, "instance 0 is refused, send another"),
    ],
)
def test_bad_input_is_400_with_a_message(function: Function, event: object, error: str) -> None:
    assert function.run(event).answers == [{"statusCode": 400, "error": error}]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_an_http_event_gets_an_http_answer(function: Function, version: str) -> None:
    assert function.run(http('{"instances": [1]}', version=version)).answers == [
        {
            "statusCode": 200,
            "headers": {"content-type": "application/json"},
            "body": '{"predictions": [1]}',
        }
    ]


def test_a_base64_body_is_decoded(function: Function) -> None:
    body = base64.b64encode('{"instances": ["ä"]}'.encode()).decode()
    answer = function.run(http(body, encoded=True)).answers[0]
    assert json.loads(answer["body"]) == {"predictions": ["ä"]}


def test_an_http_event_without_body_is_answered_with_the_demonstration(function: Function) -> None:
    answers = function.run(http(None), http(""), http(" \n"), http("{}")).answers
    assert [json.loads(answer["body"]) for answer in answers] == [{"sides": 4}] * 4


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (http("{"), "the body is not JSON"),
        (http('{"instances": [NaN]}'), "NaN is no JSON number"),
        (http('{"instances": [-Infinity]}'), "-Infinity is no JSON number"),
        (http("[" * 100_000), "the body is not JSON"),
        (http("no base64!", encoded=True), "the body is not JSON"),
        (http("/w==", encoded=True), "the body is not JSON"),
        (http("[1]"), "the event is of type list"),
        (http(None) | {"body": {"a": 1}}, "the body is of type dict"),
        (http('{"instances": ["refused"]}'), "instance 0 is refused"),
    ],
    ids=["json", "nan", "infinity", "deep", "base64", "utf8", "list", "dict", "refused"],
)
def test_a_bad_http_body_is_400_with_a_message(
    function: Function, event: dict[str, Any], error: str
) -> None:
    answer = function.run(event).answers[0]
    assert answer["statusCode"] == 400
    assert error in json.loads(answer["body"])["error"]


@pytest.mark.parametrize("code", ["raise ValueError('secret')", "return 'secret'[:0]"])
def test_a_demonstration_that_fails_is_500(function: Function, code: str) -> None:
    function.write_model(f"def demonstrate():\n    {code}\n")
    result = function.run({})
    assert (statuses(result), "secret" in str(result.answers)) == ([500], False)


def test_an_error_of_the_model_is_500_without_internals(function: Function) -> None:
    result = function.run({"instances": ["broken"]})
    assert statuses(result) == [500]
    assert "secret" not in str(result.answers)


def test_an_error_of_the_model_is_logged_with_its_stack_trace(function: Function) -> None:
    log = function.run({"instances": ["broken"]}).logs[-1]
    assert (log["level"], log["error"]) == ("ERROR", "RuntimeError: secret of the inside")
    assert 'raise RuntimeError("secret of the inside")' in log["stack_trace"]


def test_the_next_call_after_an_error_of_the_model_is_answered(function: Function) -> None:
    result = function.run({"instances": ["broken"]}, {"instances": [1]})
    assert statuses(result) == [500, 200]


@pytest.mark.parametrize(
    ("instance", "reason"), [("nan", "prediction 1 is nan"), ("object", "object is not JSON")]
)
def test_predictions_that_json_cannot_hold_are_500(
    function: Function, instance: str, reason: str
) -> None:
    answer = function.run({"instances": [1, instance]}).answers[0]
    assert (answer["statusCode"], reason in answer["error"]) == (500, True)


@pytest.mark.parametrize("event", [{"instances": ["large"]}, http('{"instances": ["large"]}')])
def test_an_answer_beyond_lambdas_limit_is_413(function: Function, event: dict[str, Any]) -> None:
    answer = function.run(event).answers[0]
    assert answer["statusCode"] == 413
    assert "Lambda delivers at most 6,291,556" in str(answer)


def test_the_cold_start_is_logged_with_the_duration_of_each_step_as_metrics(
    function: Function,
) -> None:
    function.environment["AWS_LAMBDA_FUNCTION_NAME"] = "inference"
    log = function.run({}).logs[-1]
    [directive] = log["_aws"]["CloudWatchMetrics"]
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    steps = ["ActivateDuration", "ImportDuration", "LoadDuration"]
    assert (log["message"], log["FunctionName"]) == ("cold start", "inference")
    assert units == dict.fromkeys(["ColdStartDuration", *steps], "Seconds") | {
        "BundleUsed": "Count"
    }
    assert log["ColdStartDuration"] == pytest.approx(sum(log[step] for step in steps), abs=0.01)
    assert log["BundleUsed"] == 0


def test_a_model_that_cannot_be_loaded_is_counted(function: Function) -> None:
    (function.code / "model.py").write_text("import absent\n")
    [log] = [log for log in function.run({}).logs if log["level"] == "ERROR"]
    assert log["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [
        {"Name": "LoadFailure", "Unit": "Count"}
    ]
    assert log["LoadFailure"] == 1


def test_a_release_without_a_bundle_is_imported_the_plain_way_and_logged(
    function: Function,
) -> None:
    result = function.run({})
    assert statuses(result) == [200]
    assert [log.get("imports") for log in result.logs] == [None, "plain"]
    assert "has no bundle to use" in result.logs[0]["message"]


def test_the_cold_start_is_switched_off_by_a_variable(function: Function) -> None:
    function.environment["RELEASE_COLD_START"] = "off"
    result = function.run({})
    assert [log.get("imports") for log in result.logs] == ["off"]


def test_the_model_is_loaded_once(function: Function) -> None:
    function.write_model(MODEL + "\nprint('{}')\n")
    assert function.run({}, {}).logs.count({}) == 1


def test_a_missing_release_is_500_with_path_and_what_is_there(function: Function) -> None:
    moved = function.release.with_name("ffffffffffffffff")
    function.release.rename(moved)
    result = function.run({})
    assert statuses(result) == [500]
    assert f"{function.release} does not exist" in result.answers[0]["error"]
    assert "contains ffffffffffffffff" in result.answers[0]["error"]


def test_a_missing_release_is_looked_for_again(function: Function) -> None:
    function.release.rename(function.release.with_name("aside"))
    program = EACH_EVENT + (
        "import pathlib, os; release = pathlib.Path(os.environ['RELEASE_PATH'])\n"
        "release.with_name('aside').rename(release)\n"
        "print('ANSWER', json.dumps(handler.handler({}, None)))\n"
    )
    assert statuses(function.run({}, {}, program=program)) == [500, 500, 200]


def test_without_release_path_the_answer_names_the_variable(function: Function) -> None:
    function.environment = {}
    answer = function.run({}).answers[0]
    assert (answer["statusCode"], "RELEASE_PATH is not set" in answer["error"]) == (500, True)


def test_a_failed_import_is_500_with_path_and_reason(function: Function) -> None:
    function.write_model("import absent\n")
    result = function.run({}, http(None))
    assert statuses(result) == [500, 500]
    assert f"{function.release}: ModuleNotFoundError: No module named 'absent'" in str(result)


def test_a_failed_import_is_logged_with_its_stack_trace(function: Function) -> None:
    function.write_model("import absent\n")
    log = function.run({}).logs[-1]
    assert (log["level"], "import absent" in log["stack_trace"]) == ("ERROR", True)


def test_the_process_ends_after_the_answer_to_a_failed_import(function: Function) -> None:
    function.write_model("import absent\n")
    result = function.run({}, program=EACH_EVENT + "import time; time.sleep(20)")
    assert (statuses(result), result.code, result.seconds < 10) == ([500], 1, True)


def test_the_process_never_ends_while_a_call_is_in_progress(function: Function) -> None:
    function.write_model("import absent\n")
    program = (
        "import time, handler\n"
        "with handler.process:\n"
        "    handler.handler({}, None)\n"
        "    time.sleep(0.5)\n"
        "    print('ANSWER {}', flush=True)\n"
        "time.sleep(20)\n"
    )
    result = function.run(program=program)
    assert (result.answers, result.code) == ([{}], 1)


# Its import ends when somebody has made the file, or fails after a minute.
SLOW = MODEL + (
    "\nimport os, time\nbegin = time.monotonic()\n"
    "while not os.path.exists('initialized'):\n"
    "    assert time.monotonic() < begin + 60\n    time.sleep(0.01)\n"
)
SLOW_INIT = "import handler\nopen('initialized', 'w').close()\n" + (
    "import json\nprint('ANSWER', json.dumps(handler.handler({}, None)))\n"
)


def test_an_init_does_not_wait_for_a_slow_import_beyond_its_limit(function: Function) -> None:
    function.shorten_init(0.1)
    function.write_model(SLOW)
    [answer] = function.run(program=SLOW_INIT).answers
    assert answer == {"statusCode": 200, "sides": 4}


def test_an_init_with_provisioned_concurrency_waits_for_the_end(function: Function) -> None:
    function.shorten_init(0.1)
    function.write_model(MODEL + "\nimport time\ntime.sleep(1)\nopen('imported', 'w').close()\n")
    function.environment["AWS_LAMBDA_INITIALIZATION_TYPE"] = "provisioned-concurrency"
    program = "import handler, os\nprint('ANSWER', int(os.path.exists('imported')))\n"
    assert function.run(program=program).answers == [1]
