"""The pack as Pulumi runs it: a process of its own, asked over gRPC."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty  # type: ignore[attr-defined]
from pulumi.runtime.proto import analyzer_pb2
from pulumi.runtime.rpc import UNKNOWN

from local.engine import Pack
from policies.mounts.pack import POLICIES, RULES
from policies.reading.pack import policies_of

from ..programs import judged_by
from ..wire import Program, said

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
def test_the_process_says_what_the_rules_say(analyzer: Any, stack: Program, path: str) -> None:
    stack["inference"].props["fileSystemConfig"]["localMountPath"] = path
    assert said(analyzer.AnalyzeStack(stack.wire(), timeout=10)) == judged_by(POLICIES, stack)


def test_what_is_not_judged_can_be_made_to_block_by_configuration(
    analyzer: Any, stack: Program
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


def test_a_secret_path_is_judged_and_only_the_path_is_shown(analyzer: Any, stack: Program) -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    value = {"RELEASE_PATH": "token=hush /mnt/models/x"}
    stack["inference"].props["environment"]["variables"] = {**secret, "value": value}
    lines = said(analyzer.AnalyzeStack(stack.wire(), timeout=10))
    assert any("/mnt/models/x" in line.message for line in lines)
    assert not any("hush" in line.message for line in lines)


def test_a_defect_of_a_rule_is_one_line_and_no_stack_trace(stack: Program) -> None:
    def broken(_subject: Any, _parameters: Any) -> Any:
        raise KeyError("mountPoints")

    rule = replace(RULES[0], judge=broken)
    lines = judged_by(policies_of([rule], looked_for="a function"), stack)
    assert [line.policy for line in lines] == ["not-judged"]
    assert lines[0].message.startswith(
        "not judged: rule one-access-point-one-path failed with KeyError: 'mountPoints'."
    )
