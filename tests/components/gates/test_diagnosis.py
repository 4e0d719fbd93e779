"""The table of causes: each is reached by what ECS really says, and has a remedy of its own."""

from __future__ import annotations

import pytest

from components.errors import GateError
from components.gates.diagnosis import ABSENT, CAUSES, REFUSED, UNKNOWN, Cause, Ending, diagnose
from lambda_src.release.layout import ExitCode

EFS = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: "
PULL = "CannotPullContainerError: "
SECRET = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
    "retrieval failed: unable to retrieve secret from asm: service call has been retried 1 "
    "time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:1:secret:x from secrets "
    "manager: "
)
# A word of the cause -> what leads to it.
ENDINGS = {
    "its time was over": Ending(
        stop_code="UserInitiated", reasons="the timeout of the populate task (30 minutes) is over"
    ),
    "somebody stopped": Ending(stop_code="UserInitiated", exit_code=143, kind="stopped"),
    "Spot": Ending(stop_code="SpotInterruption", exit_code=143, kind="stopped"),
    "maintenance": Ending(stop_code="TerminationNotice"),
    "host of the task has failed": Ending(stop_code="InfrastructureHealth"),
    "ECS service": Ending(stop_code="ServiceSchedulerInitiated"),
    "no capacity": Ending(reasons="Capacity is unavailable at this time. Please try again later"),
    "quota": Ending(
        reasons="You've reached the limit on the number of vCPUs you can run concurrently"
    ),
    "service-linked role": Ending(
        reasons="InvalidParameterException: Unable to assume the service linked role. Please "
        "verify that the ECS service linked role exists."
    ),
    "assume a role": Ending(
        reasons="ClientException: ECS was unable to assume the role 'arn:aws:iam::1:role/x' that "
        "was provided for this task."
    ),
    "credentials may not": Ending(
        reasons="AccessDeniedException: User: arn:aws:sts::1:assumed-role/x is not authorized to "
        "perform: ecs:RunTask"
    ),
    "no credentials": Ending(reasons="NoCredentialsError: Unable to locate credentials"),
    "have expired": Ending(reasons="ExpiredTokenException: The security token is expired"),
    "throttles": Ending(reasons="ThrottlingException: Rate exceeded"),
    "cannot be reached": Ending(reasons="EndpointConnectionError: Could not connect"),
    "fault of its own": Ending(reasons="ServerException: Service Unavailable"),
    "cluster is gone": Ending(reasons="ClusterNotFoundException: Cluster not found."),
    "tag, does not exist": Ending(
        reasons=f"{PULL}pull image manifest has been retried 1 time(s): failed to resolve ref "
        "public.ecr.aws/lambda/python:9: not found"
    ),
    "credentials is not there": Ending(
        reasons=f"{SECRET}ResourceNotFoundException: "
        "Secrets Manager can't find the specified secret."
    ),
    "may not read the secret": Ending(
        reasons=f"{SECRET}AccessDeniedException: User: x "
        "is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:x"
    ),
    "way to Secrets Manager": Ending(
        reasons=f"{SECRET}RequestCanceled: request "
        "context canceled caused by: context deadline exceeded"
    ),
    "limits how often": Ending(
        reasons=f"{PULL}inspect image has been retried 5 time(s): httpReaderSeeker: failed open: "
        "unexpected status code: 429 Too Many Requests - toomanyrequests: Rate exceeded"
    ),
    "registry refuses": Ending(
        reasons="ResourceInitializationError: unable to pull secrets or registry auth: "
        "AccessDeniedException: is not authorized to perform: ecr:GetAuthorizationToken"
    ),
    "too small for its image": Ending(
        reasons=f"{PULL}failed to extract layer: write /lib/x.so: no space left on device"
    ),
    "no way to the container registry": Ending(
        reasons=f"{PULL}pull image manifest has been retried 5 time(s): failed to resolve ref "
        "public.ecr.aws/lambda/python:3.11: dial tcp 99.83.145.10:443: i/o timeout"
    ),
    "no mount target": Ending(
        reasons=f'{EFS}stderr: Failed to resolve "fs-1.efs.us-east-1.amazonaws.com" - check that '
        "your file system ID is correct : unsuccessful EFS utils command execution; code: 1"
    ),
    "denies the task's role": Ending(
        reasons=f"{EFS}stderr: b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'"
    ),
    "does not answer": Ending(
        reasons=f"{EFS}stderr: Mount attempt 1/3 failed due to timeout after 15 sec"
    ),
    "root directory does not exist": Ending(
        reasons=f"{EFS}stderr: b'mount.nfs4: mounting 127.0.0.1:/ failed, reason given by server: "
        "No such file or directory'"
    ),
    "cannot be mounted": Ending(reasons=f"{EFS}stderr: stunnel is not there"),
    "cannot write its log yet": Ending(
        reasons="ResourceInitializationError: failed to validate logger args: create stream has "
        "been retried 1 times: AccessDeniedException: not authorized to perform: "
        "logs:CreateLogStream"
    ),
    "no way to CloudWatch Logs": Ending(
        reasons="ResourceInitializationError: failed to validate logger args: The task cannot find "
        "the Amazon CloudWatch log group defined in the task definition. There is a connection "
        "issue between the task and Amazon CloudWatch. Check your network configuration. : "
        "signal: killed"
    ),
    "cannot write its log": Ending(
        reasons="ResourceInitializationError: failed to initialize logging driver: failed to "
        "create Cloudwatch log stream: ResourceNotFoundException: The specified log group does "
        "not exist."
    ),
    "no network interface": Ending(
        reasons="Timeout waiting for network interface provisioning to complete."
    ),
    "program does not exist": Ending(
        reasons='CannotStartContainerError: exec: "python3": executable file not found in $PATH'
    ),
    "refuses what it was asked": Ending(
        reasons="InvalidParameterException: Error retrieving subnet information for [subnet-1]"
    ),
    "ran out of memory": Ending(
        exit_code=137, reasons="OutOfMemoryError: Container killed due to memory usage"
    ),
    "SIGKILL": Ending(exit_code=137, stop_code="EssentialContainerExited"),
    "SIGSEGV": Ending(exit_code=139, stop_code="EssentialContainerExited"),
    "lock asks for": Ending(exit_code=10, kind="resolution"),
    "index did not answer": Ending(exit_code=11, kind="network"),
    "program from S3": Ending(exit_code=18, kind="program"),
    "not the one that was locked": Ending(exit_code=12, kind="hash-mismatch"),
    "from where it was locked": Ending(exit_code=19, kind="source"),
    "archive cannot be unpacked": Ending(exit_code=20, kind="archive"),
    "cannot be imported": Ending(exit_code=13, kind="import"),
    "disk is full": Ending(exit_code=14, kind="disk"),
    "mounted file system": Ending(exit_code=15, kind="mount"),
    "differs from its manifest": Ending(exit_code=16, kind="damaged"),
    "was stopped before": Ending(
        exit_code=143, stop_code="EssentialContainerExited", kind="stopped"
    ),
    "its command line": Ending(exit_code=2, kind="usage"),
    "does not know": Ending(exit_code=1, kind="error"),
}
SETTLING = {
    *("service-linked role", "assume a role", "no mount target", "denies the task's role"),
    *("does not answer", "cannot write its log yet", "may not read the secret"),
}


