"""A network without internet: exactly the endpoints that a task needs, and what it cannot reach."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components import Account, ConfigurationError, Network, NetworkArgs
from components.container import needed, why_no_image, why_no_source
from components.resources.endpoints import interface_policy, s3_policy

from .conftest import ACCOUNT, TARGET, Build, Chain, application

ZONES = ("us-east-1a", "us-east-1b")
HERE = Account(id=ACCOUNT, region="us-east-1", partition="aws")
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/lambda/python"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:index-a1B2c3"
CODEARTIFACT = "https://ml-123456789012.d.codeartifact.us-east-1.amazonaws.com/pypi/team/simple/"


def closed(**more: Any) -> Callable[[], Network]:
    args: dict[str, Any] = {"cidr": "10.42.0.0/16", "zones": ZONES, "egress": "none"}
    return lambda: Network("net", NetworkArgs(**args | more))


def test_it_has_no_way_to_the_internet(build: Build) -> None:
    built = build(closed())
    absent = ("InternetGateway", "NatGateway", "Eip", "Route")
    assert [kind for kind in absent if built.of(kind)] == []
    assert set(built.of("Subnet")) == {"net-private-us-east-1a", "net-private-us-east-1b"}
    assert set(built.of("RouteTable")) == {"net-private"}
    vpc = built.one("Vpc")
    assert (vpc["enableDnsSupport"], vpc["enableDnsHostnames"]) == (True, True)


def test_it_has_the_endpoints_that_a_task_needs_and_no_others(build: Build) -> None:
    endpoints = build(closed()).of("VpcEndpoint")
    assert {name: each["serviceName"] for name, each in endpoints.items()} == {
        "net-s3": "com.amazonaws.us-east-1.s3",
        "net-ecr-api": "com.amazonaws.us-east-1.ecr.api",
        "net-ecr-dkr": "com.amazonaws.us-east-1.ecr.dkr",
        "net-logs": "com.amazonaws.us-east-1.logs",
    }
    gateway = endpoints.pop("net-s3")
    assert (gateway["vpcEndpointType"], gateway["routeTableIds"]) == ("Gateway", ["net-private-id"])
    for each in endpoints.values():
        assert (each["vpcEndpointType"], each["privateDnsEnabled"]) == ("Interface", True)
        # In one zone, as each costs by zone.
        assert each["subnetIds"] == ["net-private-us-east-1a-id"]
        assert each["securityGroupIds"] == ["net-endpoints-id"]


def test_the_task_reaches_mount_targets_endpoints_and_s3_and_nothing_else(build: Build) -> None:
    built = build(closed(egress_ports=(443, 8443)))
    out = built.of("SecurityGroupEgressRule")
    assert {
        name: (
            rule["securityGroupId"],
            rule.get("referencedSecurityGroupId") or rule["prefixListId"],
            rule["toPort"],
        )
        for name, rule in out.items()
    } == {
        "net-function-to-mount-targets": ("net-function-id", "net-mount-targets-id", 2049),
        "net-populator-to-mount-targets": ("net-populator-id", "net-mount-targets-id", 2049),
        "net-populator-to-endpoints": ("net-populator-id", "net-endpoints-id", 443),
        "net-populator-to-s3": ("net-populator-id", "net-s3-list", 443),
    }
    assert not any("cidrIpv4" in rule for rule in out.values())
    into = built.of("SecurityGroupIngressRule")["net-endpoints-from-populator"]
    assert into["securityGroupId"] == "net-endpoints-id"
    assert into["referencedSecurityGroupId"] == "net-populator-id"
    assert (into["fromPort"], into["toPort"]) == (443, 443)


def test_s3_is_read_only_and_of_the_account_the_named_buckets_and_the_layers_alone() -> None:
    own, named = json.loads(s3_policy(HERE, ["their-wheels"]))["Statement"]
    assert own["Condition"] == {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}
    assert own["Action"] == named["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert named["Resource"] == [
        "arn:aws:s3:::their-wheels/*",
        "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*",
    ]
    assert "Condition" not in named


def test_an_interface_endpoint_lets_through_what_the_roles_of_a_task_ask() -> None:
    (logs,) = json.loads(interface_policy(HERE, "logs"))["Statement"]
    assert logs["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert logs["Condition"] == {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}


def test_the_policies_may_be_left_out(build: Build) -> None:
    endpoints = build(closed(narrow_endpoints=False)).of("VpcEndpoint")
    assert [name for name, each in endpoints.items() if "policy" in each] == []
    narrow = build(closed()).of("VpcEndpoint")
    assert json.loads(narrow["net-logs"]["policy"]) == json.loads(interface_policy(HERE, "logs"))
    assert json.loads(narrow["net-s3"]["policy"]) == json.loads(s3_policy(HERE))


@pytest.mark.parametrize(
    ("urls", "secret", "more"),
    [
        ((), "", set()),
        ((), SECRET, {"secretsmanager"}),
        ((CODEARTIFACT,), "", {"codeartifact.api", "codeartifact.repositories"}),
        (("https://index.example.com/simple",), "", set()),
    ],
)
def test_a_task_needs_more_endpoints_for_a_secret_and_for_codeartifact(
    urls: tuple[str, ...], secret: str, more: set[str]
) -> None:
    assert set(needed(urls, secret)) == {"ecr.api", "ecr.dkr", "logs"} | more


@pytest.mark.parametrize("image", [f"{ECR}:3.11", f"{ECR}@sha256:{'0' * 64}"])
def test_an_image_comes_from_the_private_ecr_of_the_region(image: str) -> None:
    assert why_no_image(image) == why_no_image(image, "us-east-1") == ""
    assert why_no_image(image, "eu-west-1") == (
        "without internet ECS pulls from the private ECR of its own region alone, "
        "<account>.dkr.ecr.eu-west-1.amazonaws.com"
    )


@pytest.mark.parametrize("image", ["public.ecr.aws/lambda/python:3.11", "python:3.11"])
def test_a_public_image_is_out_of_reach(image: str) -> None:
    assert "<account>.dkr.ecr.<region>.amazonaws.com" in why_no_image(image)


@pytest.mark.parametrize(
    ("url", "own", "theirs"),
    [
        ("https://pypi.org/simple", False, False),
        ("https://files.pythonhosted.org/x/y-1-py3-none-any.whl", False, False),
        ("https://download.pytorch.org/whl/cpu", False, False),
        ("https://index.corp.example/simple", False, True),
        ("https://not-pypi.org.corp.example/simple", False, True),
        (CODEARTIFACT, True, True),
        (CODEARTIFACT.replace("us-east-1.amazonaws.com", "us-east-1.on.aws"), False, True),
        ("http://127.0.0.1:8080/simple", True, True),
    ],
)
def test_packages_come_from_codeartifact_or_from_an_index_in_a_vpc_that_is_there(
    url: str, own: bool, theirs: bool
) -> None:
    assert (why_no_source(url, own_vpc=True) == "") is own
    assert (why_no_source(url, own_vpc=False) == "") is theirs


def test_codeartifact_of_another_region_is_out_of_reach() -> None:
    assert why_no_source(CODEARTIFACT, "eu-west-1", own_vpc=True) == (
        "without internet CodeArtifact is reached in eu-west-1 alone"
    )


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    target = replace(TARGET, image=f"{ECR}:3.11")
    made = Chain(application(tmp_path / "application"))
    made.network = {"egress": "none"}
    made.populator = {"target": target, "wheel_cache": "s3://wheels/a/b"}
    return made


def test_a_task_takes_its_wheels_from_the_cache_and_may_read_that_prefix_alone(
    build: Build, chain: Chain
) -> None:
    chain.populator["index_secret_arn"] = SECRET
    built = build(chain.publication)
    (container,) = json.loads(built.one("TaskDefinition")["containerDefinitions"])
    at = container["command"].index("--wheels")
    assert container["command"][at + 1] == "https://wheels.s3.us-east-1.amazonaws.com/a/b"
    assert "--index-url" not in container["command"]
    # The credentials of an index are of no use to it.
    assert "secrets" not in container
    assert "secretsmanager" not in str(built.of("RolePolicy"))
    statements = json.loads(built.of("RolePolicy")["libraries-program"]["policy"])["Statement"]
    assert [s["Resource"] for s in statements][1:] == ["arn:aws:s3:::wheels/a/b/*"]
    assert {s["Action"] for s in statements} == {"s3:GetObject"}


def test_a_component_refuses_what_its_task_would_not_reach_all_at_once(
    build: Build, chain: Chain
) -> None:
    chain.network["endpoints"] = ["ecr.api", "logs"]
    chain.populator = {"target": TARGET, "index_secret_arn": SECRET}
    with pytest.raises(ConfigurationError) as caught:
        build(chain.publication)
    assert [(p.subject, p.value) for p in caught.value.problems] == [
        ("image", "'python:3.11'"),
        ("index_url", "'https://pypi.org/simple'"),
        ("NetworkArgs.endpoints", "ecr.api, logs"),
    ]
    assert "needs ecr.dkr, secretsmanager as well" in str(caught.value)


@pytest.mark.parametrize("given", [{"egress": "open"}, {"endpoints": ["ecs"]}])
def test_an_unknown_way_out_or_endpoint_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="it is one of"):
        closed(**given)()
