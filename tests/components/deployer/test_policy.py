"""The deployer's policies: a row for each type, actions that IAM knows, and nothing too wide."""

from __future__ import annotations

import ast
import dataclasses
import io
import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from components.deployer import (
    OPERATIONS,
    ROWS,
    STEPS,
    WITHOUT_RESOURCES,
    Place,
    Right,
    UnknownTypeError,
    Used,
    documents,
    rights,
    size,
)
from components.deployer.__main__ import main as of_the_package
from components.deployer.__main__ import used as of_plan
from components.deployer.calls import parsed
from components.deployer.gates import PLANNING
from local.project import Project
from tools.deployer_policy import main, plan

ROOT = Path(__file__).parents[3]
ACCOUNT = "111122223333"
HERE = Place(account=ACCOUNT, region="us-east-1")
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0123"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bound"
REFERENCE = json.loads((ROOT / "policies/reading/reference/iam_actions.json").read_text())["table"]
# What a stack may be configured to be; each has types that another has not.
STACKS = [
    {"alarms": "own", "egress": "nat"},
    {
        "reservedConcurrency": "10",
        "provisionedConcurrency": "2",
        "backup": "true",
        "provisionedConcurrencyMaximum": "4",
        "functionUrl": "iam",
        "layers": f'["arn:aws:lambda:us-east-1:{ACCOUNT}:layer:x:1"]',
    },
    {"permissionsBoundary": BOUNDARY, "iamPath": "/inference/", "kmsKeyArn": KEY},
]


def registered() -> Iterator[str]:
    """The type of each resource that the components make: `aws.efs.FileSystem(` and the gates'."""
    for path in (ROOT / "components").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("aws."):
                _, *module, name = ast.unparse(node.func).split(".")
                if module and name[0].isupper() and not name.endswith("Args"):
                    yield f"aws:{module[0].rstrip('_')}/{name[0].lower()}{name[1:]}:{name}"
            if isinstance(node, ast.ClassDef) and {k.arg for k in node.keywords} >= {"module"}:
                words = {k.arg: ast.literal_eval(k.value) for k in node.keywords}
                yield f"{words['module']}:{words['name']}"


def used(**config: str) -> list[Used]:
    """The resources of the stack `prod` with these values."""
    return plan(Project.load(ROOT, "prod", config), ACCOUNT)


@pytest.fixture(scope="module", params=STACKS, ids=lambda given: ",".join(given))
def stack(request: pytest.FixtureRequest) -> list[Used]:
    values = dict(request.param)
    if values.get("egress") != "nat":
        values["egress"] = "public-ip"
    return used(**values)


def every() -> Iterator[tuple[str, str]]:
    """Each action of the table, with its row's type."""
    for kind, row in {**ROWS, "every stack": PLANNING}.items():
        given = dict.fromkeys(row.given, "given")
        yield from ((action, kind) for action, _ in row.actions(STEPS, given))


def test_every_type_that_the_program_makes_has_a_row() -> None:
    made = set(registered())
    assert {"aws:efs/fileSystem:FileSystem", "efs-inference:PopulatorRun"} <= made
    assert len(made) > 30
    assert made - set(ROWS) == set()


def test_every_action_is_one_of_iam_and_those_without_resources_are_known() -> None:
    kinds: dict[str, str] = {}
    for service, (having, without) in REFERENCE.items():
        kinds |= {f"{service}:{name}": "some" for name in having.split()}
        kinds |= {f"{service}:{name}": "none" for name in without.split()}
    found = {action for action, _ in every()}
    assert {action for action in found if action.lower() not in kinds} == set()
    assert {a for a in found if kinds[a.lower()] == "none"} == WITHOUT_RESOURCES & found
    # What else stands there has no row, or nobody would notice that it is not needed.
    assert WITHOUT_RESOURCES - found == set()


def test_every_action_has_a_source() -> None:
    for kind, row in ROWS.items():
        for step in STEPS:
            if list(parsed(getattr(row, step))):
                assert row.url.startswith("https://") or (ROOT / row.source).is_file(), kind
        if row.also or row.given:
            assert (row.because or row.url).startswith("https://"), kind


