"""The code of a function, as Lambda takes it: a place in S3, or a zip file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pulumi

from .kind import Properties, ProviderError

_PLACES = {"S3Bucket": "s3Bucket", "S3Key": "s3Key", "S3ObjectVersion": "s3ObjectVersion"}


def code_of(properties: Properties) -> dict[str, Any]:
    """The member Code of CreateFunction. Raises ProviderError where it cannot be had."""
    place = {name: properties[own] for name, own in _PLACES.items() if properties.get(own)}
    if place:
        return place
    code = properties.get("code")
    if isinstance(code, pulumi.FileArchive) and Path(code.path).is_file():
        return {"ZipFile": Path(code.path).read_bytes()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        _pack(archive, "", code)
    return {"ZipFile": packed.getvalue()}


def _pack(archive: zipfile.ZipFile, name: str, part: Any) -> None:
    """Put an asset, or an archive of assets, into the zip file under `name`."""
    if isinstance(part, pulumi.FileAsset):
        archive.write(part.path, name)
    elif isinstance(part, pulumi.StringAsset):
        archive.writestr(name, part.text)
    elif isinstance(part, pulumi.AssetArchive):
        for key, item in part.assets.items():
            _pack(archive, f"{name}/{key}" if name else key, item)
    elif isinstance(part, pulumi.FileArchive):
        _pack_folder(archive, name, Path(part.path))
    else:
        raise ProviderError(
            f"code from {type(part).__name__} is not emulated here; AssetArchive, and FileArchive "
            "of a folder or a zip file, are"
        )


def _pack_folder(archive: zipfile.ZipFile, name: str, folder: Path) -> None:
    if folder.is_dir():
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                inner = path.relative_to(folder).as_posix()
                archive.write(path, f"{name}/{inner}" if name else inner)
        return
    try:
        with zipfile.ZipFile(folder) as other:
            for entry in other.infolist():
                inner = f"{name}/{entry.filename}" if name else entry.filename
                archive.writestr(inner, other.read(entry))
    except (OSError, zipfile.BadZipFile) as error:
        raise ProviderError(
            f"FileArchive {str(folder)!r} is neither a folder nor a zip file: {error}"
        ) from error
