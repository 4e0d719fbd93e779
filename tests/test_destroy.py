"""What a destroy deletes before what: it goes against the dependencies, children before parents."""

from __future__ import annotations

from tests.policies.programs import Part, Program, program


def outlived_by(whole: Program, part: Part) -> set[str]:
    """The URNs of all that is deleted only after `part`."""
    by_urn = {part.urn: part for part in whole.parts}
    found: set[str] = set()
    pending = [part.urn]
    while pending:
        current = by_urn[pending.pop()]
        later = {*current.dependencies, current.parent} - {""}
        pending.extend(later - found)
        found |= later
    return found


def test_lambda_can_delete_its_network_interfaces_until_the_subnets_are_gone() -> None:
    whole = program(created=True)
    rights = whole["RolePolicy", "inference-interfaces"].urn
    subnets = [part for part in whole.parts if part.type.endswith(":Subnet")]
    assert subnets
    for part in [*subnets, whole["Vpc", "network"], whole["Function", "inference"]]:
        assert rights in outlived_by(whole, part), part.name


def test_the_alias_goes_before_its_version_and_that_before_the_release() -> None:
    whole = program(created=True)
    alias = outlived_by(whole, whole["Alias", "inference-live"])
    for kind, name in (("SmokeInvocation", "inference"), ("Function", "inference")):
        assert whole[kind, name].urn in alias
    assert whole["PopulatorRun", "libraries"].urn in outlived_by(
        whole, whole["Function", "inference"]
    )
