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


@pytest.fixture(scope="session")
def build() -> Callable[[Callable[[], object]], Built]:
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


def application(
    folder: Path, model: str = "def predict(instances): return instances\n"
) -> Application:
    """An application with this model, and a lock of six for python3.11 on arm64."""
    (folder / "locks").mkdir(parents=True)
    (folder / "model.py").write_text(model)
    made = Application(folder)
    made.lock_path(TARGET).write_text(f"six==1.17.0 --hash=sha256:{'0' * 64}\n")
    return made


@dataclass
class Chain:
    """Every component, as `__main__.py` puts them together; changed by the arguments' fields."""

    application: Application
    network: dict[str, Any] = field(default_factory=dict)
    store: dict[str, Any] = field(default_factory=dict)
    populator: dict[str, Any] = field(default_factory=dict)
    function: dict[str, Any] = field(default_factory=dict)

    def ready(self) -> Populator:
        """All up to the populator."""
        zones = ("us-east-1a", "us-east-1b")
        network = Network(
            "network", NetworkArgs(**{"cidr": "10.0.0.0/16", "zones": zones} | self.network)
        )
        place: dict[str, Any] = {"network": network, "mount_path": "/mnt/models"}
        store = EfsStore("store", EfsStoreArgs(**place | self.store))
        machine: dict[str, Any] = {"store": store, "target": TARGET}
        return Populator("populator", PopulatorArgs(**machine | self.populator))

    def publication(self) -> Publication:
        """All up to the release."""
        return Publication(
            "libraries", PublicationArgs(populator=self.ready(), application=self.application)
        )

    def __call__(self) -> InferenceFunction:
        """All of them."""
        parts: dict[str, Any] = {
            "application": self.application,
            "role": FunctionRole("inference"),
            "libraries": self.publication(),
        }
        return InferenceFunction("inference", InferenceFunctionArgs(**parts | self.function))
