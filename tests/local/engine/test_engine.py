"""The engine: previews with genuine unknowns, registrations as the real engine records them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import local.engine as engine
from local.engine import UNKNOWN, Result
from local.project import Project, ProjectError
from local.provider import AwsProvider

from ..programs import Recorder, one, preview, project, write

NESTED = """
    import pulumi, pulumi_aws as aws

    class Inner(pulumi.ComponentResource):
        def __init__(self, name, opts):
            super().__init__("small:index:Inner", name, {}, opts)
            self.role = aws.iam.Role("role", assume_role_policy="{}", opts=pulumi.ResourceOptions(
                parent=self, protect=True))
            self.register_outputs({"arn": self.role.arn})

    class Outer(pulumi.ComponentResource):
        def __init__(self, name):
            super().__init__("small:index:Outer", name, {}, None)
            self.inner = Inner("inner", pulumi.ResourceOptions(parent=self))
            self.register_outputs({})

    outer = Outer("outer")
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
    aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24",
                   opts=pulumi.ResourceOptions(depends_on=[outer]))
    pulumi.export("role", outer.inner.role.arn)
    pulumi.export("block", vpc.cidr_block)
"""


@pytest.fixture(scope="module")
def nested(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return preview(project(tmp_path_factory.mktemp("nested"), NESTED))


def test_a_urn_carries_the_types_of_all_ancestors(nested: Result) -> None:
    assert one(nested, "role").urn == (
        "urn:pulumi:dev::small::small:index:Outer$small:index:Inner$aws:iam/role:Role::role"
    )


def test_a_resource_without_parent_has_the_stack_as_parent_but_not_in_its_urn(
    nested: Result,
) -> None:
    vpc = one(nested, "vpc")
    assert (vpc.urn, vpc.parent) == (
        "urn:pulumi:dev::small::aws:ec2/vpc:Vpc::vpc",
        "urn:pulumi:dev::small::pulumi:pulumi:Stack::small-dev",
    )


def test_an_id_is_unknown_in_a_preview_and_names_where_it_comes_from(nested: Result) -> None:
    subnet = one(nested, "subnet")
    assert subnet.inputs["vpcId"] == UNKNOWN
    assert subnet.property_dependencies["vpcId"] == (one(nested, "vpc").urn,)


def test_a_dependency_on_a_component_is_one_on_its_resources(nested: Result) -> None:
    assert one(nested, "role").urn in one(nested, "subnet").dependencies


def test_outputs_of_a_preview_are_the_inputs_and_unknowns(nested: Result) -> None:
    outputs = one(nested, "vpc").outputs
    assert outputs["cidrBlock"] == "10.0.0.0/16"
    assert {name for name, value in outputs.items() if value == UNKNOWN} == {
        "id",
        "arn",
        "ownerId",
        "mainRouteTableId",
        "defaultSecurityGroupId",
    }


def test_a_component_has_the_outputs_that_it_registers(nested: Result) -> None:
    assert one(nested, "inner").outputs == {"arn": UNKNOWN}


def test_exports_are_the_outputs_of_the_result(nested: Result) -> None:
    assert nested.outputs == {"role": UNKNOWN, "block": "10.0.0.0/16"}


def test_protection_is_recorded(nested: Result) -> None:
    assert [r.name for r in nested.resources if r.protect] == ["role"]


def test_a_name_is_generated_as_pulumi_aws_does_and_is_the_same_in_each_run(
    nested: Result, tmp_path: Path
) -> None:
    name = one(nested, "role").inputs["name"]
    assert name.startswith("role-")
    assert len(name) == len("role-") + 7
    assert one(preview(project(tmp_path, NESTED)), "role").inputs["name"] == name


def test_configuration_is_that_of_the_project_the_stack_and_the_run_in_this_order(
    tmp_path: Path,
) -> None:
    root = write(
        tmp_path,
        "",
        config="""
            a: {type: integer, default: 1}
            b: {type: boolean, default: false}
            c: {type: array, items: {type: string}, default: [x, y]}
            d: {type: string, default: ""}
            aws:region: {value: eu-west-1}
        """,
        stack="config: {'small:b': true, aws:region: us-east-2}",
    )
    assert Project.load(root, "dev", {"a": "3"}).config == {
        "small:a": "3",
        "small:b": "true",
        "small:c": '["x","y"]',
        "small:d": "",
        "aws:region": "us-east-2",
    }


def test_a_program_sees_its_configuration_in_every_way_that_the_sdk_has(tmp_path: Path) -> None:
    result = preview(
        project(
            tmp_path,
            """
            import pulumi
            from pulumi.runtime.config import CONFIG, get_config_env
            pulumi.export("a", [pulumi.Config().get_int("a"), CONFIG.get()["small:a"],
                                get_config_env()["small:a"]])
            """,
            config="a: {type: integer, default: 7}",
        )
    )
    assert result.outputs == {"a": [7, "7", "7"]}


def test_an_encrypted_value_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(
        ProjectError, match=r"only the Pulumi CLI can decrypt it.*--config small:a="
    ):
        project(tmp_path, "", stack="config: {'small:a': {secure: v1:abc}}")


def test_a_stack_without_a_file_is_refused_with_those_that_have_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"Pulumi\.prod\.yaml does not exist.*are: dev"):
        Project.load(write(tmp_path, ""), "prod")


def test_a_run_error_is_the_message_without_a_stack_trace(tmp_path: Path) -> None:
    program = "import pulumi\nraise pulumi.RunError('key a: too small')"
    assert preview(project(tmp_path, program)).error == "key a: too small"


def test_a_run_error_wins_over_the_registrations_that_it_cuts_off(tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        for n in range(9):
            aws.ec2.Vpc(f"vpc{n}", cidr_block="10.0.0.0/16")
        raise pulumi.RunError("too many")
    """
    assert preview(project(tmp_path, program)).error == "too many"


