"""`make image`: a registry on this machine says what a tag names, and the stack's file says it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from components import image
from components.image.registry import INDEXES, Reference, RegistryError, resolve
from tests.tools.registry import Registry, digest
from tools import image as command

OCI_INDEX, DOCKER_LIST = INDEXES
DOCKER_IMAGE = "application/vnd.docker.distribution.manifest.v2+json"
PROJECT = """\
name: efs-inference
runtime: python
config:
  runtime: {default: python3.11}
  architecture: {default: x86_64}
  populatorImage: {default: ""}
"""


def index(kind: str, *platforms: str) -> bytes:
    """A list of images for platforms such as `linux/amd64`."""
    entries = [
        {
            "digest": digest(each.encode()),
            "platform": dict(zip(("os", "architecture"), each.split("/"), strict=True)),
        }
        for each in platforms
    ]
    return json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).encode()


@pytest.fixture
def registry() -> Iterator[Registry]:
    server = Registry()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


BOTH = ("linux/amd64", "linux/arm64", "unknown/unknown")


@pytest.mark.parametrize("kind", INDEXES)
def test_a_tag_is_resolved_to_the_digest_of_the_list(registry: Registry, kind: str) -> None:
    pushed = registry.push("3.11", kind, index(kind, *BOTH))
    found = resolve(Reference.parse(f"{registry.image}:3.11"))
    assert (found.digest, found.architectures) == (pushed, ("amd64", "arm64"))
    assert registry.asked == [
        "HEAD /v2/lambda/python/manifests/3.11",
        "GET /token?of=all&scope=repository%3Alambda%2Fpython%3Apull&service=small",
        "HEAD /v2/lambda/python/manifests/3.11",
        f"GET /v2/lambda/python/manifests/{pushed}",
    ]


def test_a_registry_without_tokens_and_without_the_digests_header_will_do(
    registry: Registry,
) -> None:
    registry.challenge, registry.digest_header = "", None
    pushed = registry.push("latest", OCI_INDEX, index(OCI_INDEX, *BOTH))
    assert resolve(Reference.parse(registry.image)).digest == pushed


def test_an_access_token_is_a_token(registry: Registry) -> None:
    registry.answer = json.dumps({"access_token": "a+token"}).encode()
    pushed = registry.push("3.11", OCI_INDEX, index(OCI_INDEX, *BOTH))
    assert resolve(Reference.parse(f"{registry.image}:3.11")).digest == pushed


def test_the_configuration_of_an_image_for_one_architecture_is_read_without_the_token(
    registry: Registry,
) -> None:
    config = b'{"architecture": "arm64", "os": "linux"}'
    registry.blobs[digest(config)] = config
    manifest = {"mediaType": DOCKER_IMAGE, "config": {"digest": digest(config)}, "layers": []}
    registry.push("own", DOCKER_IMAGE, json.dumps(manifest).encode())
    assert resolve(Reference.parse(f"{registry.image}:own")).architectures == ("arm64",)
    with pytest.raises(RegistryError, match=r"not there for x86_64: it has linux on arm64\. Rem"):
        image.pinned(f"{registry.image}:own", "x86_64")


def test_a_body_that_is_not_that_of_the_digest_is_refused(registry: Registry) -> None:
    registry.push("3.11", OCI_INDEX, index(OCI_INDEX, *BOTH))
    other = registry.digest_header = digest(b"other")
    registry.manifests[other] = registry.manifests["3.11"]
    with pytest.raises(RegistryError, match=f"and {other} was expected"):
        resolve(Reference.parse(f"{registry.image}:3.11"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"manifests": {}}, "there is no such image or tag"),
        ({"status": 403}, "there is no such image, or it is private"),
        ({"status": 429}, "limits how often this address may ask"),
        ({"status": 500}, "answers 500"),
        ({"challenge": 'Basic realm="here"'}, "asks for a password. Remedy: name the digest by"),
        ({"challenge": 'Bearer realm="http://10.0.0.1/"'}, "which is no https"),
        ({"answer": b"no"}, "is no JSON"),
        ({"answer": b"{}"}, "gives no token"),
        ({"answer": b"[]"}, "is no JSON object"),
    ],
)
def test_what_a_registry_refuses_is_one_readable_line(
    registry: Registry, change: dict[str, object], message: str
) -> None:
    registry.push("3.11", OCI_INDEX, index(OCI_INDEX, *BOTH))
    for name, value in change.items():
        setattr(registry, name, value)
    with pytest.raises(RegistryError) as caught:
        resolve(Reference.parse(f"{registry.image}:3.11"))
    assert str(caught.value).startswith(f"{registry.image}:3.11: ")
    assert message in str(caught.value)


def test_a_registry_that_is_not_there_is_named() -> None:
    message = r"127\.0\.0\.1:9/a:b: 127\.0\.0\.1:9 cannot be reached: .+ Remedy: "
    with pytest.raises(RegistryError, match=message):
        resolve(Reference.parse("127.0.0.1:9/a:b"))


def test_ecr_is_asked_with_its_own_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    from moto import mock_aws

    from components.image.registry import _Session

    reference = Reference.parse("123456789012.dkr.ecr.eu-west-1.amazonaws.com/populate:1")
    with mock_aws():
        said = _Session(reference)._authorized('Basic realm="https://ecr",service="ecr"')
    assert base64.b64decode(said.removeprefix("Basic ")).startswith(b"AWS:")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python", ("registry-1.docker.io", "library/python", "latest", "python")),
        ("python:3.11", ("registry-1.docker.io", "library/python", "3.11", "python")),
        ("me/populate", ("registry-1.docker.io", "me/populate", "latest", "me/populate")),
        ("docker.io/me/p:1", ("registry-1.docker.io", "me/p", "1", "docker.io/me/p")),
        ("localhost/p:1", ("localhost", "p", "1", "localhost/p")),
        ("r.example:5000/p", ("r.example:5000", "p", "latest", "r.example:5000/p")),
        ("r.example/a/p:1@sha256:ab", ("r.example", "a/p", "sha256:ab", "r.example/a/p")),
    ],
)
def test_a_reference_is_read_as_docker_reads_it(text: str, expected: tuple[str, ...]) -> None:
    found = Reference.parse(text)
    assert (found.registry, found.repository, found.version, found.name) == expected


def test_the_command_prints_the_image_by_its_digest(
    registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed = registry.push("intel", OCI_INDEX, index(OCI_INDEX, "linux/amd64"))
    assert image.main([f"{registry.image}:intel"]) == 0
    assert capsys.readouterr().out == f"{registry.image}@{pushed}\n"
    assert image.main([f"{registry.image}:intel", "--architecture", "arm64"]) == 1
    assert capsys.readouterr().err == (
        f"error: {registry.image}:intel is not there for arm64: it has linux on amd64. Remedy: "
        "another image, or another architecture of the stack\n"
    )


STACKS = {
    "set by a tag": "config:\n  efs-inference:populatorImage: {image}:3.11  # base\n  a:b: c\n",
    "in quotes": 'config:\n  "efs-inference:populatorImage": "{image}:3.11"\n  a:b: c\n',
    "without the project": "config:\n  populatorImage: {image}:3.11\n",
}


@pytest.mark.parametrize("text", STACKS.values(), ids=STACKS)
def test_the_stacks_file_names_the_digest_and_keeps_all_else(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    pushed = registry.push("3.11", OCI_INDEX, index(OCI_INDEX, *BOTH))
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "__main__.py").touch()
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(text.format(image=registry.image))
    before = path.read_text()
    assert command.main(["--stack", "prod"], tmp_path) == 0
    after = path.read_text()
    changed = [
        pair
        for pair in zip(before.splitlines(), after.splitlines(), strict=True)
        if pair[0] != pair[1]
    ]
    assert len(changed) == 1
    assert changed[0][1].partition("#")[2] == changed[0][0].partition("#")[2]
    assert f"{registry.image}@{pushed}" in yaml.safe_load(after)["config"].values()
    assert "The next `pulumi up` makes a new release" in capsys.readouterr().out
    assert command.main(["--stack", "prod"], tmp_path) == 0
    assert path.read_text() == after
    assert capsys.readouterr().out == f"Pulumi.prod.yaml names {registry.image}@{pushed} already\n"


NEW = {
    "a block": ("config:\n  aws:region: us-east-1\n  efs-inference:tags:\n    - a=b\n", 1),
    "a wider block": ("config:\n    aws:region: us-east-1\n", 1),
    "nothing": ("", 2),
    "nothing in it": ("config: {}\n", 1),
    "something behind": ("config:\n  aws:region: us-east-1\n\nsecretsprovider: awskms://a\n", 1),
    "a comment at the end": ("config:\n  aws:region: us-east-1\n  # and\n# more\n", 1),
    "no config": ("secretsprovider: awskms://a\n", 2),
}


@pytest.mark.parametrize(("text", "lines"), NEW.values(), ids=NEW)
def test_a_key_that_is_not_there_is_added_to_the_configuration(text: str, lines: int) -> None:
    after = command.with_value(text, "efs-inference", "populatorImage", "a@sha256:b")
    before = yaml.safe_load(text) or {}
    added = {"efs-inference:populatorImage": "a@sha256:b"}
    assert yaml.safe_load(after) == {**before, "config": {**(before.get("config") or {}), **added}}
    assert len(after.splitlines()) == len(text.splitlines()) + lines
    kept = [line for line in text.splitlines() if not line.startswith("config")]
    assert [line for line in after.splitlines() if line in kept] == kept


@pytest.mark.parametrize(
    "text",
    ["config: {aws:region: us-east-1}\n", "config:\n  populatorImage: >\n    python\n"],
)
def test_a_form_that_cannot_be_edited_is_refused_with_the_command(text: str) -> None:
    with pytest.raises(command.StackFileError, match="pulumi config set populatorImage a@sha256:b"):
        command.with_value(text, "p", "populatorImage", "a@sha256:b")


def test_another_image_can_be_named_and_a_wrong_architecture_writes_nothing(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT.replace("x86_64", "arm64"))
    (tmp_path / "__main__.py").touch()
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("config: {}\n")
    registry.push("intel", OCI_INDEX, index(OCI_INDEX, "linux/amd64"))
    pushed = registry.push("both", DOCKER_LIST, index(DOCKER_LIST, *BOTH))
    assert command.main(["--stack", "dev", "--image", f"{registry.image}:intel"], tmp_path) == 1
    assert capsys.readouterr().err.startswith(f"error: {registry.image}:intel is not there for arm")
    assert path.read_text() == "config: {}\n"
    assert command.main(["--stack", "dev", "--image", f"{registry.image}:both"], tmp_path) == 0
    assert (
        path.read_text() == f"config:\n  efs-inference:populatorImage: {registry.image}@{pushed}\n"
    )


def test_a_stack_without_a_file_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--stack", "nowhere"]) == 1
    assert "Pulumi.nowhere.yaml does not exist" in capsys.readouterr().err
