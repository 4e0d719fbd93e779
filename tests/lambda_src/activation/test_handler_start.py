"""How the entry point starts: the release, the import, the init, and what goes wrong there."""

import json

import pytest

from tests.processes import eventually

from ..function import MODEL, WAITS, Function, http, statuses
from ..runtime import alone, running


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


def test_a_model_that_cannot_be_loaded_is_counted_and_logged_with_its_stack_trace(
    function: Function,
) -> None:
    function.write_model("import absent\n")
    [log] = [log for log in function.run({}).logs if log["level"] == "ERROR"]
    assert log["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [
        {"Name": "LoadFailure", "Unit": "Count"}
    ]
    assert log["LoadFailure"] == 1
    assert "import absent" in log["stack_trace"]


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


def init_error(function: Function) -> str:
    """The error with which the import of the entry point ends, in a process that is then gone."""
    result = function.run(program="import handler")
    assert result.code == 1
    return result.errors.splitlines()[-1]


def test_a_missing_release_fails_the_init_with_path_and_what_is_there(function: Function) -> None:
    function.release.rename(function.release.with_name("ffffffffffffffff"))
    error = init_error(function)
    assert error.startswith("release.activation.loading.LoadError: no release: ")
    assert f"{function.release} does not exist" in error
    assert "contains ffffffffffffffff" in error


def test_a_missing_release_is_looked_for_again_by_the_next_process(function: Function) -> None:
    elsewhere = function.release.with_name("elsewhere")
    function.release.rename(elsewhere)
    init_error(function)
    elsewhere.rename(function.release)
    assert statuses(function.run({})) == [200]


def test_without_release_path_the_error_names_the_variable(function: Function) -> None:
    function.environment = {}
    assert "RELEASE_PATH is not set" in init_error(function)


def test_a_failed_import_fails_the_init_with_path_and_reason(function: Function) -> None:
    function.write_model("import absent\n")
    reason = f"{function.release}: ModuleNotFoundError: No module named 'absent'"
    assert reason in init_error(function)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("", "model.py has no function predict(instances)"),
        ("predict = 1\n", "model.py has no function predict(instances)"),
        ("def demonstrate():\n    return {}\n", "model.py has no function predict(instances)"),
        (MODEL + "\ndemonstrate = 'text'\n", "demonstrate in model.py is 'text'"),
        (MODEL + "\nload = None\n", "load in model.py is None"),
        (MODEL + "\ndef load():\n    raise RuntimeError('no weights')\n", "no weights"),
        ("raise SystemExit('of its own')\n", "SystemExit: of its own"),
    ],
)
def test_a_model_that_breaks_the_contract_fails_the_init(
    function: Function, model: str, reason: str
) -> None:
    function.write_model(model)
    assert reason in init_error(function)


SLOW = MODEL + WAITS


@pytest.mark.parametrize("event", [{}, http(None)])
def test_an_import_that_fails_after_the_init_ends_the_process_within_the_call(
    function: Function, event: object
) -> None:
    function.shorten_init(0.1)
    function.write_model(SLOW + "\nimport absent\n")
    with running(function) as process:
        process.ready()
        function.initialize()
        what, body = process.call(event)
        assert (what, body["errorType"]) == ("error", "LoadError")
        assert "No module named 'absent'" in body["errorMessage"]
        assert process.wait() == ("exit", "")
    assert process.process.returncode == 1


def test_an_import_that_fails_after_the_init_waits_for_a_call_to_say_so(
    function: Function,
) -> None:
    function.shorten_init(0.1)
    function.write_model(SLOW + "\nopen('failed', 'w').close()\nimport absent\n")
    with running(function) as process:
        process.ready()
        function.initialize()
        eventually((function.code / "failed").exists, by=process.process)
        assert process.call({})[0] == "error"
        assert process.wait() == ("exit", "")


def test_an_import_that_fails_within_the_init_fails_the_init(function: Function) -> None:
    function.write_model("import absent\n")
    with running(function) as process:
        what, body = process.wait()
        assert (what, json.loads(body)["errorType"]) == ("init error", "LoadError")
        assert process.wait() == ("exit", "")


def test_an_init_does_not_wait_for_a_slow_import_beyond_its_limit(function: Function) -> None:
    function.shorten_init(0.1)
    function.write_model(SLOW)
    with running(function) as process:
        process.ready()
        function.initialize()
        for event, answer in (
            ({"instances": ["\U0001f600" * 1000]}, {"predictions": ["\U0001f600" * 1000]}),
            ({}, {"statusCode": 200, "sides": 4}),
        ):
            assert process.call(event) == ("response", answer)
            process.ready()


def test_an_error_of_a_first_call_is_that_of_every_other(function: Function) -> None:
    function.shorten_init(0.1)
    function.write_model(SLOW)
    with running(function) as process:
        process.ready()
        function.initialize()
        found = []
        for _ in range(2):
            what, body = process.call({"instances": ["refused"]})
            assert len(body.pop("stackTrace")) > 0
            assert body.pop("requestId").startswith("request-")
            found.append((what, body))
            process.ready()
        assert found[0] == found[1]
        assert found[0][1]["errorType"] == "BadRequestError"
        assert process.call({"instances": [1]}) == ("response", {"predictions": [1]})


@pytest.mark.parametrize("kind", ["provisioned-concurrency", "lambda-managed-instances"])
def test_an_init_that_has_no_limit_waits_for_the_end(function: Function, kind: str) -> None:
    function.shorten_init(0.1)
    function.write_model(MODEL + "\nimport time\ntime.sleep(1)\nopen('imported', 'w').close()\n")
    with running(function, AWS_LAMBDA_INITIALIZATION_TYPE=kind) as process:
        process.ready()
        assert (function.code / "imported").exists()
        assert process.call({})[0] == "response"


def test_where_no_process_and_no_thread_can_be_started_calls_are_answered(
    function: Function,
) -> None:
    function.shorten_init(0.1)
    starts = "import _thread\ntry:\n    _thread.start_new_thread(print, ())\n"
    function.write_model(f"{starts}    raise SystemExit\nexcept RuntimeError:\n    pass\n{MODEL}")
    with running(function, alone([function.folder])) as process:
        process.ready()
        assert process.call({"instances": [1]}) == ("response", {"predictions": [1]})


def test_where_no_process_and_no_thread_can_be_started_a_failed_import_ends(
    function: Function,
) -> None:
    function.write_model("import absent\n")
    with running(function, alone([function.folder])) as process:
        assert process.wait()[0] == "init error"
        assert process.wait() == ("exit", "")


def test_another_library_in_the_place_of_json_decides_nothing(function: Function) -> None:
    function.shorten_init(0.1)
    function.write_model(f"import json\njson.dumps = json.loads = lambda text: b''\n{SLOW}")
    with running(function) as process:
        process.ready()
        function.initialize()
        for event in ({"instances": [1]}, http('{"instances": [1]}'), http("[")):
            assert process.call(event)[0] == "response"
            process.ready()
