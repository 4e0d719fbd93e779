"""Wheels from a cache on S3, where the task asks no index: each lies under its SHA-256."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...layout import LOCK_AGAIN, ExitCode, InstallError
from ..fetching import Wanted, fetch
from .requirements import Pin

_HASH = "--hash=sha256:"
_FILL = (
    "`make wheels`, or `python -m efs_inference.wheels`, fills the cache from the lock; run it, "
    "and then this again."
)


def fetch_wheels(cache: str, pins: Mapping[str, Pin], folder: Path) -> None:
    """Fetch the wheels of these pins into a folder, and compare their hashes.

    ``cache`` is the URL below which they lie. Raises InstallError.
    """
    wheels = {_file_name(name, pin): (name, pin) for name, pin in pins.items()}
    wanted = [
        Wanted(
            name=file,
            url=f"{cache}/{_sha256(name, pin)}.whl",
            sha256=_sha256(name, pin),
            signed=True,
        )
        for file, (name, pin) in wheels.items()
    ]
    try:
        fetch(wanted, folder, "install")
    except InstallError as error:
        said = str(error)
        name, pin = next((pair for file, pair in wheels.items() if file in said), ("", None))
        if pin is None or error.code not in {ExitCode.SOURCE, ExitCode.HASH_MISMATCH}:
            raise
        wheel = f"the wheel of {name} {pin.version} ({pin.hashes.removeprefix('--hash=')})"
        if error.code is ExitCode.HASH_MISMATCH:
            what = f"{wheel} is another one in the cache {cache}"
            raise InstallError(error.code, f"{what}. {_FILL} ({said})") from error
        code = ExitCode.RESOLUTION if "S3 answers" in said else ExitCode.NETWORK
        what = f"{wheel} is not in the cache {cache}, or not to be had from there"
        raise InstallError(code, f"{what}. {_FILL} ({said})") from error


def _file_name(name: str, pin: Pin) -> str:
    """A name by which pip takes the file.

    Which platform a wheel is for stands in its name alone, and its hash has decided that already.
    """
    return f"{name.replace('-', '_')}-{pin.version}-py3-none-any.whl"


def _sha256(name: str, pin: Pin) -> str:
    first, *others = pin.hashes.split()
    if others:
        raise InstallError(
            ExitCode.RESOLUTION,
            f"{name} has {len(others) + 1} hashes, and with a wheel cache it has that of one "
            f"wheel. Remedy: {LOCK_AGAIN}.",
        )
    return first.removeprefix(_HASH)
