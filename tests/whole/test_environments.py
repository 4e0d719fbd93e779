"""The stacks dev and prod in one account and region: they share nothing and reach nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from local.engine import Resource
from tests.chain import ROOT, TINY, TRIPLE, Chain
from tests.deployments import Stack, point_clients_at
from tests.lambda_src.conftest import Index
from tests.local.conftest import zipped

pytestmark = pytest.mark.whole

ONE = {"instances": [1]}
# Names within something else: an alias has one in its function, a default group in its VPC.
_INNER = ("Alias", "DefaultSecurityGroup")


@dataclass
class Environments:
    """Two stacks of one project, side by side on one cloud."""

    chain: Chain
    state: Path
    dev: Stack
    prod: Stack


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory, index: Index) -> Iterator[Environments]:
    """Both deployed: dev with the first version of a package, prod with another."""
    folder = tmp_path_factory.mktemp("environments")
    chain = Chain(folder / "project")
    chain.serve_tiny(index)
    for file in ("Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        shutil.copy(ROOT / file, chain.folder)
    config = dict(entry.split("=", 1) for entry in chain.config)
    dev, prod = (Stack(chain.folder, name, **config) for name in ("dev", "prod"))
    with Cloud(folder / "state", seconds_to_create=0) as cloud, pytest.MonkeyPatch.context() as env:
        point_clients_at(cloud, env)
        assert dev.up() is None
        chain.lock(TRIPLE.pin)
        assert prod.up() is None
        chain.lock(TINY.pin)
        yield Environments(chain, folder / "state", dev, prod)


def resources(stack: Stack) -> list[Resource]:
    """What a stack has at AWS."""
    assert stack.result is not None
    return [r for r in stack.result.resources if r.custom and r.type.startswith("aws:")]


def names(stack: Stack) -> set[str]:
    """Every id, ARN and name of a stack at AWS, of which there can be one in an account."""
    found = set()
    for resource in resources(stack):
        keys = ["id", "arn", "creationToken", "family"]
        keys += [] if resource.type.endswith(_INNER) else ["name"]
        tags = resource.inputs.get("tags", {})
        found |= {resource.outputs.get(key) for key in keys} | {tags.get("Name")}
    return {name for name in found if name}


def test_no_name_is_shared_and_none_of_the_other_is_named(environments: Environments) -> None:
    dev, prod = environments.dev, environments.prod
    assert len(names(dev)) > 60
    assert not names(dev) & names(prod)
    for one, other in ((dev, prod), (prod, dev)):
        written = json.dumps([[r.inputs, r.outputs] for r in resources(one)])
        assert [name for name in names(other) if name in written] == []


def test_what_carries_no_random_digits_carries_project_and_stack(
    environments: Environments,
) -> None:
    for stack in (environments.dev, environments.prod):
        place = f"efs-inference/{stack.project.stack}/"
        groups = [r.outputs["name"] for r in resources(stack) if r.type.endswith("LogGroup")]
        assert sorted(groups) == [f"/{place}inference", f"/{place}populator"]
        labels = [
            r.inputs["tags"]["Name"] for r in resources(stack) if "Name" in r.inputs.get("tags", {})
        ]
        assert labels
        assert all(label.startswith(place) for label in labels)


def test_each_has_releases_of_its_own_and_answers_from_them(environments: Environments) -> None:
    dev, prod = environments.dev, environments.prod
    assert (dev.ask(ONE), prod.ask(ONE)) == ({"predictions": [2]}, {"predictions": [3]})
    systems = sorted(path.name for path in environments.state.iterdir())
    assert systems == sorted(stack.outputs("FileSystem")["creationToken"] for stack in (dev, prod))
    for stack in (dev, prod):
        folder = environments.state / stack.outputs("FileSystem")["creationToken"]
        releases = {path.name for path in folder.glob("libraries/releases/*")}
        assert stack.outputs("PopulatorRun")["release_id"] in releases


def test_what_prod_has_is_made_again_in_dev_and_prod_does_not_notice(
    environments: Environments,
) -> None:
    chain, dev, prod = environments.chain, environments.dev, environments.prod
    before = prod.live
    chain.lock(TRIPLE.pin)
    assert dev.up() is None
    assert dev.outputs("PopulatorRun")["outcome"] == "published"
    assert dev.outputs("PopulatorRun")["release_id"] == prod.outputs("PopulatorRun")["release_id"]
    chain.lock(TINY.pin)
    assert dev.up() is None
    assert dev.outputs("PopulatorRun")["outcome"] == "already-published"
    assert (dev.ask(ONE), prod.ask(ONE)) == ({"predictions": [2]}, {"predictions": [3]})
    assert prod.live == before


def test_prod_has_what_its_file_says_and_dev_the_defaults(environments: Environments) -> None:
    dev, prod = environments.dev, environments.prod
    for stack, protected, nats, days, kept in ((dev, False, 0, 30, 3), (prod, True, 1, 365, 5)):
        of = {
            kind: [r for r in resources(stack) if r.type.endswith(f":{kind}")]
            for kind in ("FileSystem", "AccessPoint", "NatGateway", "LogGroup", "Vpc")
        }
        assert {r.protect for r in of["FileSystem"] + of["AccessPoint"]} == {protected}
        assert len(of["NatGateway"]) == nats
        found = boto3.client("logs").describe_log_groups(
            logGroupNamePrefix=f"/efs-inference/{stack.project.stack}/"
        )["logGroups"]
        assert [group["retentionInDays"] for group in found] == [days, days]
        assert stack.outputs("PopulatorRun")["keep_releases"] == kept
        (vpc,) = of["Vpc"]
        assert vpc.inputs["tags"].get("environment") == ("prod" if stack is prod else None)


def mounted(name: str, *, role: Stack, network: Stack, store: Stack) -> Any:
    """What a function answers that has the role, the network and the store of these stacks."""
    lambda_ = boto3.client("lambda")
    known = lambda_.get_function_configuration(FunctionName=network.outputs("Function")["name"])
    lambda_.create_function(
        FunctionName=name,
        Runtime=known["Runtime"],
        Handler="app.handler",
        Role=role.outputs("Function")["role"],
        Code={
            "ZipFile": zipped("import os\ndef handler(*_):\n    return os.listdir('/mnt/other')\n")
        },
        VpcConfig={
            "SubnetIds": known["VpcConfig"]["SubnetIds"],
            "SecurityGroupIds": known["VpcConfig"]["SecurityGroupIds"],
        },
        FileSystemConfigs=[
            {"Arn": store.outputs("AccessPoint")["arn"], "LocalMountPath": "/mnt/other"}
        ],
    )
    return json.loads(lambda_.invoke(FunctionName=name)["Payload"].read())


@pytest.mark.parametrize(
    ("role", "network", "said"),
    [("dev", "prod", "EFSMountFailureException"), ("dev", "dev", "EFSMountConnectivityException")],
)
def test_a_function_of_dev_cannot_mount_the_file_system_of_prod(
    environments: Environments, role: str, network: str, said: str
) -> None:
    stacks = {"dev": environments.dev, "prod": environments.prod}
    with pytest.raises(ClientError) as caught:
        mounted(
            f"{role}-in-{network}",
            role=stacks[role],
            network=stacks[network],
            store=environments.prod,
        )
    assert caught.value.response["Error"]["Code"] == said
    assert caught.value.operation_name == "Invoke"


def test_a_function_of_prod_can(environments: Environments) -> None:
    prod = environments.prod
    assert mounted("prod-in-prod", role=prod, network=prod, store=prod) == ["releases"]
