"""Which releases the gate tells the task to keep, read from real functions of the cloud."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from components.gates.aws import AwsCalls, Login
from components.gates.task import TaskRunSpec
from components.gates.task.releases_in_use import releases_in_use
from lambda_src.release import layout
from lambda_src.release.installation.storage import housekeeping

from ..conftest import zipped
from .gate import SUCCEEDS, Gate, changed, refuses

pytestmark = pytest.mark.whole

ENVIRONMENT = "import json, os; print(json.dumps([os.environ.get(k) for k in {keys}]))"
KEYS = ["KEEP_RELEASES", "RELEASES_IN_USE"]
NAME = "team/efs-inference/dev/libraries"


def release(number: int) -> str:
    """A release id."""
    return f"{number:016x}"


def variables(number: int) -> dict[str, Any]:
    """The environment of a function that loads a release."""
    return {"Variables": {"RELEASE_PATH": f"/mnt/shared/releases/{release(number)}", "OTHER": "x"}}


@pytest.fixture
def functions(gate: Gate) -> Gate:
    """Versions 1 to 4 name the releases 1 to 4, $LATEST names 5; aliases route to 2, 3 and 4."""
    lambda_ = gate.stack.lambda_
    gate.stack.create_function("def handler(*_): pass", Environment=variables(1))
    for number in (1, 2, 3, 4):
        lambda_.update_function_configuration(
            FunctionName="reader", Environment=variables(number), FileSystemConfigs=mounts(gate)
        )
        # A version is made only of code that changed.
        lambda_.publish_version(FunctionName="reader", Description=str(number))
        code = zipped(f"def handler(*_): return {number}")
        lambda_.update_function_code(FunctionName="reader", ZipFile=code)
    lambda_.update_function_configuration(
        FunctionName="reader", Environment=variables(5), FileSystemConfigs=mounts(gate)
    )
    lambda_.create_alias(
        FunctionName="reader",
        Name="live",
        FunctionVersion="2",
        RoutingConfig={"AdditionalVersionWeights": {"3": 0.1}},
    )
    lambda_.create_alias(FunctionName="reader", Name="canary", FunctionVersion="4")
    # Neither mounts the access point.
    gate.stack.create_function(
        "def handler(*_): pass",
        FunctionName="other",
        FileSystemConfigs=None,
        Environment=variables(6),
    )
    return gate


def mounts(gate: Gate) -> list[dict[str, str]]:
    """The function's file system configuration."""
    return [{"Arn": gate.stack.point_arn, "LocalMountPath": "/mnt/shared"}]


def found(gate: Gate) -> tuple[frozenset[str] | None, list[str]]:
    """What is in use, and the warnings."""
    warned: list[str] = []
    aws = AwsCalls(Login(region=gate.cloud.region))
    return releases_in_use(aws, gate.stack.point_arn, warned.append), warned


def test_every_version_that_is_there_and_the_latest_are_in_use(functions: Gate) -> None:
    assert found(functions) == (frozenset(map(release, (1, 2, 3, 4, 5))), [])
    functions.stack.lambda_.delete_function(FunctionName="reader", Qualifier="1")
    assert found(functions) == (frozenset(map(release, (2, 3, 4, 5))), [])


def test_another_access_point_has_no_releases_in_use(functions: Gate) -> None:
    functions.stack.point_arn = functions.stack.point_arn[:-4] + "0000"
    assert found(functions) == (frozenset(), [])


def test_a_path_below_a_release_counts_and_what_only_looks_like_one_does_not(gate: Gate) -> None:
    below = f"/a:/mnt/shared/releases/{release(1)}/site-packages:/b"
    longer = f"/mnt/shared/releases/{release(2)}f"
    gate.stack.create_function(
        "def handler(*_): pass", Environment={"Variables": {"PYTHONPATH": below, "OLD": longer}}
    )
    assert found(gate)[0] == frozenset({release(1)})


def test_a_function_without_variables_names_no_release(gate: Gate) -> None:
    gate.stack.create_function("def handler(*_): pass")
    assert found(gate) == (frozenset(), [])


def test_what_may_not_be_read_removes_nothing(functions: Gate) -> None:
    functions.proxy.fault("ListFunctions", refuses("AccessDeniedException", 403, "not authorized"))
    in_use, warned = found(functions)
    assert in_use is None
    assert len(warned) == 1
    assert warned[0].startswith("no older release is removed, because not every function could be")
    assert "AccessDeniedException" in warned[0]


