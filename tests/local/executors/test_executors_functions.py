"""Functions run as processes of this host, as Lambda runs them."""

from __future__ import annotations

import base64
import json
import textwrap
import threading
import time
from collections.abc import Iterator

import pytest

from local.cloud import Cloud
from tests.processes import eventually

from ..conftest import Stack, client, refusal, zipped


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One cloud for all tests here."""
    with Cloud(tmp_path_factory.mktemp("state"), seconds_to_create=0) as cloud:
        yield Stack(cloud)


@pytest.fixture
def stack(shared: Stack) -> Iterator[Stack]:
    """The program, without a function before and after."""
    yield shared
    shared.lambda_.delete_function(FunctionName="reader")
    groups = shared.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
    for group in groups:
        shared.logs.delete_log_group(logGroupName=group["logGroupName"])


def test_a_function_reads_what_a_task_wrote_and_cannot_write(stack: Stack) -> None:
    stack.ended(stack.run("open('/mnt/shared/model', 'w').write('42')"))
    source = """
        def handler(event, context):
            try:
                open("/mnt/shared/model", "w")
            except OSError as error:
                return [open("/mnt/shared/model").read(), error.strerror, event]
    """
    stack.create_function(textwrap.dedent(source))
    assert stack.invoke({"a": 1})[0] == ["42", "Read-only file system", {"a": 1}]


def test_a_function_imports_its_code_the_runtime_and_the_standard_library_only(
    stack: Stack,
) -> None:
    source = """
        import importlib.util, sys
        def handler(event, context):
            return [name for name in event if importlib.util.find_spec(name)]
    """
    stack.create_function(textwrap.dedent(source))
    names = ["app", "awslambdaric", "json", "pulumi", "pip", "pytest", "local", "boto3"]
    assert stack.invoke(names)[0] == ["app", "awslambdaric", "json"]


def calls_begun(stack: Stack) -> int:
    """How many; an init that took too long on a busy machine has lines of its own."""
    return sum(line.startswith("START ") for line in stack.lines("/aws/lambda/reader"))


def test_calls_beyond_what_is_reserved_are_throttled(stack: Stack) -> None:
    source = """
        import pathlib, time
        def handler(event, context):
            while not pathlib.Path("/mnt/shared/go").exists():
                time.sleep(0.01)
    """
    stack.create_function(textwrap.dedent(source), Timeout=60)
    stack.logs.create_log_group(logGroupName="/aws/lambda/reader")
    reserve = stack.lambda_.put_function_concurrency
    reserve(FunctionName="reader", ReservedConcurrentExecutions=1)
    # boto3 would repeat it until the first has ended.
    once = client(stack.cloud, "lambda", retries={"total_max_attempts": 1})
    first = threading.Thread(target=stack.invoke)
    first.start()
    eventually(lambda: calls_begun(stack) == 1)
    said = refusal(once.invoke, FunctionName="reader", Payload=b"0")
    stack.ended(stack.run("open('/mnt/shared/go', 'w')"))
    first.join()
    assert said == "TooManyRequestsException: Rate Exceeded."
    assert stack.invoke()[0] is None
    most = refusal(reserve, FunctionName="reader", ReservedConcurrentExecutions=901)
    assert most.endswith("UnreservedConcurrentExecution below its minimum value of [100].")


def test_a_function_has_the_environment_of_lambda_and_not_that_of_the_host(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    source = "import os\ndef handler(event, context): return dict(os.environ)"
    stack.create_function(source, Environment={"Variables": {"MINE": "yes"}}, MemorySize=512)
    stack.lambda_.publish_version(FunctionName="reader")
    seen = stack.invoke(Qualifier="1")[0]
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "reader"
    assert seen["AWS_LAMBDA_FUNCTION_VERSION"] == "1"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert seen["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"
    assert seen["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/reader"
    assert (seen["_HANDLER"], seen["MINE"]) == ("app.handler", "yes")
    assert not {"AWS_PROFILE", "HOME", "VIRTUAL_ENV"} & seen.keys()


def test_a_warm_process_is_used_again_and_each_version_has_its_own(stack: Stack) -> None:
    stack.create_function("import time; born = time.time()\ndef handler(e, c): return born")
    # Of a function that was made again, too: Lambda uses no number twice.
    number = stack.lambda_.publish_version(FunctionName="reader")["Version"]
    first, again, version = stack.invoke()[0], stack.invoke()[0], stack.invoke(Qualifier=number)[0]
    assert first == again
    assert version != first


def test_calls_at_the_same_time_have_processes_of_their_own(stack: Stack) -> None:
    source = """
        import pathlib, time
        born = time.time()
        def handler(event, context):
            while not pathlib.Path("/mnt/shared/go").exists():
                time.sleep(0.01)
            return born
    """
    stack.create_function(textwrap.dedent(source), Timeout=60)
    answers: list[float] = []
    threads = [threading.Thread(target=lambda: answers.append(stack.invoke()[0])) for _ in range(2)]
    stack.logs.create_log_group(logGroupName="/aws/lambda/reader")
    for thread in threads:
        thread.start()
    eventually(lambda: calls_begun(stack) == 2)
    stack.ended(stack.run("open('/mnt/shared/go', 'w')"))
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 2


def test_an_alias_runs_the_version_that_it_names_with_its_own_code(stack: Stack) -> None:
    stack.create_function("def handler(event, context): return context.function_version")
    number = stack.lambda_.publish_version(FunctionName="reader")["Version"]
    stack.lambda_.create_alias(FunctionName="reader", Name="live", FunctionVersion=number)
    stack.lambda_.update_function_code(
        FunctionName="reader", ZipFile=zipped("def handler(event, context): return 'new'")
    )
    assert stack.invoke()[0] == "new"
    answer, more = stack.invoke(Qualifier="live")
    assert (answer, more["ExecutedVersion"]) == (number, number)


def test_a_call_that_takes_too_long_is_ended_with_lambdas_words(stack: Stack) -> None:
    stack.create_function("import time\ndef handler(e, c): time.sleep(60)", Timeout=1)
    answer, more = stack.invoke()
    assert more["FunctionError"] == "Unhandled"
    assert answer["errorType"] == "Sandbox.Timedout"
    assert answer["errorMessage"].endswith(" Error: Task timed out after 1.00 seconds")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9) or os._exit(137)", "Runtime exited with error: signal: killed"),
    ],
)
def test_a_process_that_ends_in_a_call_is_an_exit_error(stack: Stack, end: str, words: str) -> None:
    stack.create_function(f"import os\ndef handler(event, context): {end}")
    answer, more = stack.invoke()
    assert (more["FunctionError"], answer["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert answer["errorMessage"].endswith(f" Error: {words}")


def test_a_process_that_wants_to_end_after_its_answer_ends_in_the_next_call(stack: Stack) -> None:
    source = """
        import os, threading, time
        def handler(event, context):
            threading.Timer(0.1, os._exit, [1]).start()
            time.sleep(event)
            return "answered"
    """
    stack.create_function(textwrap.dedent(source))
    assert stack.invoke(0)[0] == "answered"
    time.sleep(0.5)
    assert stack.invoke(10)[0]["errorType"] == "Runtime.ExitError"
    assert stack.invoke(0)[0] == "answered"


def test_an_exception_of_the_handler_is_an_unhandled_error_and_the_process_stays(
    stack: Stack,
) -> None:
    source = """
        calls = 0
        def handler(event, context):
            global calls
            calls += 1
            raise ValueError(f"call {calls}")
    """
    stack.create_function(textwrap.dedent(source))
    stack.invoke()
    answer, more = stack.invoke()
    assert (more["StatusCode"], more["FunctionError"]) == (200, "Unhandled")
    assert (answer["errorType"], answer["errorMessage"]) == ("ValueError", "call 2")


def test_a_module_that_cannot_be_imported_is_tried_twice_and_then_reported(stack: Stack) -> None:
    stack.create_function("import no_such_module")
    answer, more = stack.invoke()
    assert (more["FunctionError"], answer["errorType"]) == (
        "Unhandled",
        "Runtime.ImportModuleError",
    )
    assert "No module named 'no_such_module'" in answer["errorMessage"]


def test_the_output_of_a_function_is_in_its_log_group_and_in_the_tail(stack: Stack) -> None:
    logging = {"LogGroup": "/mine", "LogFormat": "JSON"}
    stack.logs.create_log_group(logGroupName="/mine")
    source = "import os\ndef handler(e, c): print('printed'); os.write(2, b'written\\n')"
    stack.create_function(source, LoggingConfig=logging)
    _, more = stack.invoke(LogType="Tail")
    tail = base64.b64decode(more["LogResult"]).decode().splitlines()
    assert tail == stack.lines("/mine")
    assert [line for line in tail if not line.startswith("{")] == ["printed", "written"]
    kinds = [json.loads(line)["type"] for line in tail if line.startswith("{")]
    assert kinds == ["platform.start", "platform.report"]


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ({}, "print(1) no-time bad-time no-level info ERROR"),
        ({"ApplicationLogLevel": "WARN"}, "ERROR"),
        ({"ApplicationLogLevel": "TRACE"}, "print(1) no-time bad-time no-level debug info ERROR"),
    ],
)
def test_a_json_line_counts_with_its_level_only_beside_a_valid_timestamp(
    stack: Stack, wanted: dict[str, str], kept: str
) -> None:
    source = """
        import json
        def handler(event, context):
            now = "2026-01-01T00:00:00.000Z"
            print("print(1)")
            print(json.dumps({"level": "ERROR", "message": "no-time"}))
            print(json.dumps({"timestamp": "yesterday", "level": "ERROR", "message": "bad-time"}))
            print(json.dumps({"timestamp": now, "message": "no-level"}))
            for level in ("debug", "info", "ERROR"):
                print(json.dumps({"timestamp": now, "level": level, "message": level}))
    """
    logging = {"LogGroup": "/levels", "LogFormat": "JSON", **wanted}
    stack.logs.create_log_group(logGroupName="/levels")
    stack.create_function(textwrap.dedent(source), LoggingConfig=logging)
    stack.invoke()
    lines = [line for line in stack.lines("/levels") if "platform." not in line]
    stack.logs.delete_log_group(logGroupName="/levels")
    said = [json.loads(line)["message"] if line.startswith("{") else line for line in lines]
    assert said == kept.split()


def test_a_function_whose_role_may_not_log_leaves_no_log(stack: Stack) -> None:
    mount = stack.client_statement("elasticfilesystem:ClientMount")
    role = stack.role("silent", "lambda", [stack.network, mount])
    stack.logs.create_log_group(logGroupName="/aws/lambda/reader")
    stack.create_function("def handler(e, c): print('lost')", Role=role)
    stack.invoke()
    assert stack.lines("/aws/lambda/reader") == []


def test_a_response_over_six_megabytes_is_an_error(stack: Stack) -> None:
    stack.create_function("def handler(event, context): return 'x' * 7_000_000")
    assert stack.invoke()[0]["errorType"] == "Function.ResponseSizeTooLarge"
