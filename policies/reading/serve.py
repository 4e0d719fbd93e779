"""Runs a pack as the process that Pulumi asks."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel, Policy, PolicyPack, policy

from .pack import analysis_of
from .sources import from_request


@contextmanager
def _without_collector() -> Iterator[None]:
    """Let no garbage be looked for: in a large stack that takes longer than all rules do."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_once(servicer: type[Any]) -> type[Any]:
    """The SDK's service, that reads a stack once for all policies instead of once for each."""

    class ReadOnce(servicer):  # type: ignore[misc]
        def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's
            with _without_collector(), analysis_of(from_request(request)):
                # Nothing to read for the SDK; its part is levels, configuration and the answer.
                return super().AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(), context)

    return ReadOnce


def serve(name: str, description: str, policies: list[Policy]) -> None:
    """Serve the pack until the engine ends it."""
    servicer: Any = getattr(policy, "_PolicyAnalyzerServicer", None)
    # The name is private. Without it the SDK reads the stack for each policy, which only takes
    # longer: a policy that is given resources judges those.
    if hasattr(servicer, "AnalyzeStack"):
        setattr(policy, "_PolicyAnalyzerServicer", read_once(servicer))  # noqa: B010 - no type
    PolicyPack(name, policies, EnforcementLevel.MANDATORY, description=description)
