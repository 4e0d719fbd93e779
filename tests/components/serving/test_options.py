"""Variables, layers, traces and the dead-letter queue: what is refused, and which rights follow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.errors import ConfigurationError

from ..conftest import Build, Built, Chain

PLACE = "us-east-1:123456789012"
LAYER = f"arn:aws:lambda:{PLACE}:layer:certificates:3"
FAR_LAYER, FAR_QUEUE = (
    f"arn:aws:{what}"
    for what in ("lambda:eu-west-1:123456789012:layer:x:1", "sqs:eu-west-1:123456789012:x")
)
QUEUE, TOPIC = f"arn:aws:sqs:{PLACE}:failed", f"arn:aws:sns:{PLACE}:failed"


def later(value: Any) -> Any:
    return pulumi.Output.from_input(value)


def statements(built: Built) -> list[Mapping[str, Any]]:
    policy = built.of("RolePolicy")["inference"]["policy"]
    found: list[Mapping[str, Any]] = json.loads(policy)["Statement"]
    return found


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"environment": {"AWS_REGION": "x"}}, ["AWS_REGION: Lambda keeps it for itself"]),
    ({"environment": {"_HANDLER": "x"}}, ["_HANDLER: Lambda keeps it for itself"]),
    ({"environment": {"RELEASE_PATH": "/x"}}, ["RELEASE_PATH: the handler finds its releases"]),
    ({"environment": {"ARTIFACTS_PATH": later("/x")}}, ["ARTIFACTS_PATH: the handler finds"]),
    ({"environment": later({"RELEASE_PATH": "/x"})}, ["RELEASE_PATH: the handler finds"]),
    ({"environment": {"a-b": "x", "X": "y"}}, ["a-b: a name is a letter", "X: a name is a letter"]),
    (
        {"layers": [f"{LAYER[:-2]}-{n}:1" for n in range(6)]},
        ["6 layers: a function has at most 5"],
    ),
    ({"alias": "$LATEST"}, ["'$LATEST': it is 1 to 128 letters"]),
    ({"alias": "12"}, ["'12': it is 1 to 128 letters"]),
    ({"environment": {"AB": 3}}, ["AB: a value is a text, and this is of type int"]),
    ({"layers": LAYER}, ["it is a list of ARNs. Remedy: ['arn:"]),
    ({"allow": {"a b": {}}}, ["['a b']: a caller is a Caller", "'a b': the word for a caller"]),
    ({"layers": [LAYER, f"{LAYER}1"]}, ["layer:certificates: Lambda takes one version"]),
    (
        {"environment": {"BIG": "x" * 5000, "_x": "y"}},
        ["_x: a name is a letter", "5019 bytes: Lambda accepts 4096 bytes"],
    ),
    ({"layers": [LAYER.removesuffix(":3")]}, ["certificates': it is the ARN of a version"]),
    ({"layers": [later("x")]}, ["'x': it is the ARN of a version"]),
    ({"layers": later([LAYER, "x"])}, ["'x': it is the ARN of a version"]),
    ({"layers": [LAYER.replace("us-east-1", "eu-west-1")]}, ["own region, us-east-1. Remedy"]),
    ({"dead_letter_arn": f"{QUEUE}.fifo"}, ["standard queues and topics only, to none of FIFO"]),
    ({"dead_letter_arn": "failed"}, ["'failed': it is the ARN of a standard queue"]),
    ({"dead_letter_arn": later("failed")}, ["'failed': it is the ARN of a standard queue"]),
    (
        {
            "dead_letter_arn": QUEUE.replace("us-east-1", "eu-west-1"),
            "layers": [LAYER.replace("us-east-1", "eu-west-1")],
        },
        ["own region, us-east-1. Remedy", "own region, us-east-1. Remedy"],
    ),
    (
        {"environment": {"AWS_REGION": "x"}, "layers": ["x"], "dead_letter_arn": "x"},
        ["AWS_REGION: Lambda", "'x': it is the ARN of a version", "'x': it is the ARN of a stand"],
    ),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_what_lambda_or_the_handler_would_refuse_is_refused_all_at_once(
    build: Build, chain: Chain, given: dict[str, Any], said: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build(replace(chain, function=given))
    found = [str(problem) for problem in caught.value.problems]
    assert all(part in line for line, part in zip(found, said, strict=True)), found
    assert all("Remedy: " in line for line in found)


def test_a_switch_of_the_handler_and_a_wrapper_of_a_layer_may_be_set(
    build: Build, chain: Chain
) -> None:
    given = {"RELEASE_COLD_START": "off", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"}
    built = build(replace(chain, function={"environment": given}))
    assert built.one("Function")["environment"]["variables"].items() >= given.items()


def test_the_role_gets_no_right_that_nothing_needs(built: Built) -> None:
    actions = [action for each in statements(built) for action in each["Action"]]
    assert actions == [
        "elasticfilesystem:ClientMount",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ]
    function = built.one("Function")
    assert {"layers", "tracingConfig", "deadLetterConfig"}.isdisjoint(function)


def test_traces_come_with_the_right_to_send_them(build: Build, chain: Chain) -> None:
    built = build(replace(chain, function={"tracing": True}))
    assert built.one("Function")["tracingConfig"] == {"mode": "Active"}
    assert statements(built)[-1] == {
        "Effect": "Allow",
        "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        "Resource": "*",
    }


@pytest.mark.parametrize(
    ("arn", "action"), [(QUEUE, "sqs:SendMessage"), (TOPIC, "sns:Publish")], ids=["sqs", "sns"]
)
@pytest.mark.parametrize("given", [str, later], ids=["plain", "output"])
def test_a_dead_letter_queue_comes_with_the_right_to_send_to_it_alone(
    build: Build, chain: Chain, given: Any, arn: str, action: str
) -> None:
    built = build(replace(chain, function={"dead_letter_arn": given(arn)}))
    assert built.one("Function")["deadLetterConfig"] == {"targetArn": arn}
    assert statements(built)[-1] == {"Effect": "Allow", "Action": [action], "Resource": arn}


@pytest.mark.parametrize("layers", [[LAYER], [later(LAYER)], later([LAYER])])
def test_layers_may_come_late(build: Build, chain: Chain, layers: Any) -> None:
    assert build(replace(chain, function={"layers": layers})).one("Function")["layers"] == [LAYER]
