"""The stack of the rehearsal: deployed in process, on an embedded cloud."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import Any

from .folder import Folder
from .stacks import SHOWN, Done, FirstRunError, Made, Say


class EmbeddedStack:
    """A stack on an embedded cloud that is open in this process."""

    def __init__(self, folder: Folder, name: str, say: Say) -> None:
        self._folder, self._name, self._say = folder, name, say
        self._result: Any = None
        self._errors: list[str] = []
        self._changed: set[str] = set()

    def log(self, severity: str, message: str) -> None:
        """As the engine's watcher."""
        if severity == "error":
            self._errors.append(message)
        elif severity != "debug":
            self._say(f"    {message}")

    def created(self, resource: Any, _seconds: float) -> None:
        """As the engine's watcher."""
        if resource.custom:
            self._changed.add(resource.type.rpartition(":")[2])

    def up(self) -> Done:
        """As `Stack`."""
        from local import engine
        from local.commands import DeploymentError, Screen, host_config, plan
        from local.project import Project
        from local.provider import AwsProvider

        shown = io.StringIO()
        screen = Screen(shown)
        project = host_config(Project.load(self._folder.project, self._name), screen)
        self._errors.clear()
        self._changed.clear()
        try:
            plan(project, screen, advice=False)
        except DeploymentError as refused:
            return Done(error=f"{shown.getvalue()[-SHOWN:]}{refused}")
        provider = AwsProvider(project.region, cloud=True)
        self._result = engine.up(project, provider, self, self._result)
        failed = self._result.error
        error = "\n".join([*self._errors, failed])[-SHOWN:] if failed else None
        return Done(error=error, changed=tuple(sorted(self._changed)))

    def destroy(self) -> Done:
        """The cloud and all that is in it end with this process."""
        self._result = None
        return Done(error=None)

    def resources(self) -> list[Made]:
        """As `Stack`."""
        found = self._result.resources if self._result else ()
        return [
            Made(type=r.type.rpartition(":")[2], name=r.name, id=r.id, outputs=r.outputs)
            for r in found
            if r.custom
        ]


@contextlib.contextmanager
def embedded_cloud(state: Path, region: str) -> Any:
    """An embedded cloud, found by every AWS client of this process; the environment comes back."""
    if sys.platform != "linux":
        raise FirstRunError("the embedded cloud needs Linux. Remedy: --no-rehearsal")
    from local.cloud import Cloud

    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    try:
        with Cloud(state, region=region) as cloud:
            os.environ.update(cloud.environment())
            yield cloud
    finally:
        os.environ.clear()
        os.environ.update(before)
