"""How the entry point starts: the release, the import, the init, and what goes wrong there."""

import pytest

from .function import EACH_EVENT, MODEL, Function, http, statuses


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
    assert (statuses(result), result.code) == ([500], 1)


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