@pytest.mark.parametrize("word", ENDINGS)
def test_an_ending_is_known_by_its_cause(word: str) -> None:
    cause = diagnose(ENDINGS[word])
    assert word in cause.what
    assert cause.settles == (word in SETTLING)


def test_every_cause_is_reached_and_has_a_remedy_of_its_own() -> None:
    assert [diagnose(ending) for ending in ENDINGS.values()] == list(CAUSES)
    remedies = [cause.remedy for cause in (*CAUSES, ABSENT, REFUSED, UNKNOWN)]
    assert len(set(remedies)) == len(remedies)


@pytest.mark.parametrize("code", [code for code in ExitCode if code is not ExitCode.PUBLISHED])
def test_an_exit_code_of_the_installer_says_what_its_last_line_would(code: ExitCode) -> None:
    without = diagnose(Ending(exit_code=code, stop_code="EssentialContainerExited"))
    assert without is diagnose(Ending(exit_code=code, kind=code.kind))
    assert without.kind == code.kind


def test_what_the_table_does_not_have_is_not_guessed() -> None:
    assert diagnose(Ending(exit_code=77, kind="other")) is UNKNOWN
    assert diagnose(Ending(reasons="WeirdException: ?"), REFUSED) is REFUSED


def test_a_cause_applies_only_when_all_that_it_names_does() -> None:
    cause = Cause(what="", remedy="", signs="a", exit_codes=frozenset({1}), kind="k")
    assert cause.applies(Ending(reasons="xAx", exit_code=1, kind="k"))
    assert not cause.applies(Ending(reasons="b", exit_code=1, kind="k"))
    assert not cause.applies(Ending(reasons="a", exit_code=2, kind="k"))
    assert not cause.applies(Ending(reasons="a", exit_code=1, kind="l"))


@pytest.mark.parametrize(
    ("account", "line"),
    [
        ("ValueError: no\nCorrect model.py.", "ValueError: no. Correct model.py"),
        ("it printed:\nnothing", "it printed: nothing"),
        ("a\nb\nc", "b. c"),
        ("one", "one"),
        ("", ""),
    ],
)
def test_lines_of_an_account_that_are_joined_are_sentences(account: str, line: str) -> None:
    error = GateError("the task failed", account=account)
    assert error.sentence("no release") == f"no release: the task failed{line and ': '}{line}"
