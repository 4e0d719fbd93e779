"""Account: a region that AWS has not is refused before anything is asked there."""

from __future__ import annotations

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

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        raise AssertionError("an account makes no resource")

    def call(self, args: mocks.MockCallArgs) -> Any:
        self.tokens.append(args.token)
        return {"accountId": "123456789012", "region": self.region, "partition": "aws"}


def current(region: str, /, **config: str) -> tuple[Account, Asked]:
    asked = Asked(region)
    mocks.set_mocks(asked, project="p", stack="s", preview=True)
    settings = {f"aws:{key}": value for key, value in config.items()}
    pulumi.runtime.set_all_config(settings)
    found: list[Account] = []
    run: Any = pulumi.runtime.test
    try:
        run(lambda: found.append(Account.of()))()
    except ConfigurationError:
        assert asked.tokens == []
        raise
    finally:
        pulumi.runtime.set_all_config({})
    return found[0], asked


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
