"""The faults with releases of artifacts: the same ones, and those of their sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lambda_src.release.layout import ExitCode

from ...lambda_src.fetching import Fetching, archive
from ..world.contents import offer
from ..world.world import World
from .case import ID, INCOMING, STAGING, Case
from .errors import error, error_while_removing, full_disk
from .strikes import kill_at_operation, kill_in_phase, power_cut, stop_at_operation

_PHASES = ("mount", "fetch", "unpack", "copy", "manifest", "publish")
_FETCHED = f"{STAGING}/release/artifacts/"
_COPIED = f"{INCOMING}/artifacts/"
_WRITES = (
    ("mkdir", _FETCHED),
    ("create", _FETCHED),
    ("write", _FETCHED),
    ("rename", _FETCHED),
    ("create", _COPIED),
    ("write", _COPIED),
    ("fsync", _COPIED),
)
"""Each kind of write that is not one of libraries too."""


def _source(name: str, code: ExitCode, spoil: Callable[[Fetching], None]) -> Case:
    """Sources or list are bad at first and good afterwards."""

    def happen(world: World, _: int) -> bool:
        populate = world.populate
        assert isinstance(populate, Fetching)
        spoil(populate)
        run = world.run(ID)
        assert run.code == code, run
        assert (ID in world.check(dead=0)) == (code == ExitCode.PUBLISHED)
        populate.web.hook = lambda: None
        offer(populate)
        return True

    return Case("A wrong hash, a bad source", name, happen)


def _other_content(populate: Fetching) -> None:
    populate.web.files["/one.txt"] = b"2"


def _other_size(populate: Fetching) -> None:
    populate.web.files["/one.txt"] = b"12"


def _gone(populate: Fetching) -> None:
    del populate.web.files["/one.txt"]


def _refused(populate: Fetching) -> None:
    populate.web.statuses = [403]


def _answers_500(populate: Fetching) -> None:
    populate.web.statuses = [500]


def _breaks_off(populate: Fetching) -> None:
    """The first answers end early, and what is missing is asked for."""
    populate.web.breaks = [1, 1, 1]
    populate.environment = populate.environment | {"AWS_MAX_ATTEMPTS": "3"}


def _archive(files: dict[str, bytes]) -> Callable[[Fetching], None]:
    def spoil(populate: Fetching) -> None:
        packed = archive(populate.folder, files)
        populate.write(populate.entry("saved", packed, unpack=True))

    return spoil


_BOMB = {str(number): bytes(180 << 20) for number in range(6)}

OF_ARTIFACTS = tuple(
    replace(case, artifacts=True, name=f"artifacts: {case.name}")
    for case in (
        *map(kill_in_phase, _PHASES),
        Case("SIGKILL at each operation", "release", kill_at_operation, (8, 25, 45), sweep=True),
        Case("SIGTERM at each operation", "release", stop_at_operation, (20,), sweep=True),
        Case("A power cut", "release", power_cut, (12,), sweep=True),
        *(error("EIO", "release", kind, path, (1,)) for kind, path in _WRITES),
        error("ENOSPC", "release", "write", _FETCHED, (1,)),
        error_while_removing("remove", f"{STAGING}/release/"),
        full_disk("mount", "pages", (8,)),
        full_disk("staging", "pages", (12,)),
        full_disk("staging", "inodes", ()),
        _source("other content", ExitCode.HASH_MISMATCH, _other_content),
        _source("other size", ExitCode.HASH_MISMATCH, _other_size),
        _source("gone", ExitCode.SOURCE, _gone),
        _source("refused", ExitCode.SOURCE, _refused),
        _source("answers 500", ExitCode.SOURCE, _answers_500),
        _source("breaks off", ExitCode.PUBLISHED, _breaks_off),
        _source("archive leads out", ExitCode.ARCHIVE, _archive({"../out": b"1"})),
        _source("bomb", ExitCode.ARCHIVE, _archive(_BOMB)),
    )
)
