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


def test_what_stops_the_populate_tasks_goes_after_the_run_and_before_what_a_task_holds() -> None:
    whole = program(created=True)
    tasks = whole["PopulateTasks", "libraries"]
    assert tasks.urn in outlived_by(whole, whole["PopulatorRun", "libraries"])
    held = [part for part in whole.parts if part.type.endswith((":Subnet", ":SecurityGroup"))]
    held += [part for part in whole.parts if part.type.endswith((":MountTarget", ":Cluster"))]
    assert len(held) == 4 + 3 + 2 + 1
    for part in held:
        assert part.urn in outlived_by(whole, tasks), part.name
        assert tasks.urn not in outlived_by(whole, part), part.name


def test_old_versions_go_after_the_alias_has_moved_and_before_the_subnets_that_they_hold() -> None:
    """What an update removes Pulumi deletes in its end, after all that it creates or updates."""
    whole = program(created=True)
    retained = outlived_by(whole, whole["RetainedVersions", "inference"])
    assert whole["Alias", "inference-live"].urn in retained
    for part in whole.parts:
        if part.type.endswith((":Subnet", ":SecurityGroup")):
            assert part.urn in retained, part.name


def test_no_function_swaps_its_security_groups_when_it_goes() -> None:
    """That changes $LATEST alone, and is one more update that can fail."""
    function = program(created=True)["Function", "inference"]
    assert not {name for name in function.props if "replacement" in name.lower()}
    assert "replaceSecurityGroupsOnDestroy" not in function.props
