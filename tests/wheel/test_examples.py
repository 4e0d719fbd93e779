"""The programs in examples/: the steps of their README.md, with the wheel alone."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from components import lock
from tests.chain import SharedChain
from tests.documents.commands import commands_of
from tests.documents.pages import PAGES, anchors, codes, links
from tests.wheel.installed import ROOT, User

EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/*/Pulumi.yaml"))
NAMES = [folder.name for folder in EXAMPLES]
KERAS = ROOT / "examples" / "keras-artifact"
SMALL = [folder for folder in EXAMPLES if folder != KERAS]
STORE = (
    "urn:pulumi:dev::keras-artifact::efs-inference:index:EfsStore$aws:efs/fileSystem:FileSystem"
    "::store"
)
LOCAL = ["-m", "efs_inference.local"]
ANSWER = re.compile(r"(?:^|-> )(\{.*\})$", re.MULTILINE)
examples = pytest.mark.parametrize("folder", EXAMPLES, ids=NAMES)


def copied(example: Path, folder: Path, environment: Path) -> User:
    """Somebody who has copied an example, and made the environment that its README.md asks for."""
    left = shutil.ignore_patterns(".venv", ".local", "__pycache__")
    shutil.copytree(example, folder / example.name, ignore=left)
    return User(folder / example.name, environment)


def steps(readme: Path) -> list[list[str]]:
    """The words of its commands on the embedded cloud, as far as they come before AWS."""
    found = [command.words for command in commands_of(readme) if command.typed]
    return [[*words[1:]] for words in found if [*words[1:3]] == LOCAL]


def answers(text: str) -> list[Any]:
    """What functions have answered, in what a command shows."""
    return [json.loads(found) for found in ANSWER.findall(text)]


def test_there_is_one_for_each_of_these() -> None:
    assert NAMES == ["existing-vpc", "keras-artifact", "scikit-learn", "two-models"]


@examples
def test_it_is_a_short_program_of_its_own(folder: Path) -> None:
    text = (folder / "__main__.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 35
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else map(_name, node.names))
        if name is not None
    }
    assert imported - sys.stdlib_module_names == {"efs_inference", "pulumi"}


def _name(alias: ast.alias) -> str:
    return alias.name


@examples
def test_its_requirements_are_this_repository_with_what_a_developer_needs(folder: Path) -> None:
    text = (folder / "requirements.txt").read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if not line.startswith("#"))
    path, _, extras = line.partition("[")
    assert (folder / path).resolve() == ROOT
    assert extras == "local,lock]"


@examples
def test_its_locks_are_those_of_its_requirements(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for requirements in folder.glob("*/requirements.in"):
        status = lock.main(["--check", "--directory", str(requirements.parent)])
        assert (status, capsys.readouterr().err) == (0, "")
        # Of TensorFlow for Python 3.14 there are pre-releases only.
        runtimes = 3 if folder == KERAS else 4
        assert len(list(requirements.parent.glob("locks/python3.*.txt"))) == 2 * runtimes


def test_the_libraries_of_keras_are_those_of_this_repository() -> None:
    """So they are one release. Copy the locks of lambda_src/application if they part."""
    for path in (ROOT / "lambda_src" / "application" / "locks").glob("python3.*.txt"):
        theirs = (KERAS / "application" / "locks" / path.name).read_text(encoding="utf-8")
        assert theirs.splitlines()[1:] == path.read_text(encoding="utf-8").splitlines()[1:], path


@examples
def test_its_readme_leads_somewhere_and_a_page_leads_to_it(folder: Path) -> None:
    readme = folder / "README.md"
    for link in links(readme):
        path, _, anchor = link.partition("#")
        target = (folder / path).resolve()
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
    files = [code for code in codes(readme) if re.fullmatch(r"[\w/-]+(\.(py|in|csv)|/)", code)]
    assert [name for name in files if not _is_in(folder, name)] == []
    assert files
    page = next(page for page in PAGES if page.name == "examples.md")
    assert f"../examples/{folder.name}/README.md" in links(page)


def _is_in(folder: Path, name: str) -> bool:
    return (folder / name).exists() or bool(list(folder.glob(f"*/{name}")))


@pytest.mark.whole
@pytest.mark.parametrize("folder", SMALL, ids=lambda folder: str(folder.name))
def test_its_steps_give_what_its_readme_says(
    folder: Path, environment: Path, tmp_path: Path
) -> None:
    follow(copied(folder, tmp_path, environment))


@pytest.mark.whole
@pytest.mark.tensorflow
def test_the_steps_with_keras_publish_the_weights_beside_the_libraries_that_are_there(
    environment: Path, tensorflow: SharedChain, tmp_path: Path
) -> None:
    """On the release of this repository's application, whose locks the example has."""
    user = copied(KERAS, tmp_path, environment)
    (release,) = tensorflow.releases()
    # A file system's directory has the name of its token, which follows from its URN.
    digits = hashlib.sha256(STORE.encode()).hexdigest()[:7]
    folder = user.folder / ".local" / "dev" / "efs" / f"store-{digits}" / "libraries" / "releases"
    shutil.copytree(release, folder / release.name, copy_function=os.link)
    shown = follow(user)
    assert "\n  populate    libraries: release found, nothing installed\n" in shown
    assert "\n  populate    weights: 1 file, 0 MB in " in shown


