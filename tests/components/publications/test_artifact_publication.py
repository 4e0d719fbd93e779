"""ArtifactPublication: its task, its rights, and what the libraries and the function get."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from components import (
    Application,
    ArtifactPublication,
    ArtifactPublicationArgs,
    Artifacts,
    ConfigurationError,
    FunctionRole,
    InferenceFunction,
    InferenceFunctionArgs,
    Populator,
    Publication,
    PublicationArgs,
    Target,
)
from components.contract.artifacts import Artifact, S3Object, Wish, digest, read_wishes, render
from components.resources import Bucket

from ..conftest import Build, Chain, application

SHA = "a" * 64


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    """An application with artifacts from everywhere."""
    app = application(tmp_path / "app")
    local = tmp_path / "local.bin"
    local.write_bytes(b"local")
    app.artifacts_path.write_text(
        "web https://example.com/x\none s3://one/k*y\ntwo 's3://two/k?versionId=v'\n"
        "local ../local.bin\nsame ../local.bin\n"
    )
    size, sha256 = digest(local)
    wishes = {wish.name: wish for wish in read_wishes(app.artifacts_path) or ()}
    key = "arn:aws:kms:eu-west-1:123456789012:key/k"
    found = [
        Artifact(wish=wishes["web"], size=1, sha256=SHA),
        Artifact(wish=wishes["one"], size=1, sha256=SHA, region="eu-west-1", kms_key_arn=key),
        Artifact(wish=wishes["two"], size=1, sha256=SHA, region="us-east-1"),
        Artifact(wish=wishes["local"], size=size, sha256=sha256),
        Artifact(wish=wishes["same"], size=size, sha256=sha256),
    ]
    app.artifacts_lock_path.write_text(render(found))
    return Chain(app)


def artifacts_of(
    populator: Populator, app: Application, name: str = "artifacts"
) -> ArtifactPublication:
    return ArtifactPublication(name, ArtifactPublicationArgs(populator=populator, application=app))


def all_of(chain: Chain) -> None:
    """As `__main__.py` does it."""
    app, populator = chain.application, chain.ready()
    artifacts = ArtifactPublication.of(
        "artifacts", ArtifactPublicationArgs(populator=populator, application=app)
    )
    args = PublicationArgs(populator=populator, application=app, artifacts=artifacts)
    served("inference", app, Publication("tried", args))


def served(
    name: str, app: Application, libraries: Publication, artifacts: Any = None
) -> InferenceFunction:
    args = InferenceFunctionArgs(
        application=app, libraries=libraries, artifacts=artifacts, role=FunctionRole(name)
    )
    return InferenceFunction(name, args)


@pytest.fixture
def uploaded(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, bytes]]:
    """What the packages hold that are uploaded, by the component's name."""
    found: dict[str, dict[str, bytes]] = {}
    plain = Bucket.upload

    def upload(self: Bucket, name: str, kind: str, package: Any, child: Any) -> Any:
        with zipfile.ZipFile(package.path) as archive:
            found[f"{name}-{kind}"] = {n: archive.read(n) for n in archive.namelist()}
        return plain(self, name, kind, package, child)

    monkeypatch.setattr(Bucket, "upload", upload)
    return found


def test_the_task_gets_the_installer_and_the_list_and_nothing_of_the_user(
    build: Build, chain: Chain, uploaded: dict[str, dict[str, bytes]]
) -> None:
    build(lambda: all_of(chain))
    files = uploaded["artifacts-populate"]
    assert "model.py" not in files
    assert {name.split("/")[0] for name in files} == {"release"}
    listing = {entry["name"]: entry for entry in json.loads(files["release/artifacts.json"])}
    urls = {name: (entry["url"], entry["signed"]) for name, entry in listing.items()}
    assert urls["web"] == ("https://example.com/x", False)
    assert urls["one"] == ("https://s3.eu-west-1.amazonaws.com/one/k%2Ay", True)
    assert urls["two"] == ("https://s3.us-east-1.amazonaws.com/two/k?versionId=v", True)
    assert urls["local"] == urls["same"]
    _, sha256 = digest(chain.application.root / "../local.bin")
    assert urls["local"][0].endswith(f".s3.us-east-1.amazonaws.com/artifacts/{sha256}")


def test_the_role_may_read_these_objects_and_nothing_else(build: Build, chain: Chain) -> None:
    built = build(lambda: all_of(chain))
    policy = json.loads(built.of("RolePolicy")["artifacts-program"]["policy"])
    program, *statements = policy["Statement"]
    assert program["Action"] == "s3:GetObject"
    assert "/populate/" in program["Resource"]
    bucket = program["Resource"].split(":::")[1].split("/")[0]
    _, sha256 = digest(chain.application.root / "../local.bin")
    allowed = [(each["Effect"], each["Action"], each["Resource"]) for each in statements]
    assert allowed == [
        ("Allow", "kms:Decrypt", ["arn:aws:kms:eu-west-1:123456789012:key/k"]),
        ("Allow", "s3:GetObject", ["arn:aws:s3:::one/k${*}y"]),
        ("Allow", "s3:GetObjectVersion", ["arn:aws:s3:::two/k"]),
        ("Allow", "s3:GetObject", f"arn:aws:s3:::{bucket}/artifacts/{sha256}"),
    ]


