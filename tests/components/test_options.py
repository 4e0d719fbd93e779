"""Resource options reach the children as Pulumi hands them on, and what is given there wins."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from components import (
    Account,
    ConfigurationError,
    EfsStore,
    EfsStoreArgs,
    FunctionRole,
    InferenceFunction,
    InferenceFunctionArgs,
    Network,
    NetworkArgs,
)

from .conftest import Built, Chain

Requests = dict[str, Any]


class Regional(Built):
    """Knows in which region each provider is."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        if args.token.endswith(":getRegion"):
            return {"region": "eu-west-1" if "west" in (args.provider or "") else "us-east-1"}
        return super().call(args)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], Requests]:
    """Runs a program: what it asks the engine for, by the end of the type and the name."""

    def start(make: Callable[[], object]) -> Requests:
        found: Requests = {}
        # What earlier tests left is finalized now: within ast.parse, Python 3.11 takes it for a
        # recursion (python/cpython#106905).
        gc.collect()
        mocks.set_mocks(Regional(), project="efs-inference", stack="test", preview=False)
        real: Any = mocks.MockMonitor.RegisterResource

        def register(self: Any, request: resource_pb2.RegisterResourceRequest) -> Any:
            found[f"{request.type.rpartition(':')[2]} {request.name}"] = request
            return real(self, request)

        monkeypatch.setattr(mocks.MockMonitor, "RegisterResource", register)
        test: Any = pulumi.runtime.test
        test(lambda: make() and None)()
        return found

    return start


def whole(chain: Chain, opts: pulumi.ResourceOptions | None, *, protect: bool = False) -> object:
    """Every component with the same options."""
    return replace(chain, store={"protect": protect}, opts=opts)()


def children(requests: Requests) -> Requests:
    """Those of `whole`; what components of earlier tests still register has other names."""
    ours = ("inference", "network", "store", "populator", "libraries")
    return {key: r for key, r in requests.items() if r.custom and r.name.startswith(ours)}


def test_protect_given_to_a_component_protects_all_of_it(run: Any, chain: Chain) -> None:
    requests = run(lambda: whole(chain, pulumi.ResourceOptions(protect=True)))
    assert [key for key, request in children(requests).items() if not request.protect] == []


@pytest.mark.parametrize(("given", "protected"), [(None, True), (False, False)])
def test_protect_given_to_the_store_wins_over_its_argument(
    run: Any, chain: Chain, given: bool | None, protected: bool
) -> None:
    opts = pulumi.ResourceOptions(protect=given)
    requests = run(lambda: whole(chain, opts, protect=True))
    for key in ("FileSystem store", "AccessPoint store-access-point"):
        assert requests[key].protect is protected, key


def test_a_store_inside_a_protected_component_is_protected(run: Any, chain: Chain) -> None:
    def make() -> object:
        outer = pulumi.ComponentResource("t:index:Outer", "outer", {}, PROTECTED)
        return whole(chain, pulumi.ResourceOptions(parent=outer))

    assert run(make)["FileSystem store"].protect is True


PROTECTED = pulumi.ResourceOptions(protect=True)


def test_a_provider_reaches_every_child_and_the_lookups(run: Any, chain: Chain) -> None:
    def make() -> object:
        west = aws.Provider("west", region="eu-west-1")
        return whole(chain, pulumi.ResourceOptions(providers=[west]))

    requests = run(make)
    for key, request in children(requests).items():
        if request.type.startswith("aws:"):
            assert "::west::" in request.provider, key
    endpoint = requests["VpcEndpoint network-s3"].object["serviceName"]
    assert endpoint == "com.amazonaws.eu-west-1.s3"
    for key in ("efs-inference:PopulatorRun libraries", "efs-inference:SmokeInvocation inference"):
        assert requests[key.partition(":")[2]].object["region"] == "eu-west-1"


def test_an_alias_of_a_component_goes_for_its_children(run: Any, chain: Chain) -> None:
    """The engine makes the children's of it, from names that begin with the component's."""
    opts = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="older")])
    requests = run(lambda: whole(chain, opts))
    parents = {r.name: r for r in requests.values() if not r.custom}
    assert all("older" in str(request.aliases) for request in parents.values())
    for key, request in children(requests).items():
        parent = request.parent.rpartition("::")[2]
        assert parent in parents, key
        assert request.name.startswith(parent), key


def test_a_transformation_of_a_component_sees_every_child(run: Any, chain: Chain) -> None:
    seen: set[str] = set()

    def look(args: pulumi.ResourceTransformationArgs) -> None:
        seen.add(f"{args.type_.rpartition(':')[2]} {args.name}")

    opts = pulumi.ResourceOptions(transformations=[look])
    requests = run(lambda: whole(chain, opts))
    assert set(children(requests)) <= seen


def test_an_account_is_that_of_a_provider_or_of_a_component_with_one(run: Any) -> None:
    found: list[Account] = []

    def make() -> None:
        west = aws.Provider("west", region="eu-west-1")
        outer = pulumi.ComponentResource(
            "t:index:Outer", "outer", {}, pulumi.ResourceOptions(providers=[west])
        )
        found.extend([Account.of(), Account.of(west), Account.of(outer)])

    run(make)
    assert [account.region for account in found] == ["us-east-1", "eu-west-1", "eu-west-1"]
    assert found[1] == found[2]


def a_store(_: Chain, opts: pulumi.ResourceOptions) -> None:
    network = Network("network", NetworkArgs(cidr="10.0.0.0/16", zones=["us-east-1a"]))
    EfsStore("mine", EfsStoreArgs(network=network, mount_path="/mnt/models"), opts)


def a_function(chain: Chain, opts: pulumi.ResourceOptions) -> None:
    args = InferenceFunctionArgs(
        application=chain.application, libraries=chain.publication(), role=FunctionRole("role")
    )
    InferenceFunction("mine", args, opts)


@pytest.mark.parametrize("component", [a_store, a_function])
def test_a_component_in_another_region_than_what_it_belongs_to_is_refused(
    run: Any, chain: Chain, component: Callable[[Chain, pulumi.ResourceOptions], None]
) -> None:
    def make() -> None:
        west = aws.Provider("west", region="eu-west-1")
        component(chain, pulumi.ResourceOptions(providers=[west]))

    with pytest.raises(ConfigurationError) as caught:
        run(make)
    (problem,) = caught.value.problems
    assert str(problem).startswith(
        "the aws provider of mine = account 123456789012 in eu-west-1: what it belongs to"
    )
    assert "opts=pulumi.ResourceOptions(providers=[...])" in problem.remedy


def test_another_provider_that_leads_to_the_same_place_is_taken(run: Any) -> None:
    def make() -> object:
        network = Network("network", NetworkArgs(cidr="10.0.0.0/16", zones=["us-east-1a"]))
        tagging = aws.Provider("tagging", region="us-east-1")
        args = EfsStoreArgs(network=network, mount_path="/mnt/models")
        return EfsStore("store", args, pulumi.ResourceOptions(providers=[tagging]))

    assert "::tagging::" in run(make)["FileSystem store"].provider
