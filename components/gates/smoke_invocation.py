"""SmokeInvocation: the gate between a new version and the alias. Calls the version once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import pulumi
from pulumi.dynamic import Resource

from ..inputs import Plain
from .call import FirstCall, FunctionVersion
from .gate import GateArgs, GateProvider


class SmokeInvocationProvider(GateProvider):
    """Calls the version when it is new; what it has called it does not call again."""

    replaced_by = ("function_name", "function_version", "account_id", "region")

    def complete(self, props: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Call the version."""
        called = FunctionVersion(
            function=props["function_name"],
            version=props["function_version"],
            event=json.loads(props["event"]),
            account_id=props["account_id"],
            region=props["region"],
            **self.as_whom(props),
        )
        outputs = FirstCall(called, say=pulumi.log.info).complete()
        return f"{called.function}:{called.version}", outputs

    def failed(self, props: dict[str, Any]) -> str:
        """The alias does not move."""
        return f"version {props['function_version']} failed its smoke invocation"


@dataclass(frozen=True, kw_only=True)
class SmokeInvocationArgs(GateArgs):
    """Arguments of `SmokeInvocation`, see also `GateArgs`.

    Attributes:
        function_name: The function.
        function_version: The version to call.
        event: What to call it with: the model's sample request, or `{}`.
    """

    function_name: pulumi.Input[str]
    function_version: pulumi.Input[str]
    event: Annotated[Mapping[str, Any], Plain("it travels as JSON text")] = field(
        default_factory=dict
    )


class SmokeInvocation(Resource, module="efs-inference", name="SmokeInvocation"):
    """One call of a new version with a sample request. It exists when the answer was right.

    Whatever takes the version from here, such as an alias, gets it only after that. Another
    function, version, account or region is called again.
    """

    function_version: pulumi.Output[str]
    seconds: pulumi.Output[float]
    answer: pulumi.Output[str]

    def __init__(
        self, name: str, args: SmokeInvocationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        # As text: Pulumi would make floating-point numbers of integers.
        inputs = {**args.inputs, "event": json.dumps(args.event), "seconds": None, "answer": None}
        super().__init__(SmokeInvocationProvider(), name, inputs, opts)
