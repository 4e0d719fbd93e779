"""Account: a region that AWS has not is refused before anything is asked there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from components.account import Account
from components.errors import ConfigurationError


class Asked(mocks.Mocks):
    """Answers as the aws provider does."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.tokens: list[str] = []
        self.zones: dict[str, str] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        raise AssertionError("an account makes no resource")

    def call(self, args: mocks.MockCallArgs) -> Any:
        self.tokens.append(args.token)
        if args.token.endswith("getAvailabilityZones"):
            assert "state" not in args.args
            return {"names": list(self.zones), "zoneIds": list(self.zones.values())}
        return {"accountId": "123456789012", "region": self.region, "partition": "aws"}


def in_program(asked: Asked, call: Callable[[], Any], **config: str) -> Any:
    """What a call within a program returns."""
    mocks.set_mocks(asked, project="p", stack="s", preview=True)
    pulumi.runtime.set_all_config({f"aws:{key}": value for key, value in config.items()})
    found: list[Any] = []
    run: Any = pulumi.runtime.test
    try:
        run(lambda: found.append(call()))()
    finally:
        pulumi.runtime.set_all_config({})
    return found[0]


def current(region: str, /, **config: str) -> tuple[Account, Asked]:
    asked = Asked(region)
    try:
        return in_program(asked, Account.of, **config), asked
    except ConfigurationError:
        assert asked.tokens == []
        raise


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_a_region_of_any_partition_is_taken(region: str) -> None:
    account, asked = current(region, region=region)
    assert (account.region, account.id) == (region, "123456789012")
    assert len(asked.tokens) == 3


@pytest.mark.parametrize(
    ("region", "nearest"), [("eu-centrl-1", "eu-central-1"), ("us-east1", "us-east-1")]
)
def test_a_misspelt_region_is_one_problem_with_the_nearest(region: str, nearest: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        current(region, region=region)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"aws:region = {region!r}: boto3 ")
    assert f"knows no such region; the nearest is {nearest}. Remedy: " in str(problem)
    assert f"`pulumi config set aws:region {nearest}`" in problem.remedy


def test_a_misspelt_region_of_the_environment_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-centrl-1")
    with pytest.raises(ConfigurationError, match="AWS_REGION = 'eu-centrl-1'"):
        current("eu-centrl-1")
    assert current("eu-west-1", region="eu-west-1")[0].region == "eu-west-1"


def test_who_knows_better_switches_the_check_off_as_in_the_provider() -> None:
    account, _ = current("mars-north-1", region="mars-north-1", skipRegionValidation="true")
    assert account.region == "mars-north-1"


@pytest.mark.parametrize(
    ("region", "place"), [("ap-southeast-5", "Malaysia"), ("mx-central-1", "Mexico")]
)
def test_a_region_where_lambda_mounts_no_file_system_is_refused(region: str, place: str) -> None:
    asked = Asked(region)
    with pytest.raises(ConfigurationError) as caught:
        in_program(asked, Account.of, region=region)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"aws:region = {region!r}: in {place} Lambda does not mount EFS")
    skipped = in_program(asked, Account.of, region=region, skipRegionValidation="true")
    assert skipped.region == region


def zones(region: str, ids: dict[str, str], *configured: str) -> Any:
    asked = Asked(region)
    asked.zones = {f"{region}{letter}": id_ for letter, id_ in ids.items()}
    account = Account(id="123456789012", region=region, partition="aws")
    return in_program(asked, lambda: account.zones(configured))


@pytest.mark.parametrize(
    ("region", "ids", "chosen"),
    [
        ("eu-west-1", {"a": "euw1-az3", "b": "euw1-az1", "c": "euw1-az2"}, "bc"),
        ("us-west-1", {"a": "usw1-az2", "b": "usw1-az3", "c": "usw1-az1"}, "cb"),
        ("ap-northeast-1", {"a": "apne1-az4", "c": "apne1-az3", "d": "apne1-az2"}, "da"),
        ("us-east-1", {"a": "use1-az3", "b": "use1-az10", "c": "use1-az6"}, "cb"),
        ("eu-west-9", {"a": "euw9-az1"}, "a"),
    ],
)
def test_the_first_zones_by_id_that_every_service_has_are_chosen(
    region: str, ids: dict[str, str], chosen: str
) -> None:
    assert zones(region, ids) == tuple(f"{region}{letter}" for letter in chosen)


def test_a_configured_zone_that_lacks_a_service_is_refused_with_those_that_serve() -> None:
    with pytest.raises(ConfigurationError) as caught:
        zones("us-west-1", {"a": "usw1-az2", "b": "usw1-az3", "c": "usw1-az1"}, "us-west-1a")
    assert [str(problem) for problem in caught.value.problems] == [
        "availabilityZones = us-west-1a: the zones of us-west-1 that serve are us-west-1c, "
        "us-west-1b; us-west-1a (usw1-az2) has no Fargate. Remedy: choose from these, or "
        "`pulumi config set aws:region` to theirs"
    ]


def test_configured_zones_are_taken_in_their_order() -> None:
    ids = {"a": "euw1-az3", "b": "euw1-az1", "c": "euw1-az2"}
    assert zones("eu-west-1", ids, "eu-west-1a", "eu-west-1b") == ("eu-west-1a", "eu-west-1b")
    with pytest.raises(ConfigurationError, match="availabilityZones = eu-west-1d: the zones of"):
        zones("eu-west-1", ids, "eu-west-1d")
