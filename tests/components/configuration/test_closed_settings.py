"""`egress: none`: everything that lies outside is refused at once, before anything is created."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from components import Account, NetworkArgs
from components.configuration import Settings
from components.contract import Application
from components.errors import ConfigurationError

from ..test_closed_network import CODEARTIFACT, ECR, SECRET
from .test_settings import OWN, defaults

HERE = Account(id="123456789012", region="us-east-1", partition="aws")
WHEEL = "https://github.com/x/y/releases/download/v1/tiny-1.0-py3-none-any.whl"
INDEX = "https://download.pytorch.org/whl/cpu"
LOCK = f"""\
# release: index {INDEX} for torch
torch==2.9.0 --hash=sha256:{"0" * 64}
tiny @ {WHEEL} --hash=sha256:{"1" * 64}
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Application:
    """An application whose lock names an index and a file of its own."""
    folder = tmp_path / "application"
    shutil.copytree(OWN.root, folder)
    (folder / "requirements.in").unlink()
    for lock in (folder / "locks").glob("*.txt"):
        lock.write_text(LOCK)
    return Application(folder)


def refused(application: Application, **changes: str) -> list[tuple[str, str]]:
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({**defaults(), "egress": "none", **changes}, application)
    return [(problem.subject, problem.value) for problem in caught.value.problems]


def test_what_lies_outside_is_refused_all_at_once(elsewhere: Application) -> None:
    assert refused(elsewhere, memoryMb="1") == [
        ("memoryMb", "'1'"),
        ("populatorImage", "'public.ecr.aws/lambda/python:3.11'"),
        ("indexUrl", "'https://pypi.org/simple'"),
        ("the lock", repr(INDEX)),
        ("the lock", repr(WHEEL)),
    ]


def test_a_wheel_cache_holds_all_packages_wherever_they_come_from(elsewhere: Application) -> None:
    given = {"wheelCache": "s3://wheels/all/", "populatorImage": f"{ECR}:3.11"}
    settings = Settings.load({**defaults(), "egress": "none", **given}, elsewhere)
    assert settings.wheel_cache == "s3://wheels/all"
    args = settings.network(HERE_WITH_ZONES)
    assert isinstance(args, NetworkArgs)
    assert (args.egress, list(args.endpoints)) == ("none", ["ecr.api", "ecr.dkr", "logs"])
    assert list(args.buckets) == ["wheels"]


class _Zones(Account):
    """An account whose zones nobody has to ask for."""

    def zones(self, configured: object = ()) -> tuple[str, ...]:
        return ("us-east-1a",)


HERE_WITH_ZONES = _Zones(id=HERE.id, region=HERE.region, partition=HERE.partition)


def test_a_problem_says_the_rule_and_the_commands_that_correct_it() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({**defaults(), "egress": "none"}, OWN)
    image, index = map(str, caught.value.problems)
    assert image == (
        "populatorImage = 'public.ecr.aws/lambda/python:3.11': egress is none: without internet "
        "ECS pulls from the private ECR of its own region alone, "
        "<account>.dkr.ecr.<region>.amazonaws.com. Remedy: copy it there, see "
        "docs/no-internet.md, and then `pulumi config set populatorImage "
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/lambda/python:3.11`"
    )
    assert index == (
        "indexUrl = 'https://pypi.org/simple': egress is none: in a VPC of the stack's own without "
        "internet, a task reaches AWS's endpoints alone. Remedy: `pulumi config set wheelCache "
        "s3://<bucket>/<prefix>`, and then `make wheels`, which fills it"
    )


@pytest.fixture
def weights(tmp_path: Path) -> Application:
    """An application with an artifact of the web, and one of a bucket in eu-west-1."""
    folder = tmp_path / "application"
    shutil.copytree(OWN.root, folder)
    sources = {"b": "https://weights.example.com/b.bin", "s": "s3://models/s.bin"}
    lines = [f"{name} {source}" for name, source in sources.items()]
    (folder / "artifacts.in").write_text("\n".join([*lines, ""]))
    locked = f"--size=1 --hash=sha256:{'0' * 64}"
    (folder / "locks" / "artifacts.txt").write_text(
        f"{lines[0]} {locked}\n{lines[1]} --region=eu-west-1 {locked}\n"
    )
    return Application(folder)


def test_artifacts_come_from_s3_of_the_region_alone(weights: Application) -> None:
    given = {"wheelCache": "s3://wheels/all", "populatorImage": f"{ECR}:3.11"}
    assert refused(weights, **given) == [
        ("artifacts.in, b", "https://weights.example.com/b.bin"),
    ]
    # In a VPC that is there, the host may be inside.
    given["subnetIds"] = '["subnet-01234567"]'
    settings = Settings.load({**defaults(), "egress": "none", **given}, weights)
    with pytest.raises(ConfigurationError) as caught:
        settings.network(HERE)
    assert [str(problem) for problem in caught.value.problems] == [
        "artifacts.in, s = s3://models/s.bin: egress is none: without internet S3 is reached in "
        "us-east-1 alone. Remedy: copy it to a bucket in the stack's region, name that in "
        "artifacts.in, and run `make lock`"
    ]


def test_an_index_in_a_vpc_that_is_there_is_taken_at_its_word_and_pypi_is_not() -> None:
    given = {"subnetIds": '["subnet-01234567"]', "populatorImage": f"{ECR}:3.11"}
    assert refused(OWN, **given) == [("indexUrl", "'https://pypi.org/simple'")]
    inside = {**given, "indexUrl": "https://index.corp.example/simple", "egress": "none"}
    assert Settings.load({**defaults(), **inside}, OWN).egress == "none"


def test_codeartifact_and_its_credentials_need_endpoints_of_their_own() -> None:
    given = {"indexUrl": CODEARTIFACT, "populatorImage": f"{ECR}:3.11", "indexSecretArn": SECRET}
    settings = Settings.load({**defaults(), "egress": "none", **given}, OWN)
    args = settings.network(HERE_WITH_ZONES)
    assert isinstance(args, NetworkArgs)
    assert set(args.endpoints) == {
        *("ecr.api", "ecr.dkr", "logs", "secretsmanager"),
        *("codeartifact.api", "codeartifact.repositories"),
    }


def test_what_lies_in_another_region_is_refused_all_at_once() -> None:
    given = {"indexUrl": CODEARTIFACT, "populatorImage": f"{ECR}:3.11", "indexSecretArn": SECRET}
    settings = Settings.load({**defaults(), "egress": "none", **given}, OWN)
    with pytest.raises(ConfigurationError) as caught:
        settings.network(Account(id=HERE.id, region="eu-west-1", partition="aws"))
    assert [problem.subject for problem in caught.value.problems] == [
        "populatorImage",
        "indexUrl",
        "indexSecretArn",
    ]
    assert "123456789012.dkr.ecr.eu-west-1.amazonaws.com" in str(caught.value)
