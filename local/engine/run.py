"""Runs a Pulumi program in process over the SDK's monitor interface, without the Pulumi CLI.

A preview has genuine unknowns; an up creates. A further up in the same cloud updates what the
provider can update. Nothing is stored, replaced or deleted: that is the real engine's work.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import runpy
import sys
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from ..project import Project
from . import sdk
from .monitor import Log, Monitor
from .resource import STACK, Provider, Resource, Watcher
from .sdk import UNKNOWN

__all__ = ["UNKNOWN", "Provider", "Resource", "Result", "Watcher", "preview", "up"]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run came to.

    Attributes:
        project: What was run.
        dry_run: Whether it was a preview.
        resources: In the order of their registration. After an error: all that is there.
        outputs: The stack's exports, secrets unwrapped.
        error: Why it failed; None when it did not.
    """

    project: Project
    dry_run: bool
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    error: str | None

    def of_type(self, token: str) -> tuple[Resource, ...]:
        """The resources of one type."""
        return tuple(resource for resource in self.resources if resource.type == token)


def preview(project: Project, provider: Provider, watcher: Watcher) -> Result:
    """Run the program without creating anything.

    Args:
        project: The program and its stack.
        provider: Names what is computed and answers the program's function calls.
        watcher: Hears what happens.
    """
    return _run(project, provider, watcher, {}, dry_run=True)


def up(
    project: Project, provider: Provider, watcher: Watcher, before: Result | None = None
) -> Result:
    """Run the program and create its resources.

    Args:
        project: The program and its stack.
        provider: Creates the resources.
        watcher: Hears what happens.
        before: What an earlier `up` on the same cloud made. What has the same inputs stays as it
            is; a dynamic resource is created again where its provider would replace it.
    """
    there = {r.urn: r for r in before.resources if r.id} if before else {}
    return _run(project, provider, watcher, there, dry_run=False)


def _run(
    project: Project,
    provider: Provider,
    watcher: Watcher,
    before: Mapping[str, Resource],
    *,
    dry_run: bool,
) -> Result:
    aws = {key[4:]: value for key, value in project.config.items() if key.startswith("aws:")}
    provider = provider.configured(aws, "the stack's configuration")
    monitor = Monitor(project, provider, watcher, dry_run, before)
    with _as_program_of(project, dry_run):
        # A context of its own: the SDK keeps its settings in context variables.
        error = contextvars.copy_context().run(
            _run_in_context, project, monitor, Log(watcher), dry_run
        )
    gone = [resource for urn, resource in before.items() if urn not in monitor.registered]
    if gone and error is None:
        names = ", ".join(f"{resource.type} ({resource.name})" for resource in gone)
        error = f"no longer in the program: {names}. A local run deletes nothing: begin a new one"
    resources = (*gone, *monitor.registered.values())
    stack = next((r.outputs for r in resources if r.type == STACK), {})
    outputs = sdk.integers(sdk.unwrapped(sdk.Struct(stack), keep_unknowns=True))
    return Result(
        project=project,
        dry_run=dry_run,
        resources=resources,
        outputs={k: UNKNOWN if isinstance(v, sdk.Unknown) else v for k, v in outputs.items()},
        error=error,
    )


def _run_in_context(project: Project, monitor: Monitor, engine: Log, dry_run: bool) -> str | None:
    """Run the program to its end; what it returns is the error, if there is one."""
    names: dict[str, Any] = {
        "project": project.name,
        "stack": project.stack,
        "organization": "organization",
    }
    root = str(project.root)
    sdk.reset_options(**names, root_directory=root, preview=dry_run)
    sdk.configure(
        sdk.Settings(**names, root_directory=root, monitor=monitor, engine=engine, dry_run=dry_run)
    )
    sdk.set_all_config(dict(project.config), [])

    def program() -> None:
        try:
            runpy.run_path(str(project.root / "__main__.py"), run_name="__main__")
        except BaseException as error:
            monitor.stopped, monitor.program_error = True, error
            raise

    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(16, thread_name_prefix="create"))
    # A failed registration fails all that depends on it; the first failure is shown.
    loop.set_exception_handler(lambda _loop, _context: None)
    try:
        loop.run_until_complete(sdk.run_in_stack(program))
    except (Exception, SystemExit) as error:
        if isinstance(monitor.program_error, KeyboardInterrupt):
            raise monitor.program_error from None
        # What the program raised may be covered by a registration that it cut off.
        message = monitor.failure or _readable(monitor.program_error or error, project)
        # What is being created is created to its end, as the real engine does it.
        loop.run_until_complete(loop.shutdown_default_executor())
        return message
    finally:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        if pending:
            loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        loop.close()
    return None


def _readable(error: BaseException, project: Project) -> str:
    """The error for the user: a stack trace only where the program itself is at fault."""
    if isinstance(error, pulumi.RunError):
        return str(error) or "the program raised a RunError without a message"
    if isinstance(error, SystemExit):
        return f"the program ended itself with exit status {error.code or 0}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if _is_part_of(frame.filename, project.root)
    ]
    lines = traceback.format_list(frames) + traceback.format_exception_only(error)
    return "the program failed with an exception:\n" + "".join(lines).rstrip()


@contextlib.contextmanager
def _as_program_of(project: Project, dry_run: bool) -> Iterator[None]:
    """The process as the real engine's language host sets it up; afterwards as it was."""
    folder, path, modules = Path.cwd(), list(sys.path), set(sys.modules)
    variables = project.environment(dry_run)
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    os.chdir(project.root)
    sys.path.insert(0, str(project.root))
    try:
        yield
    finally:
        sys.path[:] = path
        os.chdir(folder)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        # The next run imports the program's own modules again, as another process would.
        for name in set(sys.modules) - modules:
            origin = getattr(sys.modules[name], "__file__", None)
            if origin and _is_part_of(origin, project.root) and name.split(".")[0] != "local":
                del sys.modules[name]


def _is_part_of(file: str, root: Path) -> bool:
    """Whether a file is the program's own: the project's environment lies in its folder too."""
    return Path(file).is_relative_to(root) and not Path(file).is_relative_to(sys.prefix)
