"""Dynamic resources in the engine."""

from __future__ import annotations

from pathlib import Path

from local.engine import UNKNOWN
from local.project import Project

from ..programs import Recorder, one, preview, project, up

DYNAMIC = """
    import pulumi
    from small_dynamic import Thing

    thing = Thing("thing", {"size": 3, "made": None})
    pulumi.export("made", thing.made)
"""
DYNAMIC_PARTS = """
import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, Resource, ResourceProvider

class Provider(ResourceProvider):
    def configure(self, req):
        self.extra = [req.config.get("extra"), req.config.get("aws:region")]
    def check(self, olds, news):
        failures = [CheckFailure("size", "too large")] if news["size"] > 10 else []
        return CheckResult(news, failures)
    def create(self, props):
        if props["size"] == 7:
            raise ValueError("seven is not made")
        pulumi.log.info("making")
        return CreateResult("id-1", {**props, "made": [props["size"], *self.extra]})

class Thing(Resource, module="small", name="Thing"):
    made: pulumi.Output[list]
    def __init__(self, name, props):
        super().__init__(Provider(), name, props)
"""


def dynamic(tmp_path: Path, size: int = 3) -> Project:
    planned = project(
        tmp_path,
        DYNAMIC.replace("3", str(size)),
        config="extra: {type: string, default: more}",
        stack="config: {aws:region: eu-west-1}",
    )
    (tmp_path / "small_dynamic.py").write_text(DYNAMIC_PARTS)
    return planned


def test_a_dynamic_resource_is_created_with_the_configuration_of_the_stack(tmp_path: Path) -> None:
    recorder = Recorder()
    result = up(dynamic(tmp_path), recorder)
    assert result.outputs == {"made": [3, "more", "eu-west-1"]}
    assert recorder.lines == [("info", "making")]
    thing = one(result, "thing")
    assert (thing.type, thing.id) == ("pulumi-python:dynamic/small:Thing", "id-1")


def test_a_preview_does_not_create_a_dynamic_resource(tmp_path: Path) -> None:
    recorder = Recorder()
    result = preview(dynamic(tmp_path), recorder)
    assert (result.outputs, recorder.lines) == ({"made": UNKNOWN}, [])


def test_a_failed_creation_fails_the_run_with_its_message(tmp_path: Path) -> None:
    assert up(dynamic(tmp_path, size=7)).error == (
        "pulumi-python:dynamic/small:Thing (thing): seven is not made"
    )


def test_an_input_that_a_dynamic_provider_refuses_fails_the_preview(tmp_path: Path) -> None:
    assert preview(dynamic(tmp_path, size=11)).error == (
        "pulumi-python:dynamic/small:Thing (thing): size: too large"
    )
