"""A program of somebody else: watched, called from other terminals; its task; an open cloud."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from local.commands.session import followed
from tests.processes import heard

from ..programs import write
from .test_cli import left_of, run, start

PROGRAM = f"""
import json, pulumi, pulumi_aws as aws

def trust(service):
    return json.dumps({{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow",
        "Action": "sts:AssumeRole", "Principal": {{"Service": service}}}}]}})

role = aws.iam.Role("role", assume_role_policy=trust("lambda.amazonaws.com"))
aws.lambda_.Function("hello", role=role.arn, handler="app.main", code=pulumi.FileArchive("code"),
    runtime="python{sys.version_info[0]}.{sys.version_info[1]}")
role = aws.iam.Role("logger", assume_role_policy=trust("ecs-tasks.amazonaws.com"))
logs = aws.cloudwatch.LogGroup("logs", name="logs", retention_in_days=7)
aws.iam.RolePolicy("logger", role=role.id, policy=logs.arn.apply(lambda arn: json.dumps(
    {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Resource": f"{{arn}}:*",
      "Action": ["logs:CreateLogStream", "logs:PutLogEvents"]}}]}})))
vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
gateway = aws.ec2.InternetGateway("gateway", vpc_id=vpc.id)
table = aws.ec2.RouteTable("table", vpc_id=vpc.id)
aws.ec2.Route("route", route_table_id=table.id, destination_cidr_block="0.0.0.0/0",
              gateway_id=gateway.id)
aws.ec2.RouteTableAssociation("table", route_table_id=table.id, subnet_id=subnet.id)
aws.ec2.SecurityGroup("group", vpc_id=vpc.id, description="d", egress=[
    {{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}}])
aws.ecs.Cluster("cluster")
options = {{"awslogs-group": "logs", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"}}
aws.ecs.TaskDefinition("job", family="job", cpu="256", memory="512", network_mode="awsvpc",
    requires_compatibilities=["FARGATE"], execution_role_arn=role.arn,
    container_definitions=json.dumps([{{"name": "main", "essential": True,
        "image": "public.ecr.aws/lambda/python:3.11", "entryPoint": ["python3", "-c"],
        "command": ["print('as it is defined')"],
        "logConfiguration": {{"logDriver": "awslogs", "options": options}}}}]))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, PROGRAM)
    (tmp_path / "code").mkdir()
    version(tmp_path, "1")
    return tmp_path


def version(root: Path, text: str) -> None:
    (root / "code" / "app.py").write_text(f"def main(event, _): return [event, {text}]")


def invoke(root: Path) -> tuple[int, str]:
    status, out, err = run(root, "invoke", "--event", "7")
    return status, out.strip() or err.strip()


@pytest.fixture
def watching(root: Path) -> Iterator[subprocess.Popen[str]]:
    process = start(root, "watch")
    try:
        heard(process, "watching the files")
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert (process.returncode, left_of(process)) == (130, [])


def test_a_change_is_deployed_before_the_next_call(
    root: Path, watching: subprocess.Popen[str]
) -> None:
    assert invoke(root) == (0, "[7, 1]")

    version(root, "2")
    assert invoke(root) == (0, "[7, 2]")

    program = root / "__main__.py"
    program.write_text(PROGRAM.replace("retention_in_days=7", "retention_in_days=14"))
    status, said = invoke(root)
    assert status == 1
    assert "it is not deployed: aws:cloudwatch/logGroup:LogGroup (logs): retentionInDays" in said
    # Nothing has changed since, and the old version is not called in silence.
    assert invoke(root) == (status, said)

    program.write_text(PROGRAM)
    version(root, "3")
    assert invoke(root) == (0, "[7, 3]")

    status, _, err = run(root, "invoke", "--function", "other", "--event", "{}")
    assert (status, "--function 'other': one of hello can be called" in err) == (2, True)
    status, out, _ = run(root, "up")
    assert (status, "is in use by `python -m local watch`" in out) == (1, True)


def test_clients_of_aws_reach_a_stack_that_is_watched(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start(root, "watch")
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith("  export "))
        for pair in shlex.split(line)[1:]:
            monkeypatch.setenv(*pair.split("=", 1))
        (function,) = boto3.client("lambda").list_functions()["Functions"]
        assert function["FunctionName"].startswith("hello-")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def test_a_task_runs_to_its_end_with_its_log_and_its_exit_code(root: Path) -> None:
    status, out, _ = run(root, "task", "--assign-public-ip")
    assert status == 0
    assert out.splitlines()[-2:] == ["  as it is defined", "exit code 0"]

    command = "import sys; print(6 * 7); sys.exit(3)"
    status, out, _ = run(root, "task", "--task", "job", "--assign-public-ip", "--", command)
    assert (status, out.splitlines()[-2:]) == (3, ["  42", "exit code 3"])


def test_a_task_that_cannot_start_says_why_and_one_that_is_not_there_which_are(root: Path) -> None:
    status, out, _ = run(root, "task")
    assert (status, "error: CannotPullContainerError" in out) == (1, True)

    status, out, _ = run(root, "task", "--task", "other")
    assert (status, out.splitlines()[-1]) == (2, "error: --task 'other': job can be named")
    assert "embedded cloud" not in out  # the plan says it already


def test_a_task_without_subnets_and_entry_point_runs_its_command_in_the_default_vpc(
    root: Path,
) -> None:
    before, _, after = PROGRAM.partition("vpc = ")
    after = after[after.index("aws.ecs.Cluster") :]
    # As for an image without an entry point of its own.
    own = after.replace('"entryPoint": ["python3", "-c"],', "").replace(
        '"command": [', '"command": ["python3", "-c", '
    )
    write(root, before + own)

    status, out, _ = run(root, "task", "--assign-public-ip")
    assert (status, out.splitlines()[-2:]) == (0, ["  as it is defined", "exit code 0"])
    status, out, _ = run(root, "task")
    assert (status, "error: CannotPullContainerError" in out) == (1, True)


def test_an_up_draws_the_stack_on_request_and_says_where(root: Path) -> None:
    status, out, _ = run(root, "up", "--picture", "stack.svg")
    assert (status, out.splitlines()[-1]) == (0, "picture: stack.svg")
    assert "Function hello" in (root / "stack.svg").read_text()


def test_an_open_cloud_prints_how_clients_reach_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start(tmp_path, "cloud", "--region", "eu-west-1")
    try:
        for line in heard(process, "# an empty account")[:-1]:
            name, _, value = line.removeprefix("export ").rstrip().partition("=")
            monkeypatch.setenv(name, shlex.split(value)[0])
        efs = boto3.client("efs")
        assert efs.meta.region_name == "eu-west-1"
        assert efs.create_file_system(CreationToken="mine")["FileSystemId"].startswith("fs-")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert (process.returncode, left_of(process)) == (143, [])


def test_files_of_other_programs_and_of_runs_are_not_followed(tmp_path: Path) -> None:
    for name in ("a.py", "b/c.txt", ".local/x", "venv/lib/d.py", "b/__pycache__/c.pyc"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (tmp_path / "link").symlink_to("nowhere")

    assert sorted(followed(tmp_path)) == ["a.py", "b/c.txt"]
