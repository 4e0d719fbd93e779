"""Names under which programs outside this repository find the embedded cloud and its provider."""

from __future__ import annotations

import importlib

import pytest


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("local.cloud", {"Cloud"}),
        ("local.engine", {"UNKNOWN", "Result", "preview", "up"}),
        ("local.provider", {"AwsProvider", "KINDS", "ProviderError", "_integers"}),
        ("local.aws_kind", {"ProviderError"}),
        ("local.aws_resources", {"KINDS"}),
        ("local.project", {"Project", "ProjectError"}),
        ("local.state", {"hold", "remove"}),
    ],
)
def test_what_programs_outside_import_is_found_where_they_look(
    module: str, names: set[str]
) -> None:
    found = importlib.import_module(module)
    assert names - set(vars(found)) == set()


def test_the_provider_has_what_a_plugin_over_it_calls() -> None:
    from local.provider import AwsProvider, _integers

    provider = AwsProvider("eu-central-1", cloud=True)
    assert {"arn", "id"} <= set(provider.computed("aws:iam/role:Role"))
    assert callable(provider._aws.client)
    assert (_integers({"a": 2.0}), type(_integers({"a": 2.0})["a"])) == ({"a": 2}, int)
