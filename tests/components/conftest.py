"""Builds components in process and hands back what they registered, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

ACCOUNT = "123456789012"


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
        return f"{args.name}-id", {"arn": arn, "name": args.name, "version": "1", **args.inputs}

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"a component asked for data: {args.token}")

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
