"""A task on the embedded cloud reads S3 as its role, and is refused in AWS's words."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from components.contract import runtime
from components.contract.package import Package

from ..conftest import Stack, client

pytestmark = pytest.mark.whole

BUCKET = "packages"
SAYS = b"import sys; print('became', *sys.argv[1:])"


class Packages:
    """A bucket with a program, which the task role may read."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.s3 = stack, client(stack.cloud, "s3")
        self.s3.create_bucket(Bucket=BUCKET)
        package = Package({"release/__main__.py": SAYS})
        self.key, self.body = f"{package.sha256}.zip", package.path.read_bytes()
        package.remove()
        self.s3.put_object(Bucket=BUCKET, Key=self.key, Body=self.body)
        self.arn = f"arn:aws:s3:::{BUCKET}/{self.key}"
        self.allow(self.arn)

    def allow(self, *resources: str, action: str = "s3:GetObject") -> None:
        mount = self.stack.client_statement("elasticfilesystem:ClientMount")
        read = {"Effect": "Allow", "Action": action, "Resource": list(resources)}
        self.stack.allow("task", [mount, read])

    def policy(self, **statement: Any) -> None:
        every = {"Principal": {"AWS": "*"}, "Resource": f"arn:aws:s3:::{BUCKET}/*"}
        document = {"Version": "2012-10-17", "Statement": [every | statement]}
        self.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))

    def run(self, bucket: str = BUCKET, **changes: Any) -> tuple[int, list[str]]:
        """Exit code and log of a task that is the bootstrap."""
        url = f"https://{bucket}.s3.us-east-1.amazonaws.com/{self.key}"
        container: dict[str, Any] = {
            "entryPoint": ["python3", "-c", runtime.BOOTSTRAP, url],
            "command": ["install", "--timeout", "900"],
            "environment": [{"name": "AWS_MAX_ATTEMPTS", "value": "1"}],
        }
        container |= changes.pop("container", {})
        ended = self.stack.ended(self.stack.run("", container=container, **changes))
        return ended["containers"][0]["exitCode"], self.stack.lines()


@pytest.fixture
def packages(stack: Stack) -> Packages:
    return Packages(stack)


def test_a_task_becomes_the_program_that_its_role_may_read(packages: Packages) -> None:
    packages.policy(Effect="Deny", Action="s3:*", Condition=PLAIN_TEXT)
    code, lines = packages.run()
    assert code == 0
    assert re.fullmatch("became install --timeout (900|8..)", lines[-1])


PLAIN_TEXT = {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("another key", "s3:GetObject"),
        ("another action", "s3:GetObject"),
        ("a bucket that denies", "s3:GetObject"),
        ("gone", "s3:ListBucket"),
    ],
)
def test_what_aws_refuses_is_refused_with_access_denied(
    packages: Packages, case: str, words: str
) -> None:
    match case:
        case "another key":
            packages.allow(f"arn:aws:s3:::{BUCKET}/other.zip")
        case "another action":
            packages.allow(packages.arn, action="s3:PutObject")
        case "a bucket that denies":
            packages.policy(Effect="Deny", Action="s3:GetObject")
        case "gone":
            packages.s3.delete_object(Bucket=BUCKET, Key=packages.key)
    code, lines = packages.run()
    last = json.loads(lines[-1])
    assert (code, last["kind"]) == (18, "program")
    assert "403 AccessDenied: User: arn:aws:sts::123456789012:assumed-role/task/" in last["message"]
    assert f"is not authorized to perform: {words} on resource" in last["message"]


def test_who_may_list_hears_that_an_object_is_gone(packages: Packages) -> None:
    packages.s3.delete_object(Bucket=BUCKET, Key=packages.key)
    packages.allow(packages.arn, f"arn:aws:s3:::{BUCKET}", action="s3:*")
    code, lines = packages.run()
    assert code == 18
    assert "404 NoSuchKey: The specified key does not exist." in lines[-1]


def test_a_bucket_that_is_not_there_is_said(packages: Packages) -> None:
    code, lines = packages.run(bucket="nowhere")
    assert code == 18
    assert "404 NoSuchBucket: The specified bucket does not exist on the local cloud" in lines[-1]


def test_an_object_that_was_overwritten_does_not_run(packages: Packages) -> None:
    packages.s3.put_object(Bucket=BUCKET, Key=packages.key, Body=packages.body + b" ")
    code, lines = packages.run()
    assert code == 18
    assert "its name says another one" in lines[-1]
    assert not any("became" in line for line in lines)


def test_a_task_without_a_role_has_no_credentials(packages: Packages) -> None:
    code, lines = packages.run(taskRoleArn=None, volumes=[], container={"mountPoints": []})
    assert code == 18
    assert "needs a taskRoleArn" in lines[-1]


def test_the_credentials_are_for_who_has_the_tasks_token(stack: Stack) -> None:
    source = "import json, os; print(json.dumps(dict(os.environ)))"
    stack.ended(stack.run(source))
    seen = json.loads(stack.lines()[0])
    url = seen["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    token = seen["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    asked = urllib.request.Request(url, headers={"Authorization": token})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert json.load(answer)["RoleArn"] == stack.task_role
    for other in ("", "another"):
        asked = urllib.request.Request(url, headers={"Authorization": other})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(asked, timeout=10)


FORGED = """
import json, os, sys, urllib.request, urllib.error
sys.path.insert(0, sys.argv[1])
from lambda_src.release.installation import aws
url = "https://packages.s3.us-east-1.amazonaws.com/" + sys.argv[2]
keys = aws.credentials()
keys[sys.argv[3]] = "x" + keys[sys.argv[3]][1:]
aws.credentials = lambda: keys
try:
    aws.get(url)
except aws.AnswerError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("part", "code"),
    [("SecretAccessKey", "403 SignatureDoesNotMatch"), ("Token", "400 InvalidToken")],
)
def test_another_secret_or_token_is_refused(packages: Packages, part: str, code: str) -> None:
    container = {"command": [str(Path(__file__).parents[3]), packages.key, part]}
    packages.stack.ended(packages.stack.run(FORGED, container=container))
    assert packages.stack.lines()[-1].startswith(code)