def test_task_libraries_and_function_name_one_release(build: Build, chain: Chain) -> None:
    built = build(lambda: all_of(chain))
    definitions = built.of("TaskDefinition")
    commands = {
        name: json.loads(inputs["containerDefinitions"])[0]["command"]
        for name, inputs in definitions.items()
    }
    (_, release) = commands["artifacts"][1:3]
    assert commands["artifacts"] == [
        *("fetch", "--release", release, "--artifacts", "release/artifacts.json"),
        *("--timeout", "1800"),
    ]
    tried = commands["tried"]
    assert tried[tried.index("--artifacts") + 1] == release
    variables = built.one("Function")["environment"]["variables"]
    assert variables == {"RELEASE_PATH": tried[2], "ARTIFACTS_PATH": release}
    assert release.startswith("/mnt/models/releases/")


def test_without_artifacts_in_nothing_is_different(build: Build, chain: Chain) -> None:
    chain.application.artifacts_path.unlink()
    built = build(lambda: all_of(chain))
    assert not [key for key in built.resources if "artifacts" in key]
    variables = built.one("Function")["environment"]["variables"]
    assert set(variables) == {"RELEASE_PATH"}
    with pytest.raises(ConfigurationError, match=r"artifacts.in does not exist"):
        build(lambda: artifacts_of(chain.ready(), chain.application))


def test_too_many_objects_for_a_policy_are_refused(build: Build, chain: Chain) -> None:
    app = chain.application
    found = [
        Artifact(
            wish=Wish(f"n{number}", S3Object("bucket", f"{'long' * 20}{number}")),
            size=1,
            sha256=SHA,
            region="us-east-1",
        )
        for number in range(100)
    ]
    app.artifacts_path.write_text("\n".join(str(each.wish) for each in found))
    app.artifacts_lock_path.write_text(render(found))
    with pytest.raises(ConfigurationError, match="pack them into one archive with `unpack`"):
        build(lambda: artifacts_of(chain.ready(), chain.application))


def test_without_internet_only_s3_in_the_same_region_is_reached(build: Build, chain: Chain) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/lambda/python:3.11"
    chain.network = {"egress": "none"}
    chain.populator = {
        "target": Target(runtime="python3.11", architecture="arm64", image=image),
        "wheel_cache": "s3://cache/wheels",
    }
    with pytest.raises(ConfigurationError) as raised:
        build(lambda: artifacts_of(chain.ready(), chain.application))
    assert [(p.subject, p.rule) for p in raised.value.problems] == [
        ("artifacts.in, one", "without internet S3 is reached in us-east-1 alone"),
        (
            "artifacts.in, web",
            "in a VPC of the stack's own without internet, a task reaches AWS's endpoints alone",
        ),
    ]


def test_artifacts_on_another_file_system_are_refused(build: Build, chain: Chain) -> None:
    def apart() -> None:
        app, populator = chain.application, chain.ready()
        artifacts = artifacts_of(populator, app)
        artifacts.store = object()  # type: ignore[assignment]
        args = PublicationArgs(populator=populator, application=app, artifacts=artifacts)
        Publication("libraries", args)

    with pytest.raises(ConfigurationError, match="a function mounts one file system"):
        build(apart)


def test_an_artifacts_in_that_no_model_would_get_is_refused(build: Build, chain: Chain) -> None:
    with pytest.raises(ConfigurationError) as raised:
        build(chain.publication)
    (problem,) = raised.value.problems
    path = chain.application.artifacts_path
    assert str(problem) == (
        f"artifacts of libraries = none: its model is to get what {path} names. Remedy: give it "
        "artifacts=, an ArtifactPublication of this application, or remove the file"
    )


def functions(chain: Chain, other: Application, *, given: bool) -> None:
    """Two functions, each with an artifacts.in, on one release of libraries."""
    populator = chain.ready()
    apps = {"first": chain.application, "second": other}
    made = {name: artifacts_of(populator, app, f"{name}-artifacts") for name, app in apps.items()}
    args = PublicationArgs(
        populator=populator, application=chain.application, artifacts=made["first"]
    )
    libraries = Publication("libraries", args)
    for name, app in apps.items():
        served(name, app, libraries, made[name] if given else None)


@pytest.fixture
def other(tmp_path: Path) -> Application:
    """An application with other artifacts."""
    app = application(tmp_path / "other")
    app.artifacts_path.write_text("web https://example.com/y\n")
    (wish,) = read_wishes(app.artifacts_path) or ()
    app.artifacts_lock_path.write_text(render([Artifact(wish=wish, size=2, sha256="b" * 64)]))
    return app


def test_two_functions_get_their_own_artifacts_on_one_release_of_libraries(
    build: Build, chain: Chain, other: Application
) -> None:
    built = build(lambda: functions(chain, other, given=True))
    made = built.of("Function")
    paths = [
        made[name]["environment"]["variables"]["ARTIFACTS_PATH"] for name in ("first", "second")
    ]
    ids = [found.id for app in (chain.application, other) if (found := Artifacts.of(app))]
    assert paths == [f"/mnt/models/releases/{each}" for each in ids]


def test_a_function_does_not_silently_get_the_artifacts_of_another(
    build: Build, chain: Chain, other: Application
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        build(lambda: functions(chain, other, given=False))
    assert "artifacts of second = those of another artifacts.in: its model is to get" in (
        str(raised.value)
    )
