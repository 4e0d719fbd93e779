"""What a stack's state keeps of the dynamic providers, and how it survives a move of their code."""

from __future__ import annotations

import base64
import json
import pickletools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2

from components.gates import (
    PlacementProvider,
    PopulateTasksProvider,
    PopulatorRunProvider,
    RetainedVersionsProvider,
    SmokeInvocationProvider,
)
from tests.protocol import running, struct

# What the release of commit e834d64 wrote into the state.
FORMER: dict[str, str] = json.loads(
    (Path(__file__).parent / "data" / "providers_0_1_0.json").read_text(encoding="ascii")
)
PROVIDERS = {"PopulatorRun": PopulatorRunProvider, "SmokeInvocation": SmokeInvocationProvider}
KINDS = sorted(PROVIDERS)
LATER = {
    "Placement": PlacementProvider,
    "PopulateTasks": PopulateTasksProvider,
    "RetainedVersions": RetainedVersionsProvider,
}
INPUTS = {"release_id": "0123456789abcdef", "function_version": "1", "region": "eu-central-1"}


def current(kind: str) -> str:
    return str(serialize_provider((PROVIDERS | LATER)[kind]()))


@pytest.fixture(scope="module")
def servicer() -> Iterator[Any]:
    with running() as stub:
        yield stub


def diff(stub: Any, olds: dict[str, Any], news: dict[str, Any]) -> Any:
    return stub.Diff(
        provider_pb2.DiffRequest(id="id", urn="urn", olds=struct(olds), news=struct(news))
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_reference_that_has_changed_is_renewed_by_an_update(servicer: Any, kind: str) -> None:
    olds = {**INPUTS, "__provider": base64.b64encode(b"a module that is gone").decode()}
    news = {**INPUTS, "__provider": current(kind)}
    found = diff(servicer, olds, news)
    assert (found.changes, list(found.replaces)) == (provider_pb2.DiffResponse.DIFF_SOME, [])
    updated = servicer.Update(
        provider_pb2.UpdateRequest(id="id", urn="urn", olds=struct(olds), news=struct(news))
    )
    assert dict(updated.properties) == news
    again = diff(servicer, dict(updated.properties), news)
    assert again.changes == provider_pb2.DiffResponse.DIFF_NONE
    servicer.Delete(provider_pb2.DeleteRequest(id="id", urn="urn", properties=updated.properties))


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_first_release_wrote_can_be_diffed_read_and_deleted(
    servicer: Any, kind: str
) -> None:
    """A `destroy`, a `refresh`, or a replacement comes before the reference is renewed."""
    olds = {**INPUTS, "__provider": FORMER[kind]}
    found = diff(servicer, olds, {**INPUTS, "__provider": current(kind)})
    assert not found.replaces
    read = servicer.Read(provider_pb2.ReadRequest(id="id", urn="urn", properties=struct(olds)))
    assert read.id == "id"
    servicer.Delete(provider_pb2.DeleteRequest(id="id", urn="urn", properties=struct(olds)))


@pytest.mark.parametrize("kind", [*KINDS, *LATER])
def test_the_names_that_the_state_refers_to_stay(kind: str) -> None:
    """A move or a new name makes `refresh` and `destroy` fail until the next `up`."""
    names = [
        argument
        for operation, argument, _ in pickletools.genops(base64.b64decode(current(kind)))
        if operation.name == "SHORT_BINUNICODE"
    ]
    assert names == ["efs_inference.gates", f"{kind}Provider"]


@pytest.mark.parametrize("kind", [*KINDS, *LATER])
def test_the_name_of_the_folder_here_is_understood_too(
    servicer: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """It was the one in the state between 0.1 and 0.2."""
    monkeypatch.setattr((PROVIDERS | LATER)[kind], "__module__", "components.gates")
    olds = struct({**INPUTS, "__provider": current(kind)})
    assert b"components.gates" in base64.b64decode(current(kind))
    read = servicer.Read(provider_pb2.ReadRequest(id="id", urn="urn", properties=olds))
    assert read.id == "id"
