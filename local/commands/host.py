"""The project as it runs on this host: of its runtime and architecture, with its locks."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import replace

from .. import COMMAND
from ..project import Project
from .locks import LockError, make_locks
from .screen import Screen

_ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}
_PYTHONS = ((3, 11), (3, 13))


class DeploymentError(Exception):
    """A run that cannot go on; the message says why and what to do."""


def host_config(project: Project, screen: Screen) -> Project:
    """The project with the runtime and architecture of this host, on which everything runs.

    Raises:
        DeploymentError: Nothing can run on this host.
    """
    version, machine = sys.version_info[:2], platform.machine()
    if sys.platform != "linux" or machine not in _ARCHITECTURES:
        raise DeploymentError(
            f"this is {platform.system()} on {machine}; the embedded cloud needs Linux on "
            f"{' or '.join(_ARCHITECTURES)}. Remedy: run it in a Linux container or virtual "
            f"machine; `{COMMAND} preview` works everywhere"
        )
    if not _PYTHONS[0] <= version <= _PYTHONS[1]:
        raise DeploymentError(
            f"this is Python {version[0]}.{version[1]}; the embedded cloud needs 3.11 to 3.13, as "
            "Lambda has them. Remedy: `make PYTHON=python3.12 install`"
        )
    host = {
        "runtime": f"python{version[0]}.{version[1]}",
        "architecture": _ARCHITECTURES[machine],
    }
    changed = {key: value for key, value in host.items() if project.own(key) not in (None, value)}
    for key, value in changed.items():
        screen.line(
            f"{key} {value} for this run instead of the stack's {project.own(key)}: "
            "libraries and function run on this host",
            "warning",
        )
    own = (project.own("runtime"), project.own("architecture"))
    if changed and all(own):
        index_url = project.own("indexUrl")
        try:
            make_locks(
                project.root, "-".join(map(str, own)), "-".join(host.values()), index_url, screen
            )
        except LockError as error:
            raise DeploymentError(str(error)) from error
    if changed and (image := project.own("populatorImage")):
        # Its Python is the stack's. Without internet any other registry is out of reach.
        private = project.own("egress") == "none"
        changed["populatorImage"] = _by_tag(image, host["runtime"]) if private else ""
    if project.own("indexSecretArn"):
        screen.line("indexSecretArn is of AWS: here pip takes what ~/.netrc says", "warning")
        changed["indexSecretArn"] = ""
    # The embedded cloud has an account of its own, so no profile of the user's leads to it.
    config = {key: value for key, value in project.config.items() if key != "aws:profile"}
    config.update({f"{project.name}:{key}": value for key, value in changed.items()})
    return replace(project, config=config)


def _by_tag(image: str, runtime: str) -> str:
    """The image of a registry for another runtime, as AWS tags its base images."""
    name = re.split(r"[:@](?!.*/)", image)[0]
    return f"{name}:{runtime.removeprefix('python')}"
