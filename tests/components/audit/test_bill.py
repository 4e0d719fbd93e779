"""The SBOM: valid by CycloneDX's own schema, and that of the release which is meant."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from components.audit import AuditError, Lock, locks
from components.audit.bill import bill_of
from components.contract import Pin, Target

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
PINS = (
    Pin(name="numpy", version="2.2.6", hashes=(ONE,)),
    Pin(name="torch", version="2.3.0+cpu", hashes=(TWO,), url="https://example.org/torch.whl"),
)
LOCK = Lock(target=Target(runtime="python3.12", architecture="arm64"), pins=PINS)

Document = dict[str, Any]


def manifest(**changes: Any) -> bytes:
    files = {
        f"site-packages/{name}/METADATA": [size, "0" * 64]
        for name, size in {"numpy-2.2.6.dist-info": 10, "torch-2.3.0+cpu.dist-info": 5}.items()
    }
    document = {
        "format": 4,
        "release": "0123456789abcdef",
        "python": "3.12.7",
        "architecture": "arm64",
        "created": "2026-11-27T10:00:00+00:00",
        "files": files,
        "links": {},
    }
    return json.dumps(document | changes).encode()


def bill(*arguments: Any) -> Document:
    text = bill_of(*arguments)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document: Document = json.loads(text)
    return document


def properties(component: Document) -> dict[str, str]:
    return {each["name"]: each["value"] for each in component["properties"]}


def test_each_locked_package_is_a_component_with_purl_and_the_hash_of_its_wheel() -> None:
    numpy, torch = bill(LOCK)["components"]

    assert numpy["purl"] == "pkg:pypi/numpy@2.2.6"
    assert numpy["hashes"] == [{"alg": "SHA-256", "content": "1" * 64}]
    # The purl specification percent-encodes the plus of a local version.
    assert torch["purl"] == "pkg:pypi/torch@2.3.0%2Bcpu"
    assert torch["externalReferences"] == [
        {"type": "distribution", "url": "https://example.org/torch.whl"}
    ]


def test_the_manifest_names_the_release_and_stands_for_its_files() -> None:
    document = bill(LOCK, manifest())

    release = document["metadata"]["component"]
    assert release["version"] == "0123456789abcdef"
    assert len(release["hashes"][0]["content"]) == 64
    assert properties(release) == {
        "efs-inference:runtime": "python3.12",
        "efs-inference:architecture": "arm64",
        "efs-inference:files": "2",
        "efs-inference:bytes": "15",
    }
    assert document["metadata"]["timestamp"] == "2026-11-27T10:00:00+00:00"
    (needed,) = [d["dependsOn"] for d in document["dependencies"] if "dependsOn" in d]
    assert needed == ["numpy==2.2.6", "torch==2.3.0+cpu"]


def test_the_serial_number_is_that_of_what_is_listed() -> None:
    other = Lock(target=LOCK.target, pins=PINS[:1])

    numbers = [
        bill(*each)["serialNumber"] for each in [(LOCK,), (LOCK,), (other,), (LOCK, manifest())]
    ]
    assert numbers[0] == numbers[1]
    assert len(set(numbers)) == 3
    assert all(uuid.UUID(number) for number in numbers)


def without_numpy(document: Document) -> Document:
    del document["files"]["site-packages/numpy-2.2.6.dist-info/METADATA"]
    return document


WRONG: list[tuple[Callable[[Document], object], str]] = [
    (without_numpy, r"not made of this lock: numpy \(lock: 2\.2\.6, release: none\)"),
    (
        lambda d: d["files"].update({"site-packages/a_b-1.dist-info/METADATA": [1, ""]}),
        r"not made of this lock: a-b \(lock: none, release: 1\)",
    ),
    (
        lambda d: d.update(python="3.11.9"),
        "for python3.11-arm64, and the lock for python3.12-arm64",
    ),
    (lambda d: d.update(architecture="x86_64"), "Remedy: name the other target"),
    (lambda d: d.pop("release"), "KeyError: 'release'"),
    (lambda d: d.update(created="yesterday"), "cannot be read"),
    (lambda d: d.update(files=[]), "cannot be read"),
    (lambda d: d.update(files={"a": ["1", ""]}), "a has the size '1'"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_a_manifest_that_is_not_of_this_lock_is_refused(
    change: Callable[[Document], object], message: str
) -> None:
    document = json.loads(manifest())
    change(document)

    with pytest.raises(AuditError, match=message):
        bill_of(LOCK, json.dumps(document).encode())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null"])
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(AuditError, match=r"Remedy: name the file manifest\.json"):
        bill_of(LOCK, content)


def test_the_example_s_lock_has_a_valid_sbom() -> None:
    root = Path(__file__).parents[3] / "lambda_src/application"
    (lock,) = locks(root, ["python3.11-x86_64"])

    assert len(bill(lock)["components"]) == len(lock.pins) > 0