def allowed(found: list[Right]) -> dict[str, set[str]]:
    """By action what it is allowed on."""
    by_action: dict[str, set[str]] = {}
    for right in found:
        by_action.setdefault(right.action, set()).update(right.arns)
    return by_action


def test_nothing_is_allowed_on_everything_that_has_resources(stack: list[Used]) -> None:
    for name in OPERATIONS:
        for right in rights(stack, name, HERE):
            if right.action in WITHOUT_RESOURCES:
                assert right.arns == ("*",)
            elif right.action == "ecs:ListTasks":
                assert json.loads(right.condition)["ArnLike"]["ecs:cluster"].endswith(
                    ":cluster/populator-*"
                )
            else:
                for arn in right.arns:
                    _, _, service, region, account, resource = arn.split(":", 5)
                    assert account == ACCOUNT or service == "s3", arn
                    assert region or service in {"iam", "s3", "cloudwatch"}, arn
                    assert resource.strip("*/") or service == "ec2", arn


def test_only_the_stacks_own_roles_are_passed_and_each_to_its_service(stack: list[Used]) -> None:
    passed = [r for r in rights(stack, "up", HERE) if r.action == "iam:PassRole"]
    path = next(o.inputs.get("path", "/") for o in stack if o.type == "aws:iam/role:Role")
    roles = f"arn:aws:iam::{ACCOUNT}:role{path}"
    assert {
        (right.arns, json.loads(right.condition)["StringEquals"]["iam:PassedToService"])
        for right in passed
    } == {
        ((f"{roles}inference-*",), "lambda.amazonaws.com"),
        ((f"{roles}populator-execution-*",), "ecs-tasks.amazonaws.com"),
        ((f"{roles}populator-task-*",), "ecs-tasks.amazonaws.com"),
    }
    for name in ("preview", "refresh", "destroy"):
        assert not [r for r in rights(stack, name, HERE) if r.action.startswith("iam:Pass")]


