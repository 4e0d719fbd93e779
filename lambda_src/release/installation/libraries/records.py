"""What belongs to which package of a staged release, by the wheels' RECORD."""

from __future__ import annotations

import csv
import importlib.metadata
import re
from pathlib import Path

from .options import normal


def records(root: Path) -> dict[str, list[str]]:
    """The files of each package by its normalised name; a package without a RECORD is left out.

    What a wheel puts beside site-packages, ``../../bin/tool``, pip puts inside.
    """
    found = {}
    for package in importlib.metadata.distributions(path=[str(root)]):
        try:
            name, record = package.name, package.read_text("RECORD")
            paths = [row[0] for row in csv.reader((record or "").splitlines()) if row]
        except (csv.Error, KeyError, OSError, UnicodeDecodeError):
            continue
        if name and paths:
            found[normal(name)] = [re.sub(r"^(\.\./)+", "", path) for path in paths]
    return found


def owners(root: Path) -> dict[str, str]:
    """The package of each file."""
    return {path: name for name, paths in records(root).items() for path in paths}
