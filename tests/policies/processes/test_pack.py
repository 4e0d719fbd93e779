"""The pack as Pulumi runs it: a process of its own, asked over gRPC."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty  # type: ignore[attr-defined]
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import analyzer_pb2
from pulumi.runtime.rpc import UNKNOWN
from pulumi_policy import PolicyResource

from local.engine import Pack
from policies.mounts.pack import POLICIES, RULES
from policies.reading.pack import findings, policies_of
from policies.reading.sources import from_sdk

from ..conftest import (
    ACCESS_POINT,
    FUNCTION,
    TASK_DEFINITION,
    Graph,
    Node,
    compliant_stack,
    judge_with,
    said,
)

PACK = Path(__file__).resolve().parents[3] / "policies" / "mounts"


@pytest.fixture(scope="module")
def analyzer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    # A copy: with `reading` in it the pack needs nothing but its own folder, whatever its name.
    folder = tmp_path_factory.mktemp("packs") / "published-1.0"
    shutil.copytree(PACK, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PACK.parent / "reading", folder / "reading")
    with Pack.start(folder) as pack:
        yield pack.stub


def test_the_pack_says_who_it_is_and_how_hard_each_policy_is(analyzer: Any) -> None:
    info = analyzer.GetAnalyzerInfo(Empty(), timeout=10)
    levels = {policy.name: policy.enforcementLevel for policy in info.policies}
    assert info.name == "efs-inference-mounts"
    assert levels == {
        **{rule.name: analyzer_pb2.MANDATORY for rule in RULES},
        "not-judged-before-creation": analyzer_pb2.ADVISORY,
        "not-judged": analyzer_pb2.ADVISORY,
        "nothing-judged": analyzer_pb2.ADVISORY,
    }


@pytest.mark.parametrize("path", ["/mnt/efs", "/mnt/models", UNKNOWN])
def test_the_process_says_what_the_rules_say(analyzer: Any, stack: Graph, path: str) -> None:
    stack["inference"].props["fileSystemConfig"]["localMountPath"] = path
    assert said(analyzer.AnalyzeStack(stack.wire(), timeout=10)) == judge_with(POLICIES)(stack)


def test_what_is_not_judged_can_be_made_to_block_by_configuration(
    analyzer: Any, stack: Graph
) -> None:
    stack["inference"].props["fileSystemConfig"] = UNKNOWN
    try:
        configuration = analyzer_pb2.ConfigureAnalyzerRequest()
        configuration.policyConfig[
            "not-judged-before-creation"
        ].enforcementLevel = analyzer_pb2.MANDATORY
        analyzer.Configure(configuration, timeout=10)
        lines = said(analyzer.AnalyzeStack(stack.wire(), timeout=10))
    finally:
        analyzer.Configure(analyzer_pb2.ConfigureAnalyzerRequest(), timeout=10)
    assert ("not-judged-before-creation", True) in {(line.policy, line.mandatory) for line in lines}


def test_a_secret_path_is_judged_and_only_the_path_is_shown(analyzer: Any, stack: Graph) -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    value = {"RELEASE_PATH": "token=hush /mnt/models/x"}
    stack["inference"].props["environment"]["variables"] = {**secret, "value": value}
    lines = said(analyzer.AnalyzeStack(stack.wire(), timeout=10))
    assert any("/mnt/models/x" in line.message for line in lines)
    assert not any("hush" in line.message for line in lines)


def test_a_defect_of_a_rule_is_one_line_and_no_stack_trace(
    stack: Graph,
) -> None:
    def broken(_subject: Any, _parameters: Any) -> Any:
        raise KeyError("mountPoints")

    rule = replace(RULES[0], judge=broken)
    lines = judge_with(policies_of([rule], looked_for="a function"))(stack)
    assert [line.policy for line in lines] == ["not-judged"]
    assert lines[0].message.startswith(
        "not judged: rule one-access-point-one-path failed with KeyError: 'mountPoints'."
    )


_WORDS = st.sampled_from(
    ["", "efs", "/mnt/efs", "/mnt/x:/mnt/y", UNKNOWN, f"a{UNKNOWN}", "[]", '[{"name":1}]', "fsap-0"]
)
_KEYS = st.sampled_from(
    [
        "arn",
        "localMountPath",
        "name",
        "mountPoints",
        "sourceVolume",
        "containerPath",
        "environment",
        "variables",
        "command",
        "entryPoint",
        "efsVolumeConfiguration",
        "authorizationConfig",
        "accessPointId",
        "value",
        "volumesFrom",
        "sourceContainer",
        "linuxParameters",
        "tmpfs",
        "__target",
    ]
)
_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | _WORDS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)
_PROPS = {
    FUNCTION: ["fileSystemConfig", "environment", "imageConfig"],
    TASK_DEFINITION: ["volumes", "containerDefinitions"],
    ACCESS_POINT: ["id", "arn"],
}


@st.composite
def _graphs(draw: st.DrawFn) -> Graph:
    types = draw(st.lists(st.sampled_from(sorted(_PROPS)), max_size=6))
    graph = Graph()
    for number, kind in enumerate(types):
        names = draw(st.lists(st.sampled_from(_PROPS[kind]), unique=True))
        earlier = sorted(graph.nodes)
        origins = {
            name: draw(st.lists(st.sampled_from(earlier), unique=True)) for name in names if earlier
        }
        props = {name: draw(_JUNK) for name in names}
        graph.add(Node(kind, f"r{number}", props, origins))
    return graph


def quiet_failures(graph: Graph) -> list[str]:
    """Lines that tell of an exception in a rule."""
    lines = judge_with(POLICIES)(graph)
    return [line.message for line in lines if re.search("failed with|can't run", line.message)]


@settings(max_examples=60, database=None, deadline=None)
@given(_graphs())
def test_no_junk_in_a_stack_makes_a_rule_fail(graph: Graph) -> None:
    assert quiet_failures(graph) == []


def positions(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a tree of objects and lists: (what holds it, key)."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from positions(value[key])


@settings(max_examples=60, database=None, deadline=None)
@given(st.data())
def test_junk_in_one_place_of_the_compliant_stack_makes_no_rule_fail(data: st.DataObject) -> None:
    graph = compliant_stack()
    node = graph[data.draw(st.sampled_from(["populator", "inference", "libraries"]))]
    places = list(positions(node.props))
    holder, key = places[data.draw(st.integers(0, len(places) - 1))]
    holder[key] = data.draw(_JUNK)
    assert quiet_failures(graph) == []


@settings(max_examples=40, database=None, deadline=None)
@given(st.sampled_from(sorted(_PROPS)), _JUNK)
def test_no_properties_of_any_shape_make_a_rule_fail(kind: str, props: Any) -> None:
    names = _PROPS[kind]
    for whole in (props, {names[0]: props}):
        opts: Any = None
        resource = PolicyResource(kind, whole, "urn", "name", opts, None, None, [], {})
        for rule in RULES:
            assert not [
                r for r in findings(rule, from_sdk([resource])).reports if "failed" in r.message
            ]
