"""The whole chain as a user runs it: commands of their own, in a copy of the project."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.chain import BROKEN, TINY, Chain
from tests.lambda_src.conftest import Index
from tests.processes import heard

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory, index: Index) -> Chain:
    made = Chain(tmp_path_factory.mktemp("whole") / "project")
    made.serve_tiny(index)
    return made


@pytest.fixture(scope="module")
def first(chain: Chain) -> subprocess.CompletedProcess[str]:
    """The first `up`, on an empty file system."""
    return chain.run("up", "--picture", "stack.svg")


def test_up_ends_with_the_answers_the_times_the_verdict_and_what_to_do_next(
    first: subprocess.CompletedProcess[str],
) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    assert re.search(r"^  \{.*\} -> \{", first.stdout, re.MULTILINE)
    for word in ("populate    ", "cold start  ", "warm call   ", "verdict     ", "next:"):
        assert word in first.stdout
    assert re.search(r"cold start .*; imports: bundle, \d+ readers", first.stdout)


@pytest.mark.usefixtures("first")
def test_up_draws_the_stack_where_it_is_asked_to(chain: Chain) -> None:
    assert ElementTree.parse(chain.folder / "stack.svg").getroot().tag.endswith("}svg")


def test_output_that_is_no_terminal_has_no_control_characters(
    first: subprocess.CompletedProcess[str],
) -> None:
    assert "\x1b" not in first.stdout + first.stderr
    assert "\r" not in first.stdout + first.stderr


@pytest.mark.usefixtures("first")
def test_the_package_is_imported_from_the_release_under_the_mount_path(chain: Chain) -> None:
    (release,) = chain.releases()
    answer = chain.invoke({})
    assert answer["doubled"] == 42
    assert answer["file"] == f"/mnt/efs/releases/{release.name}/site-packages/tiny/__init__.py"
    assert not Path("/mnt/efs").exists()


@pytest.mark.usefixtures("first")
def test_a_second_up_finds_the_release(chain: Chain) -> None:
    result = chain.run("up")
    assert "populate    release found, nothing installed" in result.stdout
    assert len(chain.releases()) == 1


@pytest.mark.usefixtures("first")
def test_a_change_of_the_mount_path_is_followed_by_every_part(chain: Chain) -> None:
    result = chain.run("invoke", "--config", "mountPath=/mnt/elsewhere", "--event", "{}")
    assert json.loads(result.stdout)["file"].startswith("/mnt/elsewhere/releases/")


@pytest.mark.usefixtures("first")
def test_bad_input_is_a_function_error_and_the_exit_status_says_so(chain: Chain) -> None:
    result = chain.run("invoke", "--event", '{"instances": "x"}')
    assert json.loads(result.stdout)["errorType"] == "BadRequestError"
    assert result.returncode == 1


def test_every_wrong_configuration_key_is_in_one_message(chain: Chain) -> None:
    result = chain.run("preview", "--config", "memoryMb=1", "--config", "mountpath=/x")
    assert result.returncode == 1
    output = result.stdout + result.stderr
    assert "2 problems in the configuration" in output
    assert "pulumi config set memoryMb 3008" in output
    assert "the nearest is mountPath" in output
    assert "Traceback" not in output


def failed_up(chain: Chain, *arguments: str) -> str:
    """What a failing `up` says; nothing half-made may stay."""
    before = chain.releases()
    result = chain.run("up", *arguments)
    assert result.returncode == 1
    assert chain.releases() == before
    assert chain.strays() == []
    output = result.stdout + result.stderr
    # The traceback of a model that cannot be imported is what its author needs; ours is not.
    assert "/local/" not in output
    assert "/components/" not in output
    return output


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        ("-e .", "editable installs are refused"),
        (f"tiny==1.0 --hash=sha256:{'0' * 64}", "exit code: 12"),
        (f"missing==1.0 --hash=sha256:{'0' * 64}", "exit code: 10"),
        (BROKEN.pin, "No module named 'not_there'"),
    ],
)
@pytest.mark.usefixtures("first")
def test_a_lock_that_cannot_be_installed_leaves_no_release(
    chain: Chain, lock: str, words: str
) -> None:
    chain.lock(lock)
    try:
        assert words in failed_up(chain)
    finally:
        chain.lock(TINY.pin)


@pytest.mark.usefixtures("first")
def test_an_index_that_is_not_there_is_named(chain: Chain) -> None:
    chain.lock(f"{TINY.pin}\n{BROKEN.pin.replace('tiny', 'other')}")
    try:
        output = failed_up(chain, "--config", "indexUrl=http://127.0.0.1:9/simple")
    finally:
        chain.lock(TINY.pin)
    assert "exit code: 11" in output
    assert "http://127.0.0.1:9/simple" in output
    assert output.count("failure: ") == 1
    assert output.count("was not published: the package index did not answer: ") == 1


# While it plans, while the packs judge, while the task is at work, while the function is tried.
MOMENTS = ("preview of", "policy packs on", "started task", "aws:lambda/function:Function")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.usefixtures("first")
def test_an_interrupt_at_any_moment_leaves_nothing_behind(
    chain: Chain, number: signal.Signals, moment: str
) -> None:
    process = subprocess.Popen(
        chain.command("up", "-v"),
        cwd=chain.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    heard(process, moment)
    process.send_signal(number)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 128 + number, said
    assert chain.strays() == []


@pytest.mark.usefixtures("first")
def test_serve_answers_over_http_as_a_function_url_does(chain: Chain) -> None:
    process = subprocess.Popen(
        chain.command("serve"),
        cwd=chain.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        line = heard(process, "curl")[-1]
        url = next(word.strip("'\"") for word in line.split() if "http://" in word)
        answer = subprocess.run(
            ["curl", "-sS", url, "--data", '{"instances": [1, 2]}'],
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(answer.stdout) == {"predictions": [2, 4]}
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=600)
    assert chain.strays() == []
