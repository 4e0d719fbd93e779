"""The software bill of materials (SBOM) of a release, in CycloneDX's form."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.utils import canonicalize_name, canonicalize_version

from ..contract import Pin
from .locks import AuditError, Lock

# PyPA, Recording installed projects: `<name>-<version>.dist-info` for each project.
_INSTALLED = re.compile(r"site-packages/([^/]+)-([^/-]+)\.dist-info/METADATA")
_NAMESPACE = uuid.UUID("9ab08a8b-6b1e-5b8c-9c37-5f1c2f1b7f3e")


def bill_of(lock: Lock, manifest: bytes | None = None) -> str:
    """The SBOM of a lock, or of the release that was made of it, as JSON in CycloneDX 1.6.

    It has a component for each package of the lock, with its package URL and the SHA-256 of its
    wheel. With the manifest of the published release it names that release, with the SHA-256 of
    the manifest, which in turn has that of every file; the release has to have the packages of the
    lock and no others. The same lock or release has the same serial number. Libraries that a wheel
    carries inside are not listed.

    Raises:
        AuditError: The manifest is none, or the release is not made of this lock.
    """
    pins = sorted(lock.pins)
    parts = [_component(pin) for pin in pins]
    made_of = [lock.target.name, *map(str, pins)]
    bill = Bom(components=parts)
    whole = Component(
        type=ComponentType.APPLICATION,
        name="efs-inference-release",
        bom_ref="release",
        properties=[
            Property(name="efs-inference:runtime", value=lock.target.runtime),
            Property(name="efs-inference:architecture", value=lock.target.architecture),
        ],
    )
    if manifest is not None:
        document = _read(manifest)
        _compare(lock, document)
        bill.metadata.timestamp = datetime.fromisoformat(document["created"])
        whole.version = document["release"]
        whole.hashes.add(_hash(_sha256(manifest)))
        sizes = [size for size, _ in document["files"].values()]
        whole.properties.add(Property(name="efs-inference:files", value=str(len(sizes))))
        whole.properties.add(Property(name="efs-inference:bytes", value=str(sum(sizes))))
        made_of.append(_sha256(manifest))
    bill.serial_number = uuid.uuid5(_NAMESPACE, "\n".join(made_of))
    bill.metadata.component = whole
    bill.register_dependency(whole, parts)
    writer = make_outputter(bill, OutputFormat.JSON, SchemaVersion.V1_6)
    return str(writer.output_as_string(indent=2)) + "\n"


def packages_in(files: Iterable[str]) -> dict[str, str]:
    """Name and version of each package that is installed in a release with these files."""
    found = (_INSTALLED.fullmatch(path) for path in files)
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def _component(pin: Pin) -> Component:
    part = Component(
        type=ComponentType.LIBRARY,
        name=pin.name,
        version=pin.version,
        purl=PackageURL("pypi", name=pin.name, version=pin.version),
        bom_ref=f"{pin.name}=={pin.version}",
        hashes=[_hash(each.partition(":")[2]) for each in pin.hashes],
    )
    if pin.url:
        part.external_references.add(
            ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(pin.url))
        )
    return part


def _read(manifest: bytes) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(manifest)
        datetime.fromisoformat(document["created"])
        for path, (size, _) in document["files"].items():
            if not isinstance(size, int):
                raise TypeError(f"{path} has the size {size!r}")
        for name in ("release", "python", "architecture"):
            if not isinstance(document[name], str):
                raise TypeError(f"{name} is {document[name]!r}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AuditError(
            f"the manifest cannot be read ({type(error).__name__}: {error}). Remedy: name the "
            "file manifest.json of a published release"
        ) from error
    return document


def _compare(lock: Lock, document: Mapping[str, Any]) -> None:
    made = f"python{document['python'].rpartition('.')[0]}-{document['architecture']}"
    if made != lock.target.name:
        raise AuditError(
            f"the release is for {made}, and the lock for {lock.target.name}. Remedy: name the "
            f"other target: --target {made}"
        )
    locked = {pin.name: canonicalize_version(pin.version) for pin in lock.pins}
    there = {
        name: canonicalize_version(version)
        for name, version in packages_in(document["files"]).items()
    }
    differing = sorted(
        f"{name} (lock: {locked.get(name, 'none')}, release: {there.get(name, 'none')})"
        for name in locked.keys() | there.keys()
        if locked.get(name) != there.get(name)
    )
    if differing:
        raise AuditError(
            f"release {document['release']} is not made of this lock: {', '.join(differing)}. "
            "Remedy: check out the commit that made the release"
        )


def _hash(sha256: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=sha256)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
