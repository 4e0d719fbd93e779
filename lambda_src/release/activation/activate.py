"""Using a release: its libraries go on ``sys.path``, right behind the application."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from ..layout import MANIFEST, SITE_PACKAGES, ReleaseError, is_published
from .cold_start import ColdStart

LISTED = 10
"""How many neighbours an error message names."""


class ReleaseMissingError(ReleaseError):
    """There is no release at the path, or one without a manifest, or it cannot be looked at."""


def activate(release: Path, cold_start: ColdStart | None = None) -> Path:
    """Put the release's ``site-packages`` on ``sys.path`` and return that directory.

    First there is the function's own code, as a script's folder is in front of what is installed:
    a module of the application goes before one of a library.

    With a cold start, its bundle is used. Activating a second time changes nothing. Raises
    ReleaseMissingError where the path has no published release; the message says what is there
    instead.
    """
    check_published(release)
    site_packages = release / SITE_PACKAGES
    first = [str(Path(__file__).parents[2]), str(site_packages)]
    if sys.path[:2] != first:
        sys.path[:] = [*first, *(other for other in sys.path if other not in first)]
        importlib.invalidate_caches()
    if sys.pycache_prefix is None:
        # A release never changes: what has no bytecode there is compiled, and not written.
        sys.dont_write_bytecode = True
    if cold_start is not None:
        cold_start.use(release)
    return site_packages


def check_published(release: Path) -> None:
    """Raise ReleaseMissingError where the path has no published release."""
    try:
        published = is_published(release)
    except OSError as error:
        raise ReleaseMissingError(
            f"no release: {release} cannot be looked at ({error.strerror}). Check the mount, and "
            "the permissions of its directories."
        ) from error
    if not published:
        raise ReleaseMissingError(_what_is_there(release))


def _what_is_there(release: Path) -> str:
    """What the operator needs to know: path, what is there, rule, remedy."""
    if release.is_dir():
        found = f"{release} has no {MANIFEST}; it contains {_listing(release)}"
    else:
        parent = next((folder for folder in release.parents if folder.is_dir()), Path("/"))
        found = f"{release} does not exist; {parent} contains {_listing(parent)}"
    return (
        f"no release: {found}. A release is there once its {MANIFEST} is. Run `pulumi up`, which "
        "publishes the release before the function uses it, and check that populate task and "
        "function mount the same access point at the same path."
    )


def _listing(folder: Path) -> str:
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        return f"nothing readable ({error.strerror})"
    if not names:
        return "nothing"
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")