def test_roles_are_made_within_the_boundary_and_keys_used_where_the_stack_has_them() -> None:
    bounded = used(permissionsBoundary=BOUNDARY, kmsKeyArn=KEY, egress="public-ip")
    up = rights(bounded, "up", HERE)
    for action in ("iam:CreateRole", "iam:PutRolePermissionsBoundary"):
        conditions = {r.condition for r in up if r.action == action}
        assert conditions == {json.dumps({"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}})}
    # No way out of it.
    assert "iam:DeleteRolePermissionsBoundary" not in allowed(up)
    assert KEY in allowed(up)["kms:GenerateDataKey*"]


def test_a_preview_and_a_destroy_get_only_a_part(stack: list[Used]) -> None:
    whole = allowed(rights(stack, "up", HERE))
    for name in ("preview", "refresh", "destroy"):
        part = allowed(rights(stack, name, HERE))
        assert all(arns <= whole[action] for action, arns in part.items())
    words = ("Create", "Put", "Delete", "Run", "Update", "Pass", "Modify")
    for name in ("preview", "refresh"):
        changing = [
            a for a in allowed(rights(stack, name, HERE)) if a.split(":")[1].startswith(words)
        ]
        assert changing == []


def test_a_policy_fits_into_a_managed_one_and_the_parts_are_the_whole(stack: list[Used]) -> None:
    many = [
        dataclasses.replace(one, name=f"{one.name}-{n}", urn=f"{one.urn}-{n}", inputs={})
        for one in stack
        for n in range(20)
        if one.type in ROWS
    ]
    for resources in (stack, [*stack, *many]):
        found = rights(resources, "up", HERE)
        made = documents(found)
        assert max(map(size, made)) <= 6_144
        given: dict[tuple[str, str], set[str]] = {}
        for statement in (one for document in made for one in document["Statement"]):
            for action in statement["Action"]:
                key = action, json.dumps(statement.get("Condition", {}))
                given.setdefault(key, set()).update(statement["Resource"])
        for right in found:
            on = given[right.action, right.condition or "{}"]
            assert on >= {*right.arns} or "*" in on


def test_a_type_without_a_row_is_named() -> None:
    other = Used(type="aws:sqs/queue:Queue", name="q", urn="u", inputs={})
    with pytest.raises(UnknownTypeError, match="aws:sqs/queue:Queue"):
        rights([other], "up", HERE)


def state(one: Used) -> dict[str, Any]:
    """As the CLI shows a resource."""
    return {
        "type": one.type,
        "urn": one.urn,
        "custom": True,
        "inputs": one.inputs,
        "propertyDependencies": one.origins,
    }


def test_a_plan_of_the_cli_gives_the_same_as_the_local_preview(stack: list[Used]) -> None:
    steps = [{"newState": state(one)} for one in stack]
    there = of_plan({"steps": steps})
    assert rights(there, "up", HERE) == rights(stack, "up", HERE)
    exported = {"deployment": {"resources": [step["newState"] for step in steps]}}
    assert of_plan(exported) == there


def test_what_a_plan_of_a_stack_that_is_there_knows_gives_the_same_patterns() -> None:
    def one(kind: str, logical: str, **inputs: Any) -> Used:
        return Used(type=kind, name=logical, urn=f"urn:{logical}", inputs=inputs)

    place = f"arn:aws:ecs:us-east-1:{ACCOUNT}"
    found = rights(
        [
            one("aws:ecs/cluster:Cluster", "populator", name="populator-1a2b3c4"),
            one("aws:ecs/taskDefinition:TaskDefinition", "libraries", family="the-family"),
            one(
                "pulumi-python:dynamic/efs-inference:PopulatorRun",
                "run",
                cluster_arn=f"{place}:cluster/populator-1a2b3c4",
                task_definition_arn=f"{place}:task-definition/the-family:7",
                log_group="/log",
            ),
            one("aws:sns/topicPolicy:TopicPolicy", "p", arn=f"arn:aws:sns:us-east-1:{ACCOUNT}:t"),
        ],
        "up",
        HERE,
    )
    assert allowed(found)["ecs:RunTask"] == {f"{place}:task-definition/the-family:*"}
    assert allowed(found)["ecs:StopTask"] == {f"{place}:task/populator-*/*"}
    assert allowed(found)["sns:SetTopicAttributes"] == {f"arn:aws:sns:us-east-1:{ACCOUNT}:t"}


def test_the_command_writes_a_file_for_each_policy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--stack", "dev", "--account", ACCOUNT]
    assert main([*words, "--write", str(tmp_path / "rights")]) == 0
    written = sorted(path.name for path in (tmp_path / "rights").iterdir())
    assert written == ["destroy-1.json", "preview-1.json", "up-1.json", "up-2.json"]
    assert capsys.readouterr().out.count("\n") == len(written)
    assert main([*words, "--operation", "up", "--sources"]) == 0
    assert "up\tefs" not in (said := capsys.readouterr().out)
    assert any(fnmatchcase(line, "up\tecs:RunTask\t*\t*run.py") for line in said.splitlines())
    assert main(["--stack", "none", "--account", ACCOUNT]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_the_command_of_the_package_takes_a_plan_and_refuses_what_is_none(
    stack: list[Used], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--account", ACCOUNT, "--region", "us-east-1", "--operation", "destroy"]
    plan_of_cli = {"steps": [{"newState": state(one)} for one in stack]}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(plan_of_cli)))
    assert of_the_package(words) == 0
    assert json.loads(capsys.readouterr().out) == {
        "destroy": documents(rights(stack, "destroy", HERE))
    }
    sames = json.dumps({**plan_of_cli, "changeSummary": {"same": 3}})
    wrong = ("error: no stack", "[]", "{}", '{"steps": [{"newState": {"custom": true}}]}', sames)
    for text in wrong:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        assert of_the_package(words) == 2
        assert "Remedy: pipe `pulumi preview --json --show-sames`" in capsys.readouterr().err
    other: dict[str, Any] = {"type": "aws:sqs/queue:Queue", "urn": "a::q", "custom": True}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"steps": [{"newState": other}]})))
    assert of_the_package(words) == 1
    assert "--except" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"steps": [{"newState": other}]})))
    assert of_the_package([*words, "--except", other["type"]]) == 0
    with pytest.raises(SystemExit):
        of_the_package(["--account", "12", "--region", "us-east-1"])