def follow(user: User) -> str:
    """Take the steps of a README.md; what `up` has shown."""
    shown = ""
    readme = user.folder / "README.md"
    given: list[Any] = []
    for words in steps(readme):
        done = user.run(*words)
        assert done.returncode == 0, shlex.join(words) + done.stdout + done.stderr
        assert "not emulated" not in done.stdout + done.stderr
        given += answers(done.stdout)
        # What only the creation tells is all that a preview leaves open.
        assert " not-judged (" not in done.stdout
        if "up" in words:
            shown = done.stdout
            assert "  verdict     nothing to complain about\n" in shown
    wanted = [json.loads(code) for code in codes(readme) if code.startswith('{"predictions"')]
    assert given == wanted != []
    return shown


THERE = """
import io, json, os, pathlib
import boto3
from efs_inference.local import PACKS, engine
from efs_inference.local.cloud import Cloud
from efs_inference.local.commands import Screen, host_config
from efs_inference.local.commands.deployed import Deployment
from efs_inference.local.project import Project
from efs_inference.local.provider import AwsProvider

root = pathlib.Path.cwd()
screen = Screen(io.StringIO())
project = Project.load(root, "prod")
with Cloud(root / "state", region=project.region, seconds_to_create=0) as cloud:
    os.environ.update(cloud.environment())
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.1.{number}.0/24", AvailabilityZone=f"{project.region}{zone}"
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    ec2.create_route(
        RouteTableId=tables["RouteTables"][0]["RouteTableId"],
        DestinationCidrBlock="0.0.0.0/0",
        NatGatewayId=nat["NatGatewayId"],
    )
    project = Project.load(root, "prod", {"subnetIds": json.dumps(subnets)})
    provider = AwsProvider(project.region, cloud=True)
    result = engine.up(host_config(project, screen), provider, screen)
    assert result.error is None, result.error
    verdict = engine.judge(engine.find_packs(PACKS), result)
    deployment = Deployment(result=result, verdict=verdict)
    answer = deployment.function(None).invoke({"instances": [[6, 8]]})
    (function,) = result.of_type("aws:lambda/function:Function")
    targets = result.of_type("aws:efs/mountTarget:MountTarget")
    VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
    print(json.dumps({
        "subnets": sorted(subnets),
        "answer": answer.payload,
        "function": sorted(function.inputs["vpcConfig"]["subnetIds"]),
        "targets": sorted(target.inputs["subnetId"] for target in targets),
        "made": [r.name for r in result.resources if r.type in (VPC, SUBNET)],
        "said": sorted(finding.policy for finding in verdict.findings),
        "open": sorted(f.message.splitlines()[-1] for f in verdict.findings if "not-" in f.policy),
    }))
"""


@pytest.mark.whole
def test_the_stack_in_an_existing_vpc_is_deployed_there_and_answers(
    environment: Path, tmp_path: Path
) -> None:
    user = copied(ROOT / "examples" / "existing-vpc", tmp_path, environment)
    (user.folder / "there.py").write_text(THERE)
    done = user.run("there.py")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["answer"] == {"predictions": [10.0]}
    assert found["function"] == found["targets"] == found["subnets"]
    assert found["made"] == []
    # What a stack that goes live may want, and what nobody can see of subnets made elsewhere.
    assert found["said"] == [
        *("file-system-is-protected", "function-has-reserved-concurrency", "image-has-a-digest"),
        *["not-judged"] * 2,
    ]
    for said, subnet in zip(found["open"], found["subnets"], strict=True):
        what = f"has a way to its packages from subnet {subnet}; subnet {subnet} is made elsewhere."
        assert said.endswith(what)


def test_the_prod_stack_of_the_existing_vpc_names_subnets() -> None:
    path = ROOT / "examples" / "existing-vpc" / "Pulumi.prod.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
    assert len(config["existing-vpc:subnetIds"]) == 2
