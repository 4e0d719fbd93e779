"""The real program is compliant in every configuration, before and after its creation."""

import pytest

from .changes import ids, target
from .conftest import Program, judge_program, program

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


def test_what_the_preview_leaves_open_is_about_addresses_and_policies_only() -> None:
    doubts = [line.message for line in judge_program(program(created=False))]
    assert doubts
    assert all("public IP" in doubt or doubt.endswith("is unknown.") for doubt in doubts)
    assert all("may Client" in doubt for doubt in doubts if "public IP" not in doubt)


@pytest.mark.parametrize("egress", ["public-ip", "nat"])
def test_the_created_program_leaves_nothing_open(egress: str) -> None:
    assert judge_program(program(created=True, egress=egress)) == []


def a_zone_of_the_function_without_mount_target(p: Program) -> None:
    p.remove(target(p))


def test_a_missing_mount_target_is_found_in_preview() -> None:
    whole = program(created=False)
    a_zone_of_the_function_without_mount_target(whole)
    [line] = [line for line in judge_program(whole) if line.mandatory]
    assert line.message.startswith(
        "function 'inference' runs in subnet 'network-private-us-east-1b' in zone us-east-1b, but "
    )
