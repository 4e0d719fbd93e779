"""The real program is compliant in every configuration, before and after its creation."""

import functools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.documents.pages import blocks

from ..changes.changes import Break, Change, Changes, ids, target
from ..changes.changes_of_access import CHANGES as ACCESS
from ..changes.changes_of_guardrails import CHANGES as GUARDRAILS
from ..changes.changes_of_parts import CHANGES as PARTS
from ..programs import Program, judge_program, program

ALL = (PARTS, ACCESS, GUARDRAILS)
BREAKS = [(changes, broken) for changes in ALL for broken in changes.breaking]
HARMLESS = [(changes, change) for changes in ALL for change in changes.harmless]

CONFIGURATIONS = [
    {"egress": egress, "runtime": runtime, "architecture": architecture}
    for egress in ("public-ip", "nat")
    for runtime in ("python3.11", "python3.12", "python3.13")
    for architecture in ("x86_64", "arm64")
]


@pytest.mark.parametrize("config", CONFIGURATIONS, ids=ids)
def test_the_preview_of_every_configuration_breaks_no_rule(config: dict[str, str]) -> None:
    whole = program(created=False, **config)
    lines = [*judge_program(whole), *judge_program(whole, "guardrails")]
    assert [line for line in lines if line.mandatory] == []


@functools.cache
def stack_file() -> dict[str, str]:
    """The stack file in docs/serving.md that has all of it, as texts."""
    page = Path(__file__).parents[3] / "docs" / "serving.md"
    (text,) = blocks(page, "yaml")
    config = yaml.safe_load(text)["config"]
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()
    }


@pytest.mark.parametrize("created", [False, True], ids=["preview", "created"])
def test_a_stack_with_all_that_production_asks_for_breaks_no_rule(created: bool) -> None:
    whole = program(created=created, **stack_file())
    mounts, guardrails = judge_program(whole), judge_program(whole, "guardrails")
    assert [line for line in (*mounts, *guardrails) if line.mandatory] == []
    assert "function-has-reserved-concurrency" not in {line.policy for line in guardrails}
    kinds = {part.type.rpartition(":")[2] for part in whole.parts}
    assert kinds >= {
        *("BackupPolicy", "FunctionUrl", "MetricAlarm", "Policy", "ProvisionedConcurrencyConfig"),
    }


def test_what_the_preview_leaves_open_is_about_addresses_and_policies_only() -> None:
    doubts = [line.message for line in judge_program(program(created=False))]
    assert doubts
    assert all("public IP" in doubt or doubt.endswith("is unknown.") for doubt in doubts)
    assert all("may Client" in doubt for doubt in doubts if "public IP" not in doubt)


@pytest.mark.parametrize("egress", ["public-ip", "nat"])
def test_the_created_program_leaves_nothing_open(egress: str) -> None:
    assert judge_program(program(created=True, egress=egress)) == []


def test_a_missing_mount_target_is_found_in_preview() -> None:
    whole = program(created=False)
    whole.remove(target(whole))
    lines = judge_program(whole)
    assert [line for line in lines if line.mandatory] == []
    assert any(
        line.message.startswith(
            "not judged before creation: whether file system 'store' has a mount target in the "
            "zone of subnet"
        )
        for line in lines
    )


def a_nat_gateway_without_internet(p: Program) -> str:
    p.remove(p["Route", "network-public-internet"])
    return "lies in subnet 'network-public-us-east-1a', which has no internet gateway"


def a_private_nat_gateway(p: Program) -> str:
    p["NatGateway", "network-nat-us-east-1a"].props["connectivityType"] = "private"
    return "is a private one"


@pytest.mark.parametrize(
    ("change", "created"),
    [
        (a_nat_gateway_without_internet, True),
        (a_private_nat_gateway, False),
        (a_private_nat_gateway, True),
    ],
)
def test_a_nat_gateway_that_leads_nowhere_is_found(
    change: Callable[[Program], str], created: bool
) -> None:
    whole = program(created=created, egress="nat")
    why = change(whole)
    lines = [line.message for line in judge_program(whole) if line.mandatory]
    assert lines
    assert all(
        f"behind NAT gateway 'network-nat-us-east-1a', which {why}: it cannot" in line
        for line in lines
    )


@pytest.mark.parametrize(("count", "verb"), [(1, "reaches"), (2, "reach")])
def test_one_subnet_reaches_and_two_subnets_reach(count: int, verb: str) -> None:
    whole = program(created=True)
    run = whole["PopulatorRun", "libraries"].props
    run |= {"assign_public_ip": False, "subnet_ids": run["subnet_ids"][:count]}
    [line] = [line.message for line in judge_program(whole) if line.mandatory]
    assert line.count("subnet 'network-public") == count
    assert f"' {verb} the internet through an internet gateway only" in line


@pytest.mark.parametrize(("changes", "broken"), BREAKS, ids=ids)
def test_a_break_of_the_created_program_is_found(changes: Changes, broken: Break) -> None:
    assert changes.said_of(broken.change, created=True) == list(broken.lines)


# In a preview the rest is unknown: policy documents, and where the populate task runs.
@pytest.mark.parametrize(
    ("changes", "broken"), [pair for pair in BREAKS if not pair[1].only_created], ids=ids
)
def test_a_break_of_a_preview_is_found(changes: Changes, broken: Break) -> None:
    more = changes.said_of(broken.change, created=False, egress="nat")
    expected = {line.policy for line in broken.lines if line.mandatory and not broken.absent}
    assert {line.policy for line in more if line.mandatory} == expected
    assert more


@pytest.mark.parametrize(("changes", "change"), HARMLESS, ids=ids)
def test_there_is_no_false_alarm_for(changes: Changes, change: Change) -> None:
    assert changes.said_of(change, created=True) == []
