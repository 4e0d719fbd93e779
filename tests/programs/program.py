"""A program of somebody else's on an open cloud: the components, put together as it likes."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from local.engine import Verdict, find_packs, judge
from tests.chain import TINY
from tests.deployments import Stack
from tests.lambda_src.conftest import Index

ROOT = Path(__file__).parents[2]
MODEL = """
import os, tiny

SAMPLE = {"instances": [2]}

def load():
    FAILS

def predict(instances):
    if instances == ["exit"]:
        os._exit(1)  # so that the next call is a cold start
    return [tiny.double(x) for x in instances]
"""
# In the function alone: in the populate task it is tried before.
_FAILS = "assert 'AWS_LAMBDA_FUNCTION_NAME' not in os.environ, 'it does not load'"
# What each keyword of `whole` is given goes to the arguments of that component.
PARTS = """
import pathlib, platform, sys
import pulumi, pulumi_aws as aws
import components as efs

config = pulumi.Config()
application = efs.Application(pathlib.Path(__file__).parent / "app")
target = efs.Target(
    runtime=f"python3.{sys.version_info.minor}",
    architecture={"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()],
)

def new_network(name, opts=None, **given):
    zones = efs.Account.of(*given.pop("provider", ())).zones()
    args = efs.NetworkArgs(**{"cidr": "10.0.0.0/16", "zones": zones} | given)
    return efs.Network(f"{name}-network", args, opts)

def published(name, network, opts=None, store=None, populator=None):
    store = store or {}
    kind = efs.ExistingEfsStoreArgs if "file_system_id" in store else efs.EfsStoreArgs
    store = efs.EfsStore(
        f"{name}-store", kind(network=network, **{"mount_path": "/mnt/models"} | store), opts
    )
    populator = efs.Populator(f"{name}-populator", efs.PopulatorArgs(
        store=store, target=target, index_url=config.require("indexUrl"), **populator or {}), opts)
    return efs.Publication(f"{name}-libraries", efs.PublicationArgs(
        populator=populator, application=application), opts)

def served(name, libraries, opts=None, role=None, **given):
    role = role or efs.FunctionRole(f"{name}-role", None, opts)
    return efs.InferenceFunction(name, efs.InferenceFunctionArgs(
        application=application, libraries=libraries, role=role, **given), opts)

"""


class Program(Stack):
    """The stack `dev` of a program, with a small model from a small index."""

    def __init__(self, folder: Path, index: Index, program: str, **config: str) -> None:
        self.folder = folder
        (folder / "app" / "locks").mkdir(parents=True)
        for architecture in ("x86_64", "arm64"):
            for minor in (11, 12, 13, 14):
                lock = folder / "app" / "locks" / f"python3.{minor}-{architecture}.txt"
                lock.write_text(f"{TINY.pin}\n")
        self.write_model()
        (folder / "Pulumi.yaml").write_text("name: theirs\nruntime: python\n")
        (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
        (folder / "__main__.py").write_text(PARTS + textwrap.dedent(program))
        super().__init__(folder, "dev", indexUrl=index.url, **config)

    def write_model(self, *, fails: bool = False) -> None:
        """The model, whose `load` may fail."""
        text = MODEL.replace("FAILS", _FAILS if fails else "pass")
        (self.folder / "app" / "model.py").write_text(text)

    def judged(self) -> Verdict:
        """What the packs say of the result."""
        assert self.result is not None
        return judge(find_packs(ROOT), self.result)

    def ids(self, kind: str) -> dict[str, str]:
        """Ids of the resources of a kind, by name."""
        assert self.result is not None
        return {r.name: r.id for r in self.result.resources if r.type.endswith(f":{kind}")}

    def inputs(self, kind: str) -> dict[str, Any]:
        """Inputs of the resources of a kind, by name."""
        assert self.result is not None
        return {r.name: r.inputs for r in self.result.resources if r.type.endswith(f":{kind}")}

    def output(self, name: str) -> Any:
        """What the program exports."""
        assert self.result is not None
        return self.result.outputs[name]
