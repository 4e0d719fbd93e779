"""The steps of a first run, each on any stack, and what each came to as plain JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from . import probes
from .folder import Folder, Wanted
from .stacks import Done, FirstRunError, Say, Stack

SAMPLE = {"instances": ["Europe/Berlin"]}
MINUTES = 90
"""No step begins later than so many minutes after the first one; `destroy` always does."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One `up` and the call after it.

    Attributes:
        name: Its word in the record.
        wanted: What is deployed.
        title: What it shows.
        populate: What has to become of the populate task.
        fails: Whether the `up` has to fail; then the model before has to answer.
    """

    name: str
    wanted: Wanted
    title: str
    populate: str = "published"
    fails: bool = False

    def unexpected(self, found: Mapping[str, Any]) -> str | None:
        """What of a step is not as it has to be; None if all is."""
        if (found["error"] is not None) is not self.fails:
            return str(found["error"] or "it had to fail, and did not")
        if found["populate"]["outcome"] != self.populate:
            return f"populate: {found['populate']['outcome']} instead of {self.populate}"
        answer, model = found["call"].get("payload"), "second" if self.fails else self.wanted.model
        if found["call"].get("function_error") or not isinstance(answer, dict):
            return f"the call failed: {found['call']}"
        answered = [each.get("model") for each in answer.get("predictions", [])]
        return None if answered == [model] else f"{answered} answered instead of {model}"


STEPS = (
    Step(name="up", wanted=Wanted(), title="a new stack"),
    Step(name="memory", wanted=Wanted(memory_mb=1024), title="more memory, same release"),
    Step(name="model", wanted=Wanted(memory_mb=1024, model="second"), title="another model.py"),
    Step(
        name="lock",
        wanted=Wanted(memory_mb=1024, model="second", lock="second"),
        title="another lock, so another release",
    ),
    Step(
        name="rollback",
        wanted=Wanted(memory_mb=1024, model="second"),
        title="back to the lock before, nothing installed",
        populate="already-published",
    ),
    Step(
        name="failing",
        wanted=Wanted(memory_mb=1024, model="failing"),
        title="a model that fails in its first call: `up` has to fail, the alias to stay",
        populate="already-published",
        fails=True,
    ),
)


class FirstRun:
    """A first run on one stack. What is recorded as done is not done again.

    Args:
        stack: Where to deploy.
        name: The stack's name.
        folder: Whose project is deployed.
        record: What is done so far; it is added to.
        config: Further configuration of the stack.
        save: Is called after each step.
        say: Shows what happens.
    """

    def __init__(
        self,
        stack: Stack,
        name: str,
        folder: Folder,
        record: dict[str, Any],
        config: Mapping[str, str],
        save: Callable[[], None],
        say: Say,
    ) -> None:
        self._stack, self._name, self._folder, self._config = stack, name, folder, config
        self._record, self._save, self._say = record, save, say
        self._record.setdefault("begun", time.time())
        self._steps: dict[str, Any] = record.setdefault("steps", {})

    def go(self) -> None:
        """Do the steps that are left, then the probes, and destroy the stack whatever happened."""
        try:
            if "destroy" not in self._record:
                self._go()
        finally:
            self._destroy()

    def _go(self) -> None:
        for step in STEPS:
            if step.name == "failing":
                self._probe()
            if step.name not in self._steps and not self._do(step):
                self._probe()
                return

    def _do(self, step: Step) -> bool:
        if time.time() - self._record["begun"] > MINUTES * 60:
            self._say(f"{step.name}: not begun, {MINUTES} minutes are over")
            return False
        self._say(f"{step.name}: {step.title}")
        self._folder.write(self._name, self._config, step.wanted)
        begin = time.monotonic()
        done = self._stack.up()
        found = {"seconds": round(time.monotonic() - begin, 1), **self._seen(done)}
        found["unexpected"] = why = step.unexpected(found)
        self._steps[step.name] = found
        if step.fails:
            self._record.setdefault("probes", {})["failure-in-call"] = probes.failure_in_call(
                done.error or ""
            )
        self._say(f"{step.name}: {why or 'as expected'}, {found['seconds']:.0f} s")
        self._save()
        return why is None

    def _seen(self, done: Done) -> dict[str, Any]:
        """What there is after an `up`, and what the alias answers."""
        by_type = {made.type: made for made in self._stack.resources()}
        populated = by_type["PopulatorRun"].outputs if "PopulatorRun" in by_type else {}
        found = {
            "error": done.error,
            "changed": list(done.changed),
            "populate": {
                key: populated.get(key) for key in ("outcome", "files", "bytes", "seconds")
            },
        }
        if "Alias" in by_type:
            found["call"] = call(by_type["Alias"].outputs["arn"], SAMPLE)
        return found

    def _probe(self) -> None:
        if "probes" in self._record:
            return
        self._say("probes: what only AWS can answer")
        there = probes.Facts.of(self._stack.resources(), self._steps)
        self._record["probes"] = {}
        for name, probe in probes.PROBES.items():
            try:
                self._record["probes"][name] = probe(there)
            except (ClientError, BotoCoreError, LookupError, TypeError, ValueError) as error:
                self._record["probes"][name] = {"error": f"{type(error).__name__}: {error}"}
            self._say(f"  {name}: {json.dumps(self._record['probes'][name])[:200]}")
            self._save()

    def _destroy(self) -> None:
        self._say("destroy: everything in the stack")
        begin = time.monotonic()
        self._record["destroy"] = {"error": "it was interrupted", "seconds": 0.0}
        self._save()
        try:
            error = self._stack.destroy().error
        except FirstRunError as failed:
            error = str(failed)
        done = {"error": error, "seconds": round(time.monotonic() - begin, 1)}
        self._record["destroy"] = done
        if "probes" in self._record:
            said = f"a destroy took {done['seconds']:.0f} s"
            self._record["probes"]["destroy"] = {"answer": said, "as_expected": None}
        self._say(f"destroy: {error or 'done'}, {done['seconds']:.0f} s")
        self._save()


def call(arn: str, event: Any) -> dict[str, Any]:
    """What a function answers, with the form of the answer and how long it took."""
    config = Config(read_timeout=1000, retries={"total_max_attempts": 1})
    begin = time.monotonic()
    try:
        answer = boto3.client("lambda", config=config).invoke(
            FunctionName=arn, Payload=json.dumps(event)
        )
        payload = json.loads(answer["Payload"].read() or b"null")
    except ClientError as error:
        return {"refused": error.response["Error"].get("Code"), "message": str(error)}
    except BotoCoreError as error:
        return {"refused": type(error).__name__, "message": str(error)}
    return {
        "seconds": round(time.monotonic() - begin, 3),
        "version": answer.get("ExecutedVersion"),
        "function_error": answer.get("FunctionError"),
        "payload": payload,
    }
