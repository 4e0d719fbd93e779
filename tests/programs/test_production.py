"""A function with all that production asks for, and who calls it: created, judged and called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from components.contract import RUNTIMES
from local import engine
from local.cloud import Cloud
from local.provider import AwsProvider
from tests.documents.pages import blocks
from tests.lambda_src.conftest import Index

from .conftest import ANSWER, ONE, deployed
from .program import ROOT, Program

pytestmark = pytest.mark.whole

PAGE = ROOT / "docs" / "callers.md"
FRONT, PARTNER = "arn:aws:iam::210987654321:role/front", "210987654321"
RULE = "arn:aws:events:us-east-1:123456789012:rule/nightly"
ALL = f"""
failed = aws.sqs.Queue("failed", sqs_managed_sse_enabled=True)
libraries = published("all", new_network("all"), store={{
    "throughput": "provisioned", "provisioned_throughput_mibps": 100, "backup": True,
}})
everything = served(
    "all",
    libraries,
    alias="stable",
    environment={{"THRESHOLD": "0.7"}},
    layers=["arn:aws:lambda:us-east-1:123456789012:layer:certificates:3"],
    concurrency=efs.ConcurrencyArgs(reserved=20, provisioned=2, maximum=10),
    allow={{
        "partner": efs.Caller(principal="{PARTNER}"),
        "schedule": efs.Caller(principal="events.amazonaws.com", source_arn="{RULE}"),
    }},
    url=efs.FunctionUrlArgs(allow={{"front": efs.Caller(principal="{FRONT}")}}),
    tracing=True,
    dead_letter_arn=failed.arn,
)
pulumi.export("alias", everything.alias_arn)
pulumi.export("url", everything.function_url)
role = efs.FunctionRole("documented")
"""


def allowed(alias_arn: str) -> list[tuple[str, Any, Any]]:
    """Action, principal and condition of each statement of the alias's policy."""
    name, alias = alias_arn.split(":")[6:]
    policy = boto3.client("lambda").get_policy(FunctionName=name, Qualifier=alias)["Policy"]
    statements = json.loads(policy)["Statement"]
    assert {each["Resource"] for each in statements} == {alias_arn}
    return sorted(
        (
            (each["Action"], each["Principal"], each.get("Condition", {}).get("ArnLike"))
            for each in statements
        ),
        key=str,
    )


def test_the_newest_runtime_is_planned_and_judged(index: Index, tmp_path: Path) -> None:
    """It is not run: no machine here has its interpreter."""
    newest = list(RUNTIMES)[-1]
    target = f"target = efs.Target(runtime='{newest}')\n"
    text = f"{target}served('new', published('new', new_network('new')))"
    made = Program(tmp_path / "theirs", index, text)
    result = engine.preview(made.project, AwsProvider(made.project.region, cloud=False), made)
    assert result.error is None
    (function,) = result.of_type("aws:lambda/function:Function")
    (task,) = result.of_type("aws:ecs/taskDefinition:TaskDefinition")
    assert function.inputs["runtime"] == newest
    assert RUNTIMES[newest].image in task.inputs["containerDefinitions"]
    verdict = engine.judge(engine.find_packs(ROOT), result)
    assert verdict.mandatory == ()
    assert "runtime-is-supported" not in {finding.policy for finding in verdict.findings}


def test_all_of_it_is_deployed_judged_and_answers_and_so_are_the_documented_callers(
    cloud: Cloud, index: Index, tmp_path: Path
) -> None:
    documented = "\n".join(blocks(PAGE, "python")).replace("import efs_inference as efs\n", "")
    made = deployed(tmp_path, index, f"{ALL}\n{documented}")
    said = {finding.policy for finding in made.judged().findings}
    # The documented function has none; the other one has followed that advice.
    assert said <= {"function-has-reserved-concurrency"}
    lambda_ = boto3.client("lambda")
    answer = lambda_.invoke(FunctionName=made.output("alias"), Payload=json.dumps(ONE))
    assert json.loads(answer["Payload"].read()) == ANSWER

    name = made.output("alias").split(":")[6]
    assert lambda_.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 20
    assert allowed(made.output("alias")) == [
        ("lambda:InvokeFunction", PARTNER, None),
        ("lambda:InvokeFunction", FRONT, None),
        (
            "lambda:InvokeFunction",
            {"Service": "events.amazonaws.com"},
            {"AWS:SourceArn": RULE},
        ),
        ("lambda:InvokeFunctionUrl", FRONT, None),
    ]
    assert made.output("url").startswith("https://")
    scaling = boto3.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"]
    assert (target["ResourceId"], target["MinCapacity"], target["MaxCapacity"]) == (
        f"function:{name}:stable",
        2,
        10,
    )
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="lambda")["ScalingPolicies"]
    assert policy["ResourceId"] == target["ResourceId"]

    alias = made.outputs("StateMachine")["definition"]
    (api,) = boto3.client("apigatewayv2").get_apis()["Items"]
    (route,) = boto3.client("apigatewayv2").get_integrations(ApiId=api["ApiId"])["Items"]
    assert route["IntegrationUri"] in alias
    ((_, service, source),) = allowed(route["IntegrationUri"])
    assert service == {"Service": "apigateway.amazonaws.com"}
    assert source["AWS:SourceArn"].endswith(f":{api['ApiId']}/*/*")
    # What is planned only, and says so.
    assert {what for what in made.not_emulated if "lambda" in what or "efs" in what} == {
        "aws:efs/backupPolicy:BackupPolicy",
        "aws:lambda/function:Function deadLetterConfig",
        "aws:lambda/function:Function layers",
        "aws:lambda/function:Function tracingConfig",
        "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
    }
