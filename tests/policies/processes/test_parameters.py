"""Levels and parameters, as `--policy-pack-config` sets them."""

import json
from pathlib import Path
from typing import Any

import pytest

from policies.guardrails.pack import POLICIES as GUARDRAILS
from policies.mounts.pack import POLICIES as MOUNTS
from policies.reading.graph import Stack
from policies.reading.sources import from_request

from ..programs import ROOT, Program, judge_program, program

PACKS = {"mounts": MOUNTS, "guardrails": GUARDRAILS}
EXAMPLES = sorted((ROOT / "policies").glob("*/*.json"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_example_names_policies_and_parameters_that_are_there(example: Path) -> None:
    schemas = {policy.name: policy.config_schema for policy in PACKS[example.parent.name]}
    for name, given in json.loads(example.read_text(encoding="utf-8")).items():
        assert name == "all" or name in schemas
        for parameter in given if isinstance(given, dict) else ():
            schema: Any = schemas[name]
            assert parameter == "enforcementLevel" or parameter in schema.properties


def test_there_are_examples_for_dev_and_prod() -> None:
    assert {f"{path.parent.name}/{path.stem}" for path in EXAMPLES} == {
        f"{pack}/{stack}" for pack in PACKS for stack in ("dev", "prod")
    }


def policies(whole: Program, **config: dict[str, Any]) -> set[str]:
    given = {name.replace("_", "-"): parameters for name, parameters in config.items()}
    lines = judge_program(whole, "guardrails", given)
    return {line.policy for line in lines if line.mandatory}


@pytest.mark.parametrize(
    ("policy", "parameters"),
    [
        ("file-system-is-encrypted", {"customerManagedKey": True}),
        ("log-group-has-retention", {"maximumDays": 7}),
        ("function-has-time-and-memory-to-import", {"minimumTimeoutSeconds": 900}),
        ("function-has-time-and-memory-to-import", {"minimumMemoryMb": 10240}),
        ("runtime-is-supported", {"today": "2027-07-01"}),
        ("runtime-is-supported", {"today": "2027-06-01", "minimumDaysLeft": 90}),
    ],
)
def test_a_parameter_makes_a_rule_stricter(policy: str, parameters: dict[str, Any]) -> None:
    whole = program(created=True)
    assert policies(whole) == set()
    assert policies(whole, **{policy.replace("-", "_"): parameters}) == {policy}


def test_a_runtime_is_supported_until_its_last_day() -> None:
    whole = program(created=True)
    assert policies(whole, runtime_is_supported={"today": "2027-06-29"}) == set()


def test_a_port_can_be_open_to_the_internet() -> None:
    whole = program(created=True)
    rule = whole["SecurityGroupIngressRule", "network-mount-targets-from-function"]
    rule.props |= {"cidrIpv4": "0.0.0.0/0", "fromPort": 443, "toPort": 443}
    assert policies(whole) == set()
    assert policies(whole, no_ingress_from_anywhere={"allowedPorts": []}) == {
        "no-ingress-from-anywhere"
    }


def test_a_resource_can_be_exempt_by_name() -> None:
    whole = program(created=True)
    whole["FileSystem", "store"].props["encrypted"] = False
    assert policies(whole, file_system_is_encrypted={"exempt": ["stor*"]}) == set()


def test_parameters_of_a_wrong_kind_make_no_rule_fail() -> None:
    whole = program(created=True)
    junk = {"exempt": 3, "allowedPorts": {"x": None}, "maximumDays": "x", "today": [], "a": 1}
    config = {policy.name: junk for policy in GUARDRAILS}
    assert not [
        line for line in judge_program(whole, "guardrails", config) if "failed with" in line.message
    ]


def test_infinity_and_broken_secrets_are_read() -> None:
    whole = program(created=True)
    whole["Function", "inference"].props |= {
        "timeout": float("inf"),
        "memorySize": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"},
        "layers": {"4dabf18193072939515e22adb298388d": "new in a later version"},
    }
    stack: Stack = from_request(whole.wire())
    assert stack.of_type("aws:lambda/function:Function")
    assert not [line for line in judge_program(whole) if line.mandatory]
