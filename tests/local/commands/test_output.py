"""What the commands show: little, with `-v` everything, and of a failure all that is needed."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from local.commands import Screen
from local.commands.report import quoted

from ..programs import write
from .test_cli import run

# A function of its own makes no network and no file system: it is there in seconds.
FUNCTION = f"""
import json, pulumi, pulumi_aws as aws
trust = {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRole",
         "Principal": {{"Service": "lambda.amazonaws.com"}}}}]}}
role = aws.iam.Role("role", assume_role_policy=json.dumps(trust), max_session_duration=3600,
                    managed_policy_arns=["arn:aws:iam::aws:policy/ReadOnlyAccess"])
pulumi.log.info("populate: install: pip, 38 packages\\nas ever")
pulumi.log.info("populate: install: 3 of 38")
pulumi.log.info("populate: publish: as /mnt/a")
pulumi.log.info("populate: suggest: `# release: lazy keras` in requirements.in would save 1.0 s")
function = aws.lambda_.Function("reader", role=role.arn, handler="app.main", publish=True,
    runtime="python{sys.version_info[0]}.{sys.version_info[1]}", timeout=9,
    code=pulumi.AssetArchive({{"app.py": pulumi.StringAsset('''
def main(event, _):
    if event.get("raise"):
        raise ValueError("no such thing")
    return event.get("answer", {{"statusCode": event.get("status", 200)}})
''')}}))
aws.lambda_.Alias("live", function_name=function.name, function_version=function.version)
pulumi.export("sampleRequest", json.loads(pulumi.Config().require("sample")))
"""
CONFIG = "sample: {type: string, default: '{\"answer\": [1]}'}"


def with_sample(sample: object) -> list[str]:
    return ["--config", f"sample={json.dumps(sample)}"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path, FUNCTION, config=CONFIG)


def test_up_shows_a_line_for_each_step_and_the_result(root: Path) -> None:
    status, out, err = run(root, "up")
    assert (status, err) == (0, "")
    assert [line.partition(":")[0] for line in out.splitlines() if line[:1].strip()] == [
        *("preview of stack dev", "policy packs on the preview", "embedded cloud"),
        *("up of stack dev", "policy packs on the result", "cold start", "warm call", "next"),
    ]
    assert len(out.splitlines()) <= 22
    assert "+ aws:" not in out
    assert "  aws:iam/role:Role managedPolicyArns is not emulated (role)" in out
    assert '  {"answer": [1]} -> [1]' in out
    assert """invoke --event '{"answer": [1]}'""" in out
    # The phases of the populate task are words in the line of its step.
    assert "up of stack dev: install, publish, suggest; " in out
    assert "38 packages" not in out
    # What the task suggests is under the verdict, once.
    faster = "  faster      `# release: lazy keras` in requirements.in would save 1.0 s"
    assert f"  policies    no packs\n{faster}\n" in out
    assert out.count("would save") == 1


def test_up_shows_everything_on_request_and_calls_without_a_sample(root: Path) -> None:
    program = (root / "__main__.py").read_text()
    (root / "__main__.py").write_text(program.partition("pulumi.export")[0])
    status, out, _ = run(root, "up", "-v")
    assert status == 0
    assert "  + aws:lambda/function:Function  reader" in out
    assert "  populate: install: pip, 38 packages\n  as ever\n" in out
    assert '  {} -> {"statusCode": 200}' in out


def test_of_several_functions_up_calls_each_and_invoke_wants_to_know_which(root: Path) -> None:
    program = (root / "__main__.py").read_text()
    second = program[program.index("function =") : program.index("pulumi.export")]
    second = second.replace('"reader"', '"writer"').replace('"live"', '"current"')
    (root / "__main__.py").write_text(program + second.replace("answer", "written"))
    status, out, _ = run(root, "up")
    assert status == 0
    assert (
        '\n  reader: {"answer": [1]} -> [1]\n  writer: {"answer": [1]} -> {"statusCode": 200}\n'
        in out
    )
    assert "  warm call   reader: " in out
    assert "  warm call   writer: " in out
    assert """invoke --function reader --event '{"answer": [1]}'""" in out
    status, out, err = run(root, "invoke", "--event", "{}")
    assert (status, out) == (2, "")
    assert "there are several functions: one of reader, writer can be called. Remedy: --fun" in err
    assert "embedded cloud" not in err
    status, out, err = run(root, "invoke", "--event", '{"written": 2}', "--function", "writer")
    assert (status, out) == (0, "2\n")
    assert run(root, "invoke", "--event", "{}", "--function", "lost")[0] == 2


def test_a_step_that_fails_shows_the_log_that_it_held_back(tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        pulumi.log.info("about to go wrong")
        if not pulumi.runtime.is_dry_run():
            aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/8")
    """
    status, out, _ = run(write(tmp_path, program), "up")
    assert status == 1
    assert out.count("  about to go wrong\n") == 1
    assert out.splitlines()[-1].startswith("error: aws:ec2/vpc:Vpc (vpc): InvalidVpc")


@pytest.mark.parametrize(
    ("command", "sample", "message"),
    [
        ("up", {"raise": 1}, "error: the function failed: ValueError: no such thing"),
        ("up", {"status": 400, "x": "x" * 999}, "error: the function failed: status code 400"),
        ("invoke", {"raise": 1}, "error: the function failed: ValueError: no such thing"),
    ],
)
def test_a_function_that_fails_is_status_1(
    root: Path, command: str, sample: dict[str, Any], message: str
) -> None:
    event = ["--event", json.dumps(sample)] if command == "invoke" else []
    status, out, err = run(root, command, *with_sample(sample), *event)
    assert status == 1
    assert message in out + err
    assert "next:" not in out
    assert max(map(len, (out + err).splitlines())) < 700


def test_a_long_sample_is_not_repeated_in_what_to_do_next() -> None:
    assert quoted({"a": "b c"}) == """'{"a": "b c"}'"""
    assert quoted({"a": "x" * 1000}) == "'{}'"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_step_leaves_no_line() -> None:
    file = Terminal()
    screen = Screen(file, verbose=False)
    with screen.step("first"):
        screen.log("info", "populate: install: 3 of 38")
        screen.log("info", "populate: publish: as /mnt/a")
    plain = file.getvalue().replace("\x1b[2K", "").rpartition("\r")[2]
    assert plain.replace("\x1b[?25h", "").replace("\x1b[1A", "").strip() == ""


def test_on_a_terminal_a_long_message_leaves_room_for_the_bar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    file = Terminal()
    screen = Screen(file, verbose=False)
    with screen.step("first"):
        screen.log("info", f"populate: install: (3 of 6) {'x' * 99}")
    shown = [line for line in file.getvalue().split("\r") if "install" in line]
    assert shown
    assert all("━" * 5 in line and "0:00:0" in line for line in shown)


def test_on_a_terminal_a_step_that_fails_leaves_its_log() -> None:
    file = Terminal()
    screen = Screen(file, verbose=False)

    def fail() -> None:
        with screen.step("first"):
            screen.log("info", "populate: install: pip")
            raise ValueError("not so")

    with pytest.raises(ValueError, match="not so"):
        fail()
    assert file.getvalue().endswith("  populate: install: pip\n")
