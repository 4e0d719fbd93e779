"""What the engine does not do: it says so, and never passes it over."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest

import local.engine as engine
from local.engine import refusals, sdk
from local.engine.sdk import resource_pb2
from local.provider import AwsProvider

from ..programs import Recorder, one, preview, project, up, write

VPC = 'aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=pulumi.ResourceOptions({}))'
EIP = 'aws.ec2.Eip("eip", domain="vpc", opts=pulumi.ResourceOptions({}))'
HEAD = """
import pulumi, pulumi_aws as aws
other = pulumi.ComponentResource("small:index:Other", "other")
def hook(args): print("hooked")
"""
REFUSED = {
    "import_='vpc-1'": "importId is not emulated",
    "hooks=pulumi.ResourceHookBinding(after_create=[pulumi.ResourceHook('h', hook)])": "Hook",
    "transforms=[lambda args: None]": "transforms are not run",
    "urn='urn:pulumi:dev::small::aws:ec2/vpc:Vpc::it'": "getResource: this function is not",
    "id='vpc-1'": "read by its id vpc-1: reading",
}
# Each concerns a later replacement or deletion, which a local run has none of.
WITHOUT_EFFECT = (
    "delete_before_replace=True",
    "retain_on_delete=True",
    "deleted_with=other",
    "replace_with=[other]",
    "replace_on_changes=['cidrBlock']",
    "ignore_changes=['tags']",
    "custom_timeouts=pulumi.CustomTimeouts(create='5m')",
    "aliases=[pulumi.Alias(name='older')]",
    "version='7.0.0'",
    "plugin_download_url='https://example.com'",
    "hide_diffs=['tags']",
    "protect=True",
    "replacement_trigger='a'",
)
OPTIONS = set(inspect.signature(pulumi.ResourceOptions.__init__).parameters) - {"self"}


class Nowhere(AwsProvider):
    """Creates nothing."""

    def __init__(self) -> None:
        super().__init__("us-east-1", cloud=False)

    def create(self, type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return f"{name}-id", {}


def run(root: Path, program: str) -> engine.Result:
    return engine.up(project(root, program), Nowhere(), Recorder())


@pytest.mark.parametrize("option", REFUSED)
@pytest.mark.parametrize("how", [preview, up])
def test_an_option_that_has_no_effect_here_is_refused_by_its_name(
    tmp_path: Path, option: str, how: Any
) -> None:
    program = HEAD + (EIP if option.startswith(("id=", "urn=")) else VPC).format(option)
    error = how(project(tmp_path, program)).error
    assert error is not None
    # Older versions of the SDK refuse by themselves what wants to be called back.
    assert REFUSED[option] in error or "allback server" in error


@pytest.mark.parametrize("option", WITHOUT_EFFECT)
def test_an_option_that_concerns_replacing_and_deleting_is_taken(
    tmp_path: Path, option: str
) -> None:
    name = option.partition("=")[0]
    if name not in OPTIONS:
        pytest.skip(f"this SDK has no {name}")
    result = run(tmp_path, HEAD + VPC.format(option))
    assert (result.error, one(result, "vpc").id) == (None, "vpc-id")


def test_no_option_of_the_sdk_is_in_neither_list() -> None:
    done = {"parent", "depends_on", "provider", "providers", "additional_secret_outputs"}
    # The SDK applies transformations itself; the others are refused by the tests below.
    elsewhere = {"transformations", "env_var_mappings", "state_migrations"}
    known = {o.partition("=")[0] for o in (*REFUSED, *WITHOUT_EFFECT)} | done | elsewhere
    assert OPTIONS - known == set()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("remote", True, "remote is not emulated"),
        ("packageRef", "x", "packageRef is not emulated"),
        ("envVarMappings", {"A": "B"}, "envVarMappings is not emulated"),
    ],
)
def test_a_field_of_the_protocol_that_is_not_known_is_refused(
    field: str, value: Any, message: str
) -> None:
    request = resource_pb2.RegisterResourceRequest(type="a", name="b", **{field: value})
    with pytest.raises(pulumi.RunError) as caught:
        refusals.check_registration(request)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("pulumi.StackReference('organization/a/dev')", "outputs of other stacks are not known"),
        ("pulumi.runtime.call('a:b/c', {})", "Call is not emulated"),
        ("raise pulumi.RunError('')", "RunError without a message"),
        ("import sys; sys.exit()", "exit status 0"),
        ("raise KeyError", "KeyError"),
    ],
)
def test_what_else_ends_a_program_has_a_message(tmp_path: Path, program: str, message: str) -> None:
    error = preview(project(tmp_path, f"import pulumi\n{program}")).error
    assert error is not None
    assert message in error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError(), "ValueError"),
        (ValueError("  "), "ValueError"),
        (KeyError("toPort"), "KeyError: 'toPort'"),
        (ValueError("too small"), "too small"),
    ],
)
def test_an_error_without_a_text_is_named(error: Exception, text: str) -> None:
    assert refusals.reason(error) == text


def test_a_provider_of_another_package_is_refused(tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        class Mine(pulumi.CustomResource):
            def __init__(self, provider):
                super().__init__("random:index:Pet", "pet", {},
                                 pulumi.ResourceOptions(provider=provider))
        class Random(pulumi.ProviderResource):
            def __init__(self):
                super().__init__("random", "it", {})
        Mine(Random())
    """
    error = run(tmp_path, program).error
    assert error is not None
    assert "provider pulumi:providers:random is not emulated" in error


