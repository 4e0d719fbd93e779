"""The table of runtimes, and that nothing else knows them."""

from __future__ import annotations

import json
from pathlib import Path

import pulumi_aws as aws
import pytest
import yaml
from botocore.loaders import Loader
from packaging.tags import Tag

from components.contract import Application, Target, read_lock
from components.contract.runtimes import MACHINES, RUNTIMES, cost
from components.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
OWN = Application(ROOT / "lambda_src" / "application")


def test_each_is_supported_as_long_as_the_guardrails_say() -> None:
    path = ROOT / "policies" / "reading" / "reference" / "runtimes.json"
    known = json.loads(path.read_text())["table"]
    assert {r.name: known[r.name] for r in RUNTIMES.values()} == {
        r.name: r.supported_until for r in RUNTIMES.values()
    }


def test_lambda_and_pulumi_know_each() -> None:
    model = Loader().load_service_model("lambda", "service-2")
    assert set(RUNTIMES) <= set(model["shapes"]["Runtime"]["enum"])
    assert set(RUNTIMES) <= {runtime.value for runtime in aws.lambda_.Runtime}


def test_the_project_file_names_each() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]["runtime"]
    assert all(name in declared["description"] for name in RUNTIMES)
    assert declared["default"] == next(iter(RUNTIMES))


def test_no_other_file_lists_them() -> None:
    """A message or an example may name one."""
    files = [path for room in ("components", "local") for path in (ROOT / room).rglob("*.py")]
    table = ROOT / "components" / "contract" / "runtimes.py"
    listing = [p for p in files if sum(name in p.read_text() for name in RUNTIMES) > 1]
    assert listing == [table]


@pytest.mark.parametrize("machine", MACHINES.values())
def test_amazon_linux_2023_takes_wheels_up_to_its_glibc(machine: str) -> None:
    architecture = next(name for name, kernel in MACHINES.items() if kernel == machine)
    tags = Target(runtime="python3.14", architecture=architecture).tags()
    assert Tag("cp314", "cp314", f"manylinux_2_34_{machine}") in tags
    assert Tag("cp314", "cp314", f"manylinux_2_35_{machine}") not in tags
    assert Tag("cp313", "cp313", f"manylinux_2_34_{machine}") not in tags


def test_what_python311_costs_is_said_with_the_way_out_and_of_the_others_there_is_none() -> None:
    said = cost("python3.11")
    assert "glibc 2.26" in said
    assert "until 2027-06-30" in said
    assert "set runtime to python3.12 or python3.13 or python3.14" in said
    assert [cost(name) for name in RUNTIMES if name != "python3.11"] == [""] * 3


def test_all_that_a_target_gets_wrong_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Target(runtime="python3.15", architecture="amd64")
    said = [str(problem) for problem in caught.value.problems]
    assert said[0].startswith("Target.runtime = 'python3.15': libraries are made for python3.11, ")
    assert said[1].startswith("Target.architecture = 'amd64': libraries are made for x86_64, arm64")


def test_a_target_without_a_lock_names_those_that_have_one() -> None:
    """TensorFlow has pre-releases only for Python 3.14, which the application does not ask for."""
    with pytest.raises(ConfigurationError) as caught:
        read_lock(OWN, Target(runtime="python3.14"))
    (problem,) = caught.value.problems
    assert "python3.14-x86_64.txt does not exist" in problem.rule
    assert problem.remedy.endswith("a `# lock: runtimes ...` in requirements.in may leave it out")
    assert "python3.13-arm64, python3.13-x86_64" in problem.remedy
