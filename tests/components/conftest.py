"""Builds components in process and hands back what they registered, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from components import (
    Application,
    EfsStore,
    EfsStoreArgs,
    FunctionRole,
    InferenceFunction,
    InferenceFunctionArgs,
    Network,
    NetworkArgs,
    Populator,
    PopulatorArgs,
    Publication,
    PublicationArgs,
    Target,
)

ACCOUNT = "123456789012"
MODEL = "def predict(instances): return instances\n"
TARGET = Target(runtime="python3.11", architecture="arm64", image="python:3.11")


@dataclass
class Built(mocks.Mocks):
    """Resources that a program registered: `type name` -> inputs, as they go to the engine."""

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        key = f"{args.typ.rpartition(':')[2]} {args.name}"
        assert key not in self.resources, f"{key} is registered twice"
        if args.custom is not False:
            self.resources[key] = args.inputs
        arn = f"arn:aws:{key.replace(' ', '/')}"
        return f"{args.name}-id", {
            "arn": arn,
            "name": args.name,
            "version": "1",
            "prefixListId": f"{args.name}-list",
            **args.inputs,
        }

    def call(self, args: mocks.MockCallArgs) -> Any:
        """Where the provider of the caller is; nothing else may be asked."""
        kind = args.token.rpartition(":")[2]
        answers = {
            "getCallerIdentity": {"accountId": ACCOUNT},
            "getRegion": {"region": "us-east-1"},
            "getPartition": {"partition": "aws"},
        }
        return answers[kind]

    def of(self, type_: str) -> dict[str, dict[str, Any]]:
        """Inputs of every resource of a type, by name."""
        return {
            name: inputs
            for key, inputs in self.resources.items()
            for kind, _, name in [key.partition(" ")]
            if kind == type_
        }

    def one(self, type_: str) -> Mapping[str, Any]:
        """Inputs of the only resource of a type."""
        (inputs,) = self.of(type_).values()
        return inputs


Build = Callable[[Callable[[], object]], Built]


@pytest.fixture(scope="session")
def build() -> Build:
    """Runs a function that makes components, and returns what it registered."""

    def run(make: Callable[[], object]) -> Built:
        built = Built()
        mocks.set_mocks(built, project="efs-inference", stack="test", preview=False)

        def program() -> None:
            make()

        run_program: Any = pulumi.runtime.test
        run_program(program)()
        return built

    return run


def application(folder: Path, model: str = MODEL) -> Application:
    """An application with this model, and a lock of six for python3.11 on arm64."""
    (folder / "locks").mkdir(parents=True)
    (folder / "model.py").write_text(model)
    made = Application(folder)
    made.lock_path(TARGET).write_text(f"six==1.17.0 --hash=sha256:{'0' * 64}\n")
    return made


@dataclass
class Chain:
    """Every component, as `__main__.py` puts them together; changed by the arguments' fields.

    With `opts` each of them gets these options.
    """

    application: Application
    network: dict[str, Any] = field(default_factory=dict)
    store: dict[str, Any] = field(default_factory=dict)
    populator: dict[str, Any] = field(default_factory=dict)
    function: dict[str, Any] = field(default_factory=dict)
    opts: pulumi.ResourceOptions | None = None

    def ready(self) -> Populator:
        """All up to the populator."""
        zones = ("us-east-1a", "us-east-1b")
        given: dict[str, Any] = {"cidr": "10.0.0.0/16", "zones": zones}
        network = Network("network", NetworkArgs(**given | self.network), self.opts)
        place: dict[str, Any] = {"network": network, "mount_path": "/mnt/models"}
        store = EfsStore("store", EfsStoreArgs(**place | self.store), self.opts)
        machine: dict[str, Any] = {"store": store, "target": TARGET}
        return Populator("populator", PopulatorArgs(**machine | self.populator), self.opts)

    def publication(self) -> Publication:
        """All up to the release."""
        args = PublicationArgs(populator=self.ready(), application=self.application)
        return Publication("libraries", args, self.opts)

    def __call__(self) -> InferenceFunction:
        """All of them."""
        parts: dict[str, Any] = {
            "application": self.application,
            "role": FunctionRole("inference", None, self.opts),
            "libraries": self.publication(),
        }
        args = InferenceFunctionArgs(**parts | self.function)
        return InferenceFunction("inference", args, self.opts)


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """All components with their defaults, to be changed in a copy (`replace`)."""
    return Chain(application(tmp_path_factory.mktemp("chain") / "application"))


@pytest.fixture(scope="session")
def built(build: Build, chain: Chain) -> Built:
    """What they register."""
    return build(chain)