def test_another_exception_shows_the_programs_own_frames_only(tmp_path: Path) -> None:
    error = preview(project(tmp_path, "def f():\n    return {}['key']\nf()")).error
    assert error is not None
    assert error.splitlines()[-1] == "KeyError: 'key'"
    assert {line.split('"')[1] for line in error.splitlines() if " File " in line} == {
        str(tmp_path / "__main__.py")
    }


def test_two_resources_of_one_urn_are_refused(tmp_path: Path) -> None:
    program = """
        import pulumi_aws as aws
        aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        aws.ec2.Vpc("vpc", cidr_block="10.1.0.0/16")
    """
    error = preview(project(tmp_path, program)).error
    assert error == (
        "aws:ec2/vpc:Vpc (vpc): two resources have the URN "
        "urn:pulumi:dev::small::aws:ec2/vpc:Vpc::vpc: rename one"
    )


def test_log_lines_of_the_program_reach_the_watcher(tmp_path: Path) -> None:
    recorder = Recorder()
    preview(project(tmp_path, "import pulumi\npulumi.log.warn('careful')"), recorder)
    assert recorder.lines == [("warning", "careful")]


def test_secrets_stay_marked_on_the_wire(tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        aws.iam.Role("role", assume_role_policy="{}", description=pulumi.Output.secret("hidden"))
    """
    description = one(preview(project(tmp_path, program)), "role").inputs["description"]
    assert description["value"] == "hidden"
    assert "1b47061264138c4ac30d75fd1eb44270" in description.values()


def test_invokes_of_a_preview_are_answered_without_a_cloud(tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        zones = aws.get_availability_zones(state="available")
        pulumi.export("found", [zones.names[0], zones.zone_ids[0], aws.get_region().region,
                                aws.get_caller_identity().account_id,
                                aws.get_partition().partition])
    """
    result = preview(project(tmp_path, program, stack="config: {aws:region: eu-central-1}"))
    assert result.outputs == {
        "found": ["eu-central-1a", "euc1-az1", "eu-central-1", "123456789012", "aws"]
    }


def test_an_invoke_that_is_not_emulated_is_named(tmp_path: Path) -> None:
    program = "import pulumi_aws as aws\naws.ec2.get_ami(owners=['self'])"
    error = preview(project(tmp_path, program)).error
    assert error is not None
    assert error.startswith("aws:ec2/getAmi:getAmi: this function is not emulated here")


def test_transforms_are_refused_instead_of_left_out(tmp_path: Path) -> None:
    program = """
        import pulumi
        pulumi.runtime.register_resource_transform(lambda args: None)
    """
    error = preview(project(tmp_path, program)).error
    assert error is not None
    assert "transforms are not run" in error


def test_a_run_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "small_parts.py").write_text("import pulumi\npulumi.export('x', 1)")
    planned = project(tmp_path, "import small_parts")
    before = (Path.cwd(), list(sys.path), dict(os.environ))
    first, second = preview(planned), preview(planned)
    assert (Path.cwd(), list(sys.path), dict(os.environ)) == before
    assert first.outputs == second.outputs == {"x": 1}
    assert "small_parts" not in sys.modules


def test_nothing_is_created_after_a_failure(tmp_path: Path) -> None:
    class Failing(AwsProvider):
        made: list[str] = []  # noqa: RUF012 - one instance only

        def create(self, type_: str, name: str, inputs: dict[str, Any]) -> Any:
            if name == "a":
                raise ValueError("no a")
            self.made.append(name)
            return name, {}

    program = """
        import pulumi, pulumi_aws as aws
        a = aws.ec2.Vpc("a", cidr_block="10.0.0.0/16")
        aws.ec2.Vpc("b", cidr_block="10.0.0.0/16", opts=pulumi.ResourceOptions(depends_on=[a]))
    """
    provider = Failing("us-east-1", cloud=True)
    result = engine.up(project(tmp_path, program), provider, Recorder())
    assert (result.error, provider.made) == ("aws:ec2/vpc:Vpc (a): no a", [])


def test_archives_reach_the_provider_as_archives(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    class Seeing(AwsProvider):
        def create(self, type_: str, name: str, inputs: dict[str, Any]) -> Any:
            seen.update(inputs)
            return name, {}

    program = """
        import pulumi, pulumi_aws as aws
        aws.lambda_.Function("f", role="r", code=pulumi.AssetArchive(
            {"a.py": pulumi.StringAsset("A"), "b/c.py": pulumi.FileAsset("./c.py")}))
    """
    engine.up(project(tmp_path, program), Seeing("us-east-1", cloud=True), Recorder())
    assets = seen["code"].assets
    assert (assets["a.py"].text, assets["b/c.py"].path) == ("A", "./c.py")


def test_what_is_on_the_wire_can_be_written_as_json(nested: Result) -> None:
    for resource in nested.resources:
        json.dumps([resource.inputs, resource.outputs])
