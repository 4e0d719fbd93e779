"""The commands as a user runs them, in a process of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.commands import DeploymentError, Screen, host_config
from local.commands.commands import _event, _UsageError
from tests.processes import heard

from ..programs import project, write, write_pack, write_waiting

REPOSITORY = Path(__file__).parents[3]
VPC = """
    import pulumi, pulumi_aws as aws
    pulumi.log.info("hello from the program")
    vpc = aws.ec2.Vpc("vpc", cidr_block=pulumi.Config().require("block"))
"""
BLOCK = "block: {type: string, default: 10.0.0.0/16}"
REFUSING = """
    def rule(args, report):
        if args.resource_type == "aws:ec2/vpc:Vpc" and args.props["cidrBlock"] == "10.9.0.0/16":
            report("another block, please")
    POLICIES = [ResourceValidationPolicy("blocks", "Block 10.9 is taken.", rule)]
"""


def start(root: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local", *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "AWS_PROFILE": "of the user"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(root: Path, *arguments: str) -> tuple[int, str, str]:
    process = start(root, *arguments)
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err


def left_of(process: subprocess.Popen[str]) -> list[str]:
    """Processes of the session that the command was started in."""
    listed = subprocess.run(["ps", "-eo", "sid=,args="], capture_output=True, text=True, check=True)
    lines = [line.split(None, 1) for line in listed.stdout.splitlines()]
    return [args for sid, args in lines if sid == str(process.pid)]


def test_help_names_every_command(tmp_path: Path) -> None:
    status, out, _ = run(tmp_path, "--help")
    assert status == 0
    assert {line.split()[0] for line in out.splitlines() if line.startswith("    ")} >= {
        "preview",
        "up",
        "invoke",
        "serve",
        "watch",
        "task",
        "cloud",
        "clean",
    }


@pytest.mark.parametrize("command", ["clean", "cloud"])
def test_what_runs_no_program_takes_no_configuration(tmp_path: Path, command: str) -> None:
    status, _, err = run(tmp_path, command, "--config", "block=10.0.0.0/16")
    assert status == 2
    assert "unrecognized arguments: --config" in err


def test_a_preview_needs_no_cloud_and_shows_plan_and_verdict(tmp_path: Path) -> None:
    write_pack(write(tmp_path, VPC, config=BLOCK), REFUSING)
    status, out, err = run(tmp_path, "preview")
    assert (status, err) == (0, "")
    assert "+ aws:ec2/vpc:Vpc  vpc" in out
    assert "hello from the program" in out
    assert "rules: 1 policies" in out
    assert not (tmp_path / ".local").exists()


def test_a_mandatory_violation_fails_the_preview_with_its_message(tmp_path: Path) -> None:
    write_pack(write(tmp_path, VPC, config=BLOCK), REFUSING)
    status, out, _ = run(tmp_path, "preview", "--config", "block=10.9.0.0/16")
    assert status == 1
    assert "MANDATORY rules blocks (vpc)\n    Block 10.9 is taken.\n    another block" in out
    assert "1 mandatory policy is violated: nothing was created" in out


def test_up_creates_nothing_after_a_mandatory_violation(tmp_path: Path) -> None:
    write_pack(write(tmp_path, VPC, config=BLOCK), REFUSING)
    status, out, _ = run(tmp_path, "up", "--config", "block=10.9.0.0/16")
    assert status == 1
    assert "embedded cloud" not in out
    assert not (tmp_path / ".local").exists()


def test_a_refusal_of_aws_ends_up_with_one_readable_line(tmp_path: Path) -> None:
    write(tmp_path, VPC, config=BLOCK)
    status, out, _ = run(tmp_path, "up", "--config", "block=10.0.0.0/8")
    assert status == 1
    assert out.splitlines()[-1].startswith("error: aws:ec2/vpc:Vpc (vpc): InvalidVpc")
    assert "Traceback" not in out


def test_a_function_of_another_python_is_refused_before_there_is_a_cloud(tmp_path: Path) -> None:
    runtimes = ("python3.14", f"python{sys.version_info[0]}.{sys.version_info[1]}", "nodejs22.x")
    mounts = 'file_system_config={"arn": "arn:aws:x", "local_mount_path": "/mnt/x"}'
    lines = [
        f'aws.lambda_.Function("f{n}", role="r", runtime="{runtime}", handler="a.b", {mounts})'
        for n, runtime in enumerate(runtimes)
    ]
    write(tmp_path, "\n".join(["import pulumi_aws as aws", *lines]), config="")
    status, out, _ = run(tmp_path, "up")
    assert status == 1
    said = out.splitlines()[-1]
    assert said.startswith("error: f0 (python3.14): functions run with the Python of this host, ")
    assert f"Remedy: {runtimes[1]} for this run" in said
    assert "embedded cloud" not in out.replace(said, "")


def test_a_program_without_a_function_is_deployed_and_cannot_be_called(tmp_path: Path) -> None:
    write(tmp_path, VPC, config=BLOCK)
    status, out, _ = run(tmp_path, "up")
    assert status == 0
    assert "the program has no function to call" in out

    status, _, err = run(tmp_path, "invoke", "--event", "{}")
    assert status == 2
    assert "the program makes no aws:lambda/function:Function, so there is nothing to call" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["preview", "--stack", "prod"], "the stacks here are: dev"),
        (["preview", "--config", "nothing"], "it has the form KEY=VALUE"),
        (["invoke", "--event", "{no json"], "'{no json' is neither a file nor JSON"),
        (["invoke", "--event", '{"instances": [NaN]}'], "[NaN]}' is neither a file nor JSON"),
        (["invoke"], "--event"),
        (
            ["serve", "--port", "99999"],
            "--port 99999: port must be 0-65535. Remedy: another port\n",
        ),
        (["preview", "--config", "aws:region=mars"], "aws:region 'mars': a region has a name"),
        (
            ["preview", "--config", "aws:region=eu-centrl-1"],
            "aws:region 'eu-centrl-1': a region has a name such as eu-central-1. Remedy: --config",
        ),
        (["sing"], "invalid choice: 'sing'"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_is_wrong(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    write(tmp_path, VPC, config=BLOCK)
    status, out, err = run(tmp_path, *arguments)
    assert status == 2
    assert message in out + err
    assert "Traceback" not in out + err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_a_preview_ends_it_with_one_line(
    tmp_path: Path, number: int, status: int
) -> None:
    write(tmp_path, "import time\nprint('waiting', flush=True)\ntime.sleep(99)")
    process = start(tmp_path, "preview")
    heard(process, "waiting")
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == status
    assert err.strip() == "interrupted: ending all that was started here"


def test_a_signal_that_python_drops_in_a_finalizer_comes_again(tmp_path: Path) -> None:
    program = """
        import time
        class Slow:
            def __del__(self):
                print("waiting", flush=True)
                time.sleep(99)
        Slow()
        time.sleep(99)
    """
    process = start(write(tmp_path, program), "preview")
    heard(process, "waiting")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130


def test_a_signal_while_something_is_created_leaves_no_process(tmp_path: Path) -> None:
    process = start(write_waiting(tmp_path), "up")
    heard(process, "waiting")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert (process.returncode, left_of(process)) == (130, [])


def test_clean_removes_the_stacks_files_and_says_how_many_bytes(tmp_path: Path) -> None:
    write(tmp_path, VPC)
    (tmp_path / ".local/dev/efs/store").mkdir(parents=True)
    (tmp_path / ".local/dev/efs/store/file").write_bytes(b"12345")
    (tmp_path / ".local/other").mkdir()
    status, out, _ = run(tmp_path, "clean")
    assert (status, out) == (0, f"removed {tmp_path}/.local/dev: 1 files, 5 bytes\n")
    assert [path.name for path in (tmp_path / ".local").iterdir()] == ["other"]


def test_clean_of_nothing_says_so(tmp_path: Path) -> None:
    status, out, _ = run(tmp_path, "clean")
    assert (status, out) == (0, f"{tmp_path}/.local/dev does not exist: nothing to remove\n")


def test_an_event_is_json_or_the_name_of_a_file_with_json(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text('{"a": 1}')
    assert _event(str(path)) == _event('{"a": 1}') == {"a": 1}


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text("{")
    with pytest.raises(_UsageError, match="neither a file nor JSON"):
        _event(str(path))


def test_runtime_and_architecture_are_those_of_the_host_for_this_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    planned = project(
        tmp_path,
        "",
        config="""
            runtime: {type: string, default: python3.99}
            architecture: {type: string, default: x86_64}
            populatorImage: {type: string, default: mine}
        """,
        stack="config: {aws:profile: mine}",
    )
    with (tmp_path / "said").open("w") as said:
        changed = host_config(planned, Screen(said))
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    assert changed.config == {
        "small:runtime": version,
        "small:architecture": "arm64",
        "small:populatorImage": "",
    }
    assert (tmp_path / "said").read_text().splitlines() == [
        f"runtime {version} for this run instead of the stack's python3.99: libraries and function "
        "run on this host",
        "architecture arm64 for this run instead of the stack's x86_64: libraries and function "
        "run on this host",
    ]


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "riscv64")])
def test_a_host_on_which_nothing_can_run_is_refused_with_the_remedy(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    machine: str,
) -> None:
    planned = project(tmp_path, "")
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    with pytest.raises(DeploymentError, match=r"needs Linux on x86_64 or aarch64\. Remedy: "):
        host_config(planned, Screen(sys.stderr))


@pytest.mark.parametrize("stack", ["..", ".", "", "/etc", "a/b"])
def test_a_stack_that_is_no_plain_name_is_refused(tmp_path: Path, stack: str) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / "kept").touch()
    status, _, err = run(tmp_path, "clean", "--stack", stack)
    assert (status, "is no name of a stack" in err) == (2, True)
    assert (tmp_path / "kept").exists()
