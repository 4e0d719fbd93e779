"""The stack of the first run, deployed by the Pulumi CLI."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .folder import Folder

Say = Callable[[str], None]
SHOWN = 4_000
"""How many characters of an error are kept."""


class FirstRunError(Exception):
    """The first run cannot go on; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A resource of the stack; the type without its provider, such as `Function`."""

    type: str
    name: str
    id: str
    outputs: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Done:
    """What an `up` or a `destroy` came to: its error, and what it created or updated."""

    error: str | None
    changed: tuple[str, ...] = ()


class Stack(Protocol):
    """What the steps need of a stack."""

    def up(self) -> Done:
        """Bring the stack to what its folder says."""

    def destroy(self) -> Done:
        """Delete everything in the stack."""

    def resources(self) -> list[Made]:
        """What is in the stack now."""


class PulumiStack:
    """A stack that the Pulumi CLI deploys, its state in the folder; no other can be reached."""

    def __init__(self, folder: Folder, name: str, region: str, say: Say) -> None:
        self._folder, self._name, self._say = folder, name, say
        self.environment = {
            "PULUMI_BACKEND_URL": f"file://{folder.state}",
            "PULUMI_CONFIG_PASSPHRASE": "first-run",  # nothing in this stack is secret
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "AWS_REGION": region,
        }
        executable = shutil.which("pulumi")
        if executable is None:
            raise FirstRunError(
                "the Pulumi CLI is not on the PATH. Remedy: install it, see "
                "https://www.pulumi.com/docs/install/"
            )
        self._executable = executable

    def open(self) -> None:
        """Create the stack, or find it, and free it from the lock of a run that was killed."""
        self._demand("stack", "select", self._name, "--create")
        with contextlib.suppress(FirstRunError):  # nothing to cancel
            self._demand("cancel", self._name, "--yes")

    def up(self) -> Done:
        """As `Stack`."""
        packs = [
            word
            for pack in ("mounts", "guardrails")
            for word in (
                *("--policy-pack", f"policies/{pack}"),
                *("--policy-pack-config", f"policies/{pack}/{self._name}.json"),
            )
        ]
        before = self._current()
        code, output = self._run("up", "--yes", *packs, *self._stack)
        after = self._current()
        new = [
            urn for urn, found in after.items() if _made_of(found) != _made_of(before.get(urn, {}))
        ]
        changed = {_made(after[urn]).type for urn in new if after[urn].get("custom")}
        error = None if code == 0 else _diagnosis(output) or f"`pulumi up` ended with {code}"
        return Done(error=error, changed=tuple(sorted(changed)))

    def destroy(self) -> Done:
        """As `Stack`."""
        code, output = self._run("destroy", "--yes", *self._stack)
        error = None if code == 0 else _diagnosis(output) or f"`pulumi destroy` ended with {code}"
        return Done(error=error)

    def resources(self) -> list[Made]:
        """As `Stack`."""
        # What was replaced and is still to be deleted comes before what took its place.
        found = sorted(self._state(), key=lambda each: not each.get("delete"))
        return [_made(each) for each in found if each.get("custom")]

    @property
    def _stack(self) -> tuple[str, str]:
        return "--stack", self._name

    def _current(self) -> dict[str, dict[str, Any]]:
        return {found["urn"]: found for found in self._state() if not found.get("delete")}

    def _state(self) -> list[dict[str, Any]]:
        text = self._demand("stack", "export", *self._stack)
        try:
            resources = (json.loads(text).get("deployment") or {}).get("resources") or []
        except ValueError as error:
            raise FirstRunError("`pulumi stack export` did not answer with JSON") from error
        ours = ("pulumi:pulumi:", "pulumi:providers:")
        return [found for found in resources if not found["type"].startswith(ours)]

    def _demand(self, *arguments: str) -> str:
        """The output of a command that has to succeed."""
        done = subprocess.run(
            [self._executable, *arguments, "--non-interactive"],
            cwd=self._folder.project,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()[-SHOWN:]
            raise FirstRunError(f"`pulumi {' '.join(arguments)}` failed: {said}")
        return done.stdout

    def _run(self, *arguments: str) -> tuple[int, str]:
        """Run a command, show what it says, and return its exit code and its output."""
        command = [self._executable, *arguments, "--non-interactive", "--color", "never"]
        process = subprocess.Popen(
            command,
            cwd=self._folder.project,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Ctrl-C is for this program, which then asks the CLI to stop in order.
            start_new_session=True,
        )
        lines: list[str] = []
        output = _Output(process)

        def show() -> None:
            for line in output:
                lines.append(line)
                self._say(f"    {line.rstrip()}")

        try:
            show()
        except BaseException:
            self._say("  interrupted: waiting for pulumi to end what it is creating")
            process.send_signal(signal.SIGINT)
            try:
                show()
            except BaseException:
                process.send_signal(signal.SIGINT)  # the second one: it leaves at once
                raise
            raise
        return process.wait(), "".join(lines)


class _Output:
    """The lines of a process as they come.

    They are read in a thread: a signal that arrives just before a read begins is noticed only when
    that returns, and nobody knows when the process writes again.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def __iter__(self) -> Iterator[str]:
        while True:
            with contextlib.suppress(queue.Empty):
                line = self._lines.get(timeout=0.5)
                if line is None:
                    return
                yield line


def _made(found: Mapping[str, Any]) -> Made:
    name, kind = found["urn"].rpartition("::")[2], found["type"].rpartition(":")[2]
    return Made(type=kind, name=name, id=found.get("id", ""), outputs=found.get("outputs") or {})


def _made_of(found: Mapping[str, Any]) -> list[Any]:
    """What of a resource changes with an update alone; inputs are written where it stays, too.

    Secrets are encrypted again in each export.
    """
    outputs = {key: v for key, v in (found.get("outputs") or {}).items() if key != "__provider"}
    return [found.get("id"), outputs]


def _diagnosis(output: str) -> str:
    """What the CLI says at its end of what went wrong."""
    found = re.search(r"^Diagnostics:\n(.*?)(?=^\w+:$|\Z)", output, re.MULTILINE | re.DOTALL)
    return (found[1] if found else output).strip()[-SHOWN:]
