"""What `up` shows: calls of the functions, and what has become of the rest."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import MODULE
from ..engine import Verdict
from .deployed import Answer, Deployment, Function, steps_of
from .screen import Screen

_SHOWN = 300
_FOR_CLIENTS = (
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
)


@dataclass(frozen=True, kw_only=True)
class Calls:
    """The calls of one function with its sample.

    Attributes:
        function: Which.
        cold_seconds: How long the first took.
        warm: The answer of the second.
        error: Why one failed; None if none did.
        steps: What the function says of its cold start.
    """

    function: Function
    cold_seconds: float
    warm: Answer
    error: str | None
    steps: str

    @classmethod
    def of(cls, function: Function, title: str, screen: Screen) -> Calls:
        """Call a function with its sample; the first call is its smoke invocation's, if any."""
        first = None if function.smoke else _call(function, f"cold start{title}", screen)
        warm = _call(function, f"warm call{title}", screen)
        return cls(
            function=function,
            cold_seconds=first.seconds if first else function.smoke["seconds"],
            warm=warm,
            error=(first and first.error) or warm.error,
            steps=_steps(function.cold_start()),
        )


def call_all(deployment: Deployment, screen: Screen) -> list[Calls]:
    """Call every function of the deployment that says with what."""
    functions = [one for one in deployment.functions if one.sample is not None]
    several = len(functions) > 1
    return [Calls.of(one, f" of {one.name}" if several else "", screen) for one in functions]


def show(deployment: Deployment, calls: Sequence[Calls], screen: Screen) -> int:
    """Show what has come of an `up`, and what to do next; returns the exit status."""
    screen.line("")
    for text in _populated(deployment.populates):
        screen.line(f"  populate    {text}")
    status = show_calls(calls, screen)
    show_verdict(screen, deployment.verdict)
    for text in dict.fromkeys(screen.suggested):
        screen.line(f"  faster      {text}")
    if status == 0:
        _show_next(deployment, screen)
    return status


def show_calls(calls: Sequence[Calls], screen: Screen) -> int:
    """Show what the functions answered, and how long that took; 1 if one failed, else 0."""
    several = len(calls) > 1
    names = {one.function.name: f"{one.function.name}: " if several else "" for one in calls}
    for one in calls:
        said = f"{short(one.function.sample)} -> {short(one.warm.payload)}"
        screen.line(f"  {names[one.function.name]}{said}", "error" if one.error else "good")
    for one in calls:
        name = names[one.function.name]
        screen.line(f"  cold start  {name}{one.cold_seconds:.1f} s{one.steps}")
        screen.line(f"  warm call   {name}{one.warm.seconds * 1000:.0f} ms")
    for one in calls:
        if one.error:
            which = f"the function {one.function.name}" if several else "the function"
            screen.line(f"error: {which} failed: {one.error}", "error")
    return int(any(one.error for one in calls))


def _show_next(deployment: Deployment, screen: Screen) -> None:
    functions = deployment.functions
    if not functions:
        screen.line("\nthe program has no function to call")
        return
    which = f"--function {functions[0].name} " if len(functions) > 1 else ""
    lines = {
        f"invoke {which}--event {quoted(functions[0].sample)}": "",
        f"serve {which}".rstrip(): "# over HTTP, as a function URL does",
        "watch": "# again after each change of a file",
        "up --config memoryMb=4096": "",
        "clean": "# removes what the run has left on this disk",
    }
    if not deployment.result.project.own("memoryMb"):
        del lines["up --config memoryMb=4096"]
    width = max(len(line) for line, why in lines.items() if why)
    said = (
        f"  {command()} {f'{line:{width}}  {why}' if why else line}" for line, why in lines.items()
    )
    screen.line("\n".join(["\nnext:", *said]))


def show_open(screen: Screen) -> None:
    """Show how boto3 and the AWS CLI reach a stack that stays open."""
    reached = (f"{name}={shlex.quote(os.environ[name])}" for name in _FOR_CLIENTS)
    screen.line("\n".join(["\nfor boto3 and the AWS CLI:", f"  export {' '.join(reached)}"]))


def _call(function: Function, title: str, screen: Screen) -> Answer:
    with screen.step(title):
        return function.invoke(function.sample)


def _populated(runs: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, done in sorted(runs.items()):
        said = "release found, nothing installed"
        if done.get("outcome") == "published":
            files = "1 file" if done["files"] == 1 else f"{done['files']:,.0f} files"
            said = f"{files}, {done['bytes'] / 1e6:,.0f} MB in {done['seconds']:.1f} s"
        yield f"{name}: {said}" if len(runs) > 1 else said


def _steps(said: Mapping[str, Any]) -> str:
    """What the function says of its cold start."""
    steps = [f"{step} {seconds:.1f} s" for step, seconds in steps_of(said).items()]
    return f": {', '.join(steps)}; imports: {said.get('imports', 'plain')}" if steps else ""


def show_verdict(screen: Screen, verdict: Verdict) -> None:
    """Show which packs have judged, and how many findings there are."""
    count = len(verdict.findings)
    said = "nothing to complain about" if not count else f"{count} advisory"
    for name, policies in verdict.packs.items():
        screen.line(f"  policies    {name}: {policies} policies")
    screen.line(f"  verdict     {said}" if verdict.packs else "  policies    no packs")


def short(value: Any) -> str:
    """A value as JSON, its beginning where it is long."""
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def quoted(event: Any) -> str:
    """An event for a shell; an empty one where it would fill the screen."""
    text = json.dumps({} if event is None else event)
    return shlex.quote(text if len(text) <= _SHOWN else "{}")


def command() -> str:
    """How to call the embedded cloud with this Python from here."""
    here = Path(sys.executable)
    inside = here.is_relative_to(Path.cwd())
    return f"{here.relative_to(Path.cwd()) if inside else here} -m {MODULE}"
