"""Artifacts through the whole chain: locked, published beside the libraries, loaded, changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from components.lock import artifacts as locking
from local.cloud import Cloud
from local.engine import find_packs, judge
from tests.chain import ROOT, TRIPLE, Chain
from tests.deployments import Stack, point_clients_at
from tests.lambda_src.artifacts.test_unpack import a_tar
from tests.lambda_src.conftest import Index
from tests.web import Web

pytestmark = pytest.mark.whole

MODEL = """
import tiny

SAMPLE = {"instances": [2]}
WEIGHTS = {}

def load(artifacts):
    for path in sorted(artifacts.rglob("*")):
        if path.is_file():
            WEIGHTS[path.relative_to(artifacts).as_posix()] = path.read_text()

def predict(instances):
    return [WEIGHTS | {"doubled": tiny.double(x)} for x in instances]
"""
ONE = {"instances": [1]}
OF_ARTIFACTS = {
    "BucketObjectv2 artifacts-populate",
    "RolePolicy artifacts-program",
    "TaskDefinition artifacts",
    "PopulatorRun artifacts",
}
# The path with which the model is tried is in its command; its run stays.
OF_A_PATH = {"TaskDefinition libraries"}
OF_A_VERSION = {
    "Function inference",
    "SmokeInvocation inference",
    "Alias inference-live",
    "RetainedVersions inference",
}


class Deployed(Stack):
    """The stack `dev` of a project whose model has weights from everywhere."""

    def __init__(self, chain: Chain, index: Index, web: Web) -> None:
        chain.serve_tiny(index)
        self.chain, self.web = chain, web
        self.application = chain.folder / "lambda_src" / "application"
        (self.application / "model.py").write_text(MODEL)
        (chain.folder / "local.txt").write_text("of this machine")
        packed = a_tar(chain.folder / "packed.tar.gz", {"a/b.txt": b"unpacked", "c.txt": b"too"})
        web.files |= {"/w.txt": b"of the web", "/packed.tar.gz": packed.read_bytes()}
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket="theirs")
        self.s3.put_bucket_versioning(
            Bucket="theirs", VersioningConfiguration={"Status": "Enabled"}
        )
        self.s3.put_object(Bucket="theirs", Key="a b/w+1.txt", Body=b"of S3")
        (self.application / "artifacts.in").write_text(
            f"web.txt {web.url}/w.txt\npacked {web.url}/packed.tar.gz unpack\n"
            "of/s3.txt 's3://theirs/a b/w+1.txt'\nlocal.txt ../../local.txt\n"
        )
        self.lock()
        super().__init__(chain.folder, "dev", **dict(c.split("=", 1) for c in chain.config))

    def lock(self, *upgraded: str) -> str:
        """Make the lock, and say what has changed."""
        had = locking.locked(self.application)
        return locking.write(
            self.application, had, locking.made(self.application, had.values(), upgraded)
        )

    def ran(self) -> dict[str, Any]:
        """What came of the last run of each task."""
        assert self.result is not None
        return {
            r.name: r.outputs["outcome"]
            for r in self.result.resources
            if r.type.endswith(":PopulatorRun")
        }


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, index: Index) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("artifacts")
    web = Web()
    with Cloud(folder / "state", seconds_to_create=0) as cloud, pytest.MonkeyPatch.context() as own:
        point_clients_at(cloud, own)
        made = Deployed(Chain(folder / "project"), index, web)
        assert made.up() is None, made.messages("error")
        yield made
    web.close()


def test_the_model_gets_its_artifacts_wherever_they_came_from(deployed: Deployed) -> None:
    assert deployed.ask(ONE) == {
        "predictions": [
            {
                "web.txt": "of the web",
                "packed/a/b.txt": "unpacked",
                "packed/c.txt": "too",
                "of/s3.txt": "of S3",
                "local.txt": "of this machine",
                "doubled": 2,
            }
        ]
    }
    assert deployed.ran() == {"artifacts": "published", "libraries": "published"}


def test_the_packs_have_nothing_against_it(deployed: Deployed) -> None:
    assert deployed.result is not None
    about = {
        *("file-system-is-protected", "image-has-a-digest", "function-has-reserved-concurrency"),
        "function-has-time-and-memory-to-import",
    }
    verdict = judge(find_packs(ROOT), deployed.result)
    assert [str(f) for f in verdict.findings if f.policy not in about] == []


def test_new_weights_start_their_own_task_alone(deployed: Deployed) -> None:
    deployed.s3.put_object(Bucket="theirs", Key="a b/w+1.txt", Body=b"newer")
    assert deployed.lock().startswith("artifacts: unchanged, ")
    said = deployed.lock("of/s3.txt")
    assert "of/s3.txt 0.0 MB -> 0.0 MB, another content" in said
    assert deployed.up() is None, deployed.messages("error")
    assert deployed.touched() == OF_ARTIFACTS | OF_A_PATH | OF_A_VERSION
    assert deployed.ask(ONE)["predictions"][0]["of/s3.txt"] == "newer"


def test_new_libraries_start_their_own_task_alone(deployed: Deployed) -> None:
    before, (had,) = deployed.ran(), deployed.ask(ONE)["predictions"]
    deployed.chain.lock(TRIPLE.pin)
    assert deployed.up() is None, deployed.messages("error")
    assert "PopulatorRun libraries" in deployed.touched()
    assert not {name for name in deployed.touched() if "artifacts" in name}
    assert deployed.ran()["artifacts"] == before["artifacts"]
    (answer,) = deployed.ask(ONE)["predictions"]
    assert answer == had | {"doubled": 3}


def test_a_comment_and_another_model_start_no_task(deployed: Deployed) -> None:
    deployed.chain.lock(TRIPLE.pin)
    assert deployed.up() is None, deployed.messages("error")
    deployed.chain.lock(TRIPLE.pin + "\n# a comment changes nothing")
    assert deployed.up() is None, deployed.messages("error")
    assert deployed.touched() == set()
    runs = deployed.ran()
    (deployed.application / "model.py").write_text(MODEL + "\n# another model")
    assert deployed.up() is None, deployed.messages("error")
    assert not {name for name in deployed.touched() if "artifacts" in name}
    assert "PopulatorRun libraries" not in deployed.touched()
    assert deployed.ran() == runs


def test_a_version_that_is_gone_leaves_the_live_one(deployed: Deployed) -> None:
    live, before = deployed.live, deployed.ask(ONE)
    deployed.s3.put_object(Bucket="theirs", Key="a b/w+1.txt", Body=b"soon gone")
    deployed.lock("of/s3.txt")
    text = (deployed.application / "locks" / "artifacts.txt").read_text()
    (version,) = re.findall(r"versionId=([^' ]+)", text)
    deployed.s3.delete_object(Bucket="theirs", Key="a b/w+1.txt", VersionId=version)
    error = deployed.up()
    assert error is not None
    said = deployed.messages("error")
    assert "of/s3.txt cannot be fetched from https://s3." in said
    assert "S3 answers 404 NoSuchVersion" in said
    assert deployed.live == live
    assert deployed.ask(ONE) == before