def test_variables_that_a_key_hides_remove_nothing(functions: Gate) -> None:
    error = {"ErrorCode": "AccessDeniedException", "Message": "KMS key"}

    def hidden(known: dict[str, Any]) -> dict[str, Any]:
        first, *others = known["Functions"]
        return {"Functions": [{**first, "Environment": {"Error": error}}, *others]}

    functions.proxy.fault("ListFunctions", changed(hidden))
    in_use, warned = found(functions)
    assert in_use is None
    assert "reader:$LATEST does not show its environment: AccessDeniedException KMS" in warned[0]


def test_a_lookup_that_is_throttled_is_made_again(functions: Gate) -> None:
    functions.proxy.fault("ListFunctions", refuses("TooManyRequestsException", 429), times=4)
    assert found(functions) == (frozenset(map(release, (1, 2, 3, 4, 5))), [])


def environment_of_the_task(gate: Gate) -> list[str | None]:
    """The two variables as the task saw them."""
    gate.run(f"{ENVIRONMENT.format(keys=KEYS)}; {SUCCEEDS}", keep_releases=3, stack=NAME)
    values: list[str | None] = json.loads(gate.stack.lines()[0])
    return values


def test_the_task_gets_how_many_to_keep_and_which_are_in_use(functions: Gate) -> None:
    in_use = " ".join(map(release, (1, 2, 3, 4, 5)))
    assert environment_of_the_task(functions) == ["3", in_use]


def test_before_the_first_function_none_is_in_use(gate: Gate) -> None:
    assert environment_of_the_task(gate) == ["3", ""]


def test_a_task_gets_nothing_when_the_lookup_failed(functions: Gate) -> None:
    functions.proxy.fault("ListFunctions", refuses("AccessDeniedException", 403))
    assert environment_of_the_task(functions) == [None, None]
    assert functions.lines_with("populate: no older release is removed") == 1


def test_more_releases_than_fit_are_not_named(
    functions: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = {"RELEASE_PATH": ":".join(f"/mnt/shared/releases/{release(n)}" for n in range(99))}
    functions.stack.lambda_.update_function_configuration(
        FunctionName="reader",
        Environment={"Variables": many},
        FileSystemConfigs=mounts(functions),
    )
    monkeypatch.setattr("components.gates.task.request._MAX_OVERRIDES", 99 * 17)
    assert environment_of_the_task(functions) == [None, None]
    assert functions.lines_with("more of them are in use than RunTask's") == 1


def test_a_run_that_keeps_all_looks_for_nothing(functions: Gate) -> None:
    functions.run(SUCCEEDS)
    assert functions.proxy.count("ListFunctions") == 0
    (run,) = (asked for name, asked in functions.proxy.asked if name == "RunTask")
    assert "overrides" not in run


def test_a_run_that_keeps_all_says_for_which_stack_it_asks(gate: Gate) -> None:
    gate.run(f"{ENVIRONMENT.format(keys=['RELEASE_OWNER', *KEYS])}; {SUCCEEDS}", stack=NAME)
    owner, *others = json.loads(gate.stack.lines()[0])
    assert re.fullmatch(r"stack-team-efs-inference-dev-libraries-[0-9a-f]{16}", owner)
    assert others == [None, None]
    assert gate.proxy.count("ListFunctions") == 0


def test_a_run_for_no_stack_removes_nothing(functions: Gate) -> None:
    functions.run(SUCCEEDS, keep_releases=3)
    assert functions.proxy.count("ListFunctions") == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account_id", "210987654321"),
        ("region", "eu-north-1"),
        ("access_point_arn", "arn:aws:elasticfilesystem:us-east-1:1:access-point/fsap-1"),
        ("stack", NAME + "-2"),
        ("stack", NAME.replace("team", "team-efs").replace("efs-inference", "inference", 1)),
    ],
)
def test_who_would_have_to_ask_other_functions_is_another_owner(
    gate: Gate, field: str, value: str
) -> None:
    values = gate.values(SUCCEEDS, stack=NAME)
    owner = TaskRunSpec(**values).owner
    assert TaskRunSpec(**values | {field: value}).owner != owner
    assert TaskRunSpec(**values).owner == owner


def test_a_long_or_odd_name_makes_an_owner_that_the_installer_takes(gate: Gate) -> None:
    for name in ("x" * 300, "..", "ä/b c", "-"):
        owner = TaskRunSpec(**gate.values(SUCCEEDS, stack=name)).owner
        assert housekeeping.owner({layout.OWNER: owner}) == owner