def test_names_that_begin_with_a_prefix_are_made(tmp_path: Path) -> None:
    program = """
        import pulumi_aws as aws
        aws.iam.Role("role", assume_role_policy="{}", name_prefix="short-")
    """
    name = one(preview(project(tmp_path, program)), "role").inputs["name"]
    assert name.startswith("short-")
    assert len(name) == len("short-") + 7


def test_secret_outputs_are_marked(tmp_path: Path) -> None:
    program = HEAD + VPC.format("additional_secret_outputs=['cidrBlock']")
    outputs = one(run(tmp_path, program), "vpc").outputs
    assert outputs["cidrBlock"] == sdk.secret("10.0.0.0/16")


def test_the_process_has_the_variables_that_pulumi_sets(tmp_path: Path) -> None:
    program = """
        import os, pulumi
        pulumi.export("set", {k: v for k, v in os.environ.items() if k.startswith("PULUMI")})
    """
    assert preview(project(tmp_path, program)).outputs["set"] == {
        "PULUMI_PROJECT": "small",
        "PULUMI_STACK": "dev",
        "PULUMI_ORGANIZATION": "organization",
        "PULUMI_DRY_RUN": "true",
        "PULUMI_CONFIG": "{}",
        "PULUMI_CONFIG_SECRET_KEYS": "[]",
    }


def test_a_read_resource_does_not_reach_the_packs(tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        vpc = aws.ec2.Vpc.get("there", "vpc-1")
        aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
        pulumi.export("cidr", vpc.cidr_block)
    """
    result = preview(project(tmp_path, program))
    assert (result.error, result.outputs) == (None, {"cidr": engine.UNKNOWN})
    assert [r.name for r in result.resources if r.type.startswith("aws:")] == ["subnet"]
    assert one(result, "subnet").inputs["vpcId"] == "vpc-1"


def test_an_sdk_that_lacks_a_name_is_one_line_of_every_command(tmp_path: Path) -> None:
    write(tmp_path, "")
    (tmp_path / "sitecustomize.py").write_text(
        "import pulumi.runtime.rpc as rpc\ndel rpc._special_asset_sig\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "local", "preview"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[3]}"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("error: cannot import name '_special_asset_sig' from 'pulumi.")
    assert ended.stderr.endswith("Remedy: other versions, `make install`, as in uv.lock\n")
    assert len(ended.stderr.splitlines()) == 1


def test_a_resource_in_place_of_an_id_is_its_id(tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        group = pulumi.ComponentResource("a:b:Group", "group")
        role = aws.iam.Role("role", assume_role_policy="{}")
        aws.iam.RolePolicy("policy", role=role, policy="{}")
        aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", tags={"group": group})
    """
    planned = preview(project(tmp_path, program))
    assert (planned.error, one(planned, "policy").inputs["role"]) == (None, sdk.UNKNOWN)
    made = run(tmp_path, program)
    assert (made.error, one(made, "policy").inputs["role"]) == (None, "role-id")
    assert one(made, "vpc").inputs["tags"] == {"group": one(made, "group").urn}
