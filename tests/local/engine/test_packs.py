"""Policy packs in their real process: what they see, what they say, and that they end."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.engine import PackError, Result, Verdict, find_packs, judge
from tests.processes import living

from ..programs import preview, project, write_pack

PROGRAM = """
    import pulumi, pulumi_aws as aws
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=pulumi.ResourceOptions(protect=True))
    aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
    aws.iam.Role("role", assume_role_policy="{}", description=pulumi.Output.secret("hidden"))
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("planned")
    return preview(project(folder, PROGRAM, config="a: {type: integer, default: 7}"))


def verdict(planned: Result, root: Path, rules: str) -> Verdict:
    write_pack(root, rules)
    return judge(find_packs(root), planned)


STACK = """
    def rule(args, report):
        resources = {{r.name: r for r in args.resources}}
        {}
    POLICIES = [StackValidationPolicy("rule", "Rule.", rule)]
"""
RESOURCE = """
    def rule(args, report):
        if args.name == {!r}:
            {}
    POLICIES = [ResourceValidationPolicy("rule", "Rule.", rule{})]
"""


def test_a_resource_policy_sees_the_inputs(planned: Result, tmp_path: Path) -> None:
    rules = RESOURCE.format("vpc", "report(str(sorted(args.props)) + str(args.opts.protect))", "")
    (finding,) = verdict(planned, tmp_path, rules).findings
    assert finding.message == "Rule.\n['cidrBlock']True"
    assert finding.urn.endswith("::vpc")


def test_a_stack_policy_sees_what_an_unknown_value_comes_from(
    planned: Result, tmp_path: Path
) -> None:
    look = "report(resources['subnet'].property_dependencies['vpcId'][0].name)"
    (finding,) = verdict(planned, tmp_path, STACK.format(look)).findings
    assert finding.message == "Rule.\nvpc"


def test_a_stack_policy_sees_parents_and_dependencies(planned: Result, tmp_path: Path) -> None:
    look = (
        "report(resources['vpc'].parent.resource_type + resources['subnet'].dependencies[0].name)"
    )
    (finding,) = verdict(planned, tmp_path, STACK.format(look)).findings
    assert finding.message == "Rule.\npulumi:pulumi:Stackvpc"


def test_an_unknown_value_in_a_preview_raises_in_the_policy(
    planned: Result, tmp_path: Path
) -> None:
    rules = RESOURCE.format("subnet", "args.props['vpcId']", "")
    (finding,) = verdict(planned, tmp_path, rules).findings
    assert not finding.mandatory
    assert finding.message.startswith("can't run policy 'rule'")


def test_a_secret_is_readable_for_a_policy(planned: Result, tmp_path: Path) -> None:
    rules = RESOURCE.format("role", "report(args.props['description'])", "")
    (finding,) = verdict(planned, tmp_path, rules).findings
    assert finding.message == "Rule.\nhidden"


def test_a_policy_reads_the_configuration_of_the_stack(planned: Result, tmp_path: Path) -> None:
    look = "import pulumi; report(pulumi.Config('small').get('a'))"
    (finding,) = verdict(planned, tmp_path, STACK.format(look)).findings
    assert finding.message == "Rule.\n7"


def test_settings_of_a_policy_have_their_defaults(planned: Result, tmp_path: Path) -> None:
    rules = RESOURCE.format(
        "vpc",
        "report(str(args.get_config()))",
        ", config_schema=PolicyConfigSchema({'size': {'type': 'string', 'default': 'large'}})",
    )
    (finding,) = verdict(planned, tmp_path, rules).findings
    assert finding.message == "Rule.\n{'size': 'large'}"


def test_the_level_of_a_policy_wins_over_that_of_its_pack(planned: Result, tmp_path: Path) -> None:
    rules = """
        def rule(args, report):
            report("no")
        POLICIES = [
            StackValidationPolicy("a", "A.", rule),
            StackValidationPolicy("b", "B.", rule, enforcement_level=EnforcementLevel.ADVISORY),
            StackValidationPolicy("c", "C.", rule, enforcement_level=EnforcementLevel.DISABLED),
        ]
    """
    said = verdict(planned, tmp_path, rules)
    assert [(f.policy, f.mandatory) for f in said.findings] == [("a", True), ("b", False)]
    assert said.packs == {"rules": 2}


SHOWS_SETTING = """
    def rule(args, report):
        report(str(args.get_config()))
    schema = PolicyConfigSchema({"days": {"type": "integer", "default": 30}})
    POLICIES = [StackValidationPolicy("rule", "Rule.", rule, config_schema=schema)]
"""


@pytest.mark.parametrize(
    ("config", "mandatory", "days"),
    [
        ('{"rule": "advisory"}', False, 30),
        ('{"all": "advisory"}', False, 30),
        ('{"all": "advisory", "rule": {"days": 7}}', True, 7),
        ('{"rule": {"enforcementLevel": "advisory", "days": 7}}', False, 7),
    ],
)
def test_a_file_named_by_the_stack_sets_levels_and_settings(
    planned: Result, tmp_path: Path, config: str, mandatory: bool, days: int
) -> None:
    write_pack(tmp_path, SHOWS_SETTING)
    (tmp_path / "policies" / "rules" / "dev.json").write_text(config)
    (finding,) = judge(find_packs(tmp_path), planned).findings
    assert finding.mandatory is mandatory
    assert f"'days': {days}" in finding.message


def test_a_file_named_by_the_stack_can_disable_a_policy(planned: Result, tmp_path: Path) -> None:
    write_pack(tmp_path, SHOWS_SETTING)
    (tmp_path / "policies" / "rules" / "dev.json").write_text('{"rule": "disabled"}')
    judged = judge(find_packs(tmp_path), planned)
    assert judged.findings == ()
    assert judged.packs == {"rules": 0}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ('{"rul": "advisory"}', "names rul, which is none of the pack's policies"),
        ('{"rule": "strict"}', "the levels are advisory, mandatory, remediate, disabled"),
        ("[]", "is no JSON object of policies"),
        ("{", "is no JSON object of policies"),
    ],
)
def test_a_wrong_configuration_of_a_pack_is_an_error_that_names_the_file(
    planned: Result, tmp_path: Path, config: str, words: str
) -> None:
    write_pack(tmp_path, SHOWS_SETTING)
    (tmp_path / "policies" / "rules" / "dev.json").write_text(config)
    with pytest.raises(PackError, match=words) as caught:
        judge(find_packs(tmp_path), planned)
    assert "dev.json" in str(caught.value)


def test_a_pack_that_does_not_start_is_an_error_with_what_it_wrote(
    planned: Result, tmp_path: Path
) -> None:
    with pytest.raises(PackError, match="NameError: name 'nowhere' is not defined"):
        verdict(planned, tmp_path, "nowhere")


def test_a_pack_that_fails_is_an_error_that_names_it(planned: Result, tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"policies/rules failed: .*division by zero"):
        verdict(planned, tmp_path, STACK.format("1 / 0"))


def test_no_process_of_a_pack_is_left(planned: Result, tmp_path: Path) -> None:
    verdict(planned, tmp_path, STACK.format("pass"))
    assert living(str(tmp_path)) == []


def test_a_project_without_packs_has_a_verdict_without_packs(
    planned: Result, tmp_path: Path
) -> None:
    assert judge(find_packs(tmp_path), planned) == Verdict(findings=(), packs={})
