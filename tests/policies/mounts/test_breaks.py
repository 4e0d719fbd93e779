"""Any stack: junk never makes a pack fail, and a break of a compliant stack is always found."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi.runtime.rpc import UNKNOWN

from ..changes.changes_of_access import CHANGES as ACCESS
from ..changes.changes_of_guardrails import CHANGES as GUARDRAILS
from ..changes.changes_of_parts import CHANGES as PARTS
from ..programs import Program, judge_program, program

_WORDS = st.sampled_from(
    [
        *("", "*", "/mnt/efs", "/mnt/x:/mnt/y", UNKNOWN, f"a{UNKNOWN}", "[]", "{}", "2049"),
        *('{"Statement":[3,{"Condition":{"Bool":3}}]}', '[{"name":1}]', "efs", "fsap-0"),
    ]
)
_KEYS = st.sampled_from(
    [
        *("arn", "localMountPath", "name", "value", "environment", "variables", "command"),
        *("entryPoint", "mountPoints", "sourceVolume", "containerPath", "volumesFrom"),
        *("sourceContainer", "linuxParameters", "tmpfs", "efsVolumeConfiguration"),
        *("authorizationConfig", "accessPointId", "__target"),
    ]
)
_CONSUMERS = ("Function", "TaskDefinition", "AccessPoint")
_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _WORDS | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | _WORDS, inner, max_size=3),
    max_leaves=8,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


def failures(whole: Program) -> list[str]:
    lines = [*judge_program(whole), *judge_program(whole, "guardrails")]
    return [line.message for line in lines if re.search("failed with|can't run", line.message)]


@settings(max_examples=35, database=None, deadline=None)
@given(st.data())
def test_junk_in_any_place_makes_no_rule_fail(data: st.DataObject) -> None:
    whole = program(created=data.draw(st.booleans()))
    for part in whole.parts:
        if isinstance(text := part.props.get("containerDefinitions"), str) and text != UNKNOWN:
            part.props["containerDefinitions"] = json.loads(text)
    for _ in range(data.draw(st.integers(1, 4))):
        every = [part for part in whole.parts if part.props]
        consumers = [part for part in every if part.type.endswith(_CONSUMERS)]
        part = data.draw(st.sampled_from(consumers) | st.sampled_from(every))
        there = list(places(part.props))
        holder, key = data.draw(st.sampled_from(there)) if there else (part.props, "id")
        holder[key] = data.draw(_JUNK)
    assert failures(whole) == []


@settings(max_examples=15, database=None, deadline=None)
@given(st.data())
def test_junk_for_a_whole_property_makes_no_rule_fail(data: st.DataObject) -> None:
    whole = program(created=True)
    for part in whole.parts:
        if part.props and data.draw(st.integers(0, 5)) == 0:
            part.props[data.draw(st.sampled_from(sorted(part.props)))] = data.draw(_JUNK)
            urns = [other.urn for other in whole.parts]
            part.origins = {name: [data.draw(st.sampled_from(urns))] for name in part.origins}
    assert failures(whole) == []


def anything(data: st.DataObject) -> Program:
    """Resources of the real program's types and properties, put together without any sense."""
    real = program(created=True)
    known = [part for part in real.parts if part.props]
    consumers = [part for part in known if part.type.endswith(_CONSUMERS)]
    values = st.sampled_from([value for part in known for value in part.props.values()]) | _JUNK
    whole = Program()
    for number in range(data.draw(st.integers(0, 12))):
        like = data.draw(st.sampled_from(consumers) | st.sampled_from(known))
        props = data.draw(st.dictionaries(st.sampled_from(sorted(like.props)), values, max_size=6))
        part = whole.add(like.type, f"r{number}", copy.deepcopy(props))
        urns = st.lists(st.sampled_from([other.urn for other in whole.parts]), max_size=2)
        part.parent = data.draw(st.just("") | urns.map("".join))
        part.dependencies = data.draw(urns)
        part.origins = {name: data.draw(urns) for name in props}
    return whole


@settings(
    max_examples=80, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.data())
def test_any_graph_at_all_makes_no_rule_fail(data: st.DataObject) -> None:
    assert failures(anything(data)) == []


def compliant(data: st.DataObject, created: bool) -> Program:
    """The program with further functions and strangers, its resources in any order."""
    egress = data.draw(st.sampled_from(["public-ip", "nat"]))
    whole = program(created=created, egress=egress)
    function = whole["Function", "inference"]
    for number in range(data.draw(st.integers(0, 3))):
        whole.twin(function, f"twin-{number}")
    for number in range(data.draw(st.integers(0, 3))):
        whole.add("aws:s3/bucket:Bucket", f"bucket-{number}", {"tags": {"path": "/mnt/x"}})
    whole.parts = data.draw(st.permutations(whole.parts))
    return whole


@settings(
    max_examples=40, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.data())
def test_any_break_of_any_compliant_stack_is_found(data: st.DataObject) -> None:
    changes = data.draw(st.sampled_from([PARTS, ACCESS, GUARDRAILS]))
    broken = data.draw(st.sampled_from(changes.breaking))
    created = broken.only_created or data.draw(st.booleans())
    whole = compliant(data, created)
    before = judge_program(whole, changes.pack)
    assert [line for line in before if line.mandatory] == []
    broken.change(whole)
    found = judge_program(whole, changes.pack)
    if broken.absent and not created:
        assert [line for line in found if line not in before]
        return
    expected = {line.policy for line in broken.lines if line.mandatory}
    assert {line.policy for line in found if line.mandatory} == expected
