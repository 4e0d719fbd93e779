"""Known vulnerabilities of what is locked, asked of OSV by pip-audit."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .locks import AuditError, Lock

OSV = "https://api.osv.dev/v1/query"
"""Where packages are asked for: Open Source Vulnerabilities, which has PyPI's advisories."""


@dataclass(frozen=True, order=True)
class Finding:
    """A known vulnerability of a locked package.

    Attributes:
        package: Its name.
        version: The version that is locked.
        identifier: The vulnerability's, with its other names in brackets.
        corrected: The versions that correct it, oldest first; empty if there is none yet.
        targets: The locks that have it.
    """

    package: str
    version: str
    identifier: str
    corrected: tuple[str, ...]
    targets: tuple[str, ...]

    def __str__(self) -> str:
        remedy = f"corrected in {', '.join(self.corrected)}" if self.corrected else "not corrected"
        where = ", ".join(self.targets)
        return f"{self.package} {self.version}: {self.identifier}, {remedy} ({where})"


def audit(locks: Sequence[Lock], osv: str = OSV) -> list[Finding]:
    """The known vulnerabilities of the packages in these locks.

    Raises:
        AuditError: pip-audit is not installed, or has no answer for each package.
    """
    targets: dict[tuple[str, str], list[str]] = {}
    for lock in locks:
        for pin in lock.pins:
            targets.setdefault((pin.name, pin.version), []).append(lock.target.name)
    found = [
        Finding(
            package=package["name"],
            version=package["version"],
            identifier=_identifier(each),
            corrected=tuple(each["fix_versions"]),
            targets=tuple(targets[package["name"], package["version"]]),
        )
        for lines in _apart(targets)
        for package in _asked(lines, osv)
        for each in package["vulns"]
    ]
    return sorted(found)


def _identifier(vulnerability: dict[str, Any]) -> str:
    others = f" ({', '.join(sorted(vulnerability['aliases']))})" if vulnerability["aliases"] else ""
    return f"{vulnerability['id']}{others}"


def _apart(packages: Sequence[tuple[str, str]] | dict[tuple[str, str], Any]) -> list[list[str]]:
    """The packages as files in which none has two versions, which pip-audit would refuse."""
    files: list[dict[str, str]] = []
    for name, version in packages:
        file = next((each for each in files if name not in each), None)
        if file is None:
            files.append(file := {})
        file[name] = version
    return [[f"{name}=={version}" for name, version in each.items()] for each in files]


def _asked(lines: Sequence[str], osv: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="efs-inference-") as folder:
        requirements = Path(folder, "requirements.txt")
        requirements.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements)]
        command += ["--disable-pip", "--no-deps", "--vulnerability-service", "osv", "--osv-url"]
        command += [osv, "--format", "json", "--aliases", "--progress-spinner", "off"]
        command += ["--cache-dir", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError) as error:
        raise AuditError(_failure(done.stderr, osv)) from error
    if skipped := [f"{p['name']} ({p['skip_reason']})" for p in packages if "skip_reason" in p]:
        raise AuditError(f"no answer for {', '.join(skipped)}. Remedy: run it again")
    return packages


def _failure(said: str, osv: str) -> str:
    if "No module named pip_audit" in said:
        return "pip-audit is not installed here. Remedy: `pip install 'efs-inference[audit]'`"
    last = (said.strip().splitlines() or ["nothing"])[-1]
    return f"pip-audit has no answer from {osv}. Remedy: see that it is in reach. It says: {last}"
