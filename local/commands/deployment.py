"""Plans and deploys a project on the embedded cloud."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import COMMAND, PACKS, engine
from ..engine import Result, Verdict
from ..project import Project
from ..provider import AwsProvider
from ..state import SCRATCH, hold
from .applications import fill_cache, make_locks
from .deployed import FUNCTION, Deployment, DeploymentError
from .screen import Screen

if TYPE_CHECKING:
    from ..cloud import Cloud

_ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}


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
        make_locks(
            project.root, "-".join(map(str, own)), "-".join(host.values()), index_url, screen
        )
    if changed and (image := project.own("populatorImage")):
        # Its Python is the stack's. Without internet any other registry is out of reach.
        name, private = re.split(r"[:@](?!.*/)", image)[0], project.own("egress") == "none"
        changed["populatorImage"] = f"{name}:{version[0]}.{version[1]}" if private else ""
    if project.own("indexSecretArn"):
        screen.line("indexSecretArn is of AWS: here pip takes what ~/.netrc says", "warning")
        changed["indexSecretArn"] = ""
    # The embedded cloud has an account of its own, so no profile of the user's leads to it.
    config = {key: value for key, value in project.config.items() if key != "aws:profile"}
    config.update({f"{project.name}:{key}": value for key, value in changed.items()})
    return replace(project, config=config)


def plan(project: Project, screen: Screen, *, advice: bool = True) -> Deployment:
    """Preview the project and let the packs judge the plan. Needs no cloud.

    Args:
        project: What to preview.
        screen: Shows what happens.
        advice: Whether to show advisory findings; what is created now is judged again, and
            most of them are that something is not known before.

    Raises:
        DeploymentError: The preview fails, or a mandatory rule is broken.
    """
    with screen.step(f"preview of stack {project.stack}"):
        with own_temporary_files():
            result = engine.preview(project, AwsProvider(project.region, cloud=False), screen)
        if result.error is not None:
            raise DeploymentError(result.error)
    return Deployment(result=result, verdict=_judge(result, screen, advice=advice))


def refuse_other_pythons(planned: Deployment) -> None:
    """Refuse a plan with a function whose Python is not that of this host, which would run it.

    Raises:
        DeploymentError: With each such function that mounts a file system.
    """
    host = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    other = [
        f"{function.name} ({runtime})"
        for function in planned.result.of_type(FUNCTION)
        if function.inputs.get("fileSystemConfig")
        and str(runtime := function.inputs.get("runtime")).startswith("python")
        and runtime != host
    ]
    if other:
        raise DeploymentError(
            f"{', '.join(other)}: functions run with the Python of this host, and that is {host} "
            f"alone. Remedy: {host} for this run, such as --config runtime={host} where the "
            f"program has such a key, or another host; `{COMMAND} preview` works everywhere"
        )


def _judge(result: Result, screen: Screen, *, advice: bool = True) -> Verdict:
    root = result.project.root
    found = engine.find_packs(root) or (engine.find_packs(PACKS) if PACKS else ())
    with screen.step(f"policy packs on the {'preview' if result.dry_run else 'result'}"):
        verdict = engine.judge(found, result)
    for finding in verdict.findings if advice else verdict.mandatory:
        level = "MANDATORY" if finding.mandatory else "advisory"
        place = f" ({finding.urn.rpartition('::')[2]})" if finding.urn else ""
        message = finding.message
        if not finding.mandatory:
            # The SDK puts the policy's description first; of advice there may be a lot.
            message = message.partition("\n")[2] or message
        message = message.replace("\n", "\n    ")
        screen.line(
            f"  {level} {finding.pack} {finding.policy}{place}\n    {message}",
            "error" if finding.mandatory else "warning",
        )
    if verdict.mandatory:
        count = len(verdict.mandatory)
        done = "nothing was created" if result.dry_run else "the stack breaks its policies"
        raise DeploymentError(
            f"{count} mandatory polic{'y is' if count == 1 else 'ies are'} violated: {done}"
        )
    return verdict


def held(state: Path) -> AbstractContextManager[None]:
    """Use the stack's folder, which is the one around `state`, alone.

    Raises:
        StateError: Somebody else uses it.
    """
    return hold(state.parent, " ".join([COMMAND, *sys.argv[1:2]]))


@contextlib.contextmanager
def empty_cloud(state: Path, region: str, screen: Screen) -> Iterator[Cloud]:
    """A cloud without anything but the file systems in `state`, where this process finds it."""
    with contextlib.ExitStack() as ends:
        state.mkdir(exist_ok=True)
        shutil.rmtree(state.parent / SCRATCH, ignore_errors=True)  # of a run that was killed
        ends.enter_context(_without_the_users_aws())  # moto already reads it at import
        with screen.step("embedded cloud"):
            from ..cloud import Cloud  # moto takes seconds to import, and a plan needs none of it

            cloud = Cloud(
                state, region=region, log=lambda text: screen.line(f"  {text}", "warning")
            )
            ends.enter_context(cloud)
            os.environ.update(cloud.environment())
            # What follows a signal is repeated by a timer, see __main__.py; not in the clean-up.
            ends.callback(signal.setitimer, signal.ITIMER_REAL, 0)
        yield cloud


@contextlib.contextmanager
def deploy(project: Project, state: Path, screen: Screen) -> Iterator[Deployment]:
    """Create everything on a cloud of its own, which ends with the context.

    Args:
        project: What to deploy.
        state: Folder in which the file systems persist, and which is `held`.
        screen: Shows what happens.

    Raises:
        DeploymentError: A resource cannot be created, or a mandatory rule is broken.
    """
    provider = AwsProvider(project.region, cloud=True)
    with empty_cloud(state, project.region, screen) as cloud:
        fill_cache(project, screen)
        with screen.step(f"up of stack {project.stack}"):
            with own_temporary_files(cloud.scratch):
                result = engine.up(project, provider, screen)
            for type_, names in sorted(provider.not_emulated.items()):
                screen.line(f"  {type_} is not emulated ({', '.join(names)})", "warning")
            if result.error is not None:
                raise DeploymentError(result.error)
        yield Deployment(result=result, verdict=_judge(result, screen))


@contextlib.contextmanager
def own_temporary_files(parent: Path | None = None) -> Iterator[None]:
    """A temporary folder for the program: this process ends without what Python does at its end.

    What lies in `parent` is removed by the next run where this one is killed; default: /tmp.
    """
    with tempfile.TemporaryDirectory(prefix="efs-inference-", dir=parent) as folder:
        before, tempfile.tempdir = tempfile.tempdir, folder
        try:
            yield
        finally:
            tempfile.tempdir = before


@contextlib.contextmanager
def _without_the_users_aws() -> Iterator[None]:
    """The process without variables that concern AWS, such as a profile; restores them all."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
