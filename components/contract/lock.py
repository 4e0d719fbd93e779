"""Locks: the pins of an application for one target, and whether requirements.in asks for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from .. import commands
from ..errors import ConfigurationError, Problem
from . import runtime
from .application import Application
from .requirements import (
    CORRECT,
    Difference,
    Pin,
    asked,
    differences,
    parse_lock,
    pins_in,
    quoted,
    text_of,
)
from .target import Target


def render(pins: Iterable[Pin], options: Mapping[str, str]) -> str:
    """The lock of these pins and options, as pip and the installer read it."""
    return "\n".join([*runtime.option_comments(options), *map(str, sorted(pins)), ""])


def read_lock(application: Application, target: Target) -> tuple[tuple[Pin, ...], dict[str, str]]:
    """The pins and the options of the application's lock for this target.

    Raises:
        ConfigurationError: There is none, it breaks a rule, or it is not that of requirements.in.
    """
    path = application.lock_path(target)
    text = _text(application, target)
    pins = parse_lock(text, path.name)
    options, wrong = runtime.read_options(text, {pin.name for pin in pins})
    remedy = f"correct it in requirements.in, and renew the lock with {commands.LOCK}"
    problems = _in_lines(path.name, wrong, remedy) + _stale(application, target, text)
    if problems:
        raise ConfigurationError(problems)
    return pins, options


def option_problems(requirements: Path, packages: Collection[str]) -> list[Problem]:
    """What is wrong with the options in requirements.in, whose locks have these packages."""
    _, wrong = runtime.read_options(text_of(requirements), packages)
    return _in_lines(requirements.name, wrong, CORRECT)


def _text(application: Application, target: Target) -> str:
    path = application.lock_path(target)
    try:
        return text_of(path)
    except FileNotFoundError as error:
        having = ", ".join(each.stem for each in application.locks()) or "there is none yet"
        problem = Problem(
            subject="runtime, architecture",
            value=f"{target.runtime}, {target.architecture}",
            rule=f"each pair needs a lock, and {path} does not exist",
            remedy=f"choose a pair that has one ({having}), or make it with {commands.LOCK}: a "
            "`# lock: runtimes ...` in requirements.in may leave it out",
        )
        raise ConfigurationError([problem]) from error


def _in_lines(name: str, wrong: Sequence[tuple[int, str, str]], remedy: str) -> list[Problem]:
    return [
        Problem(subject=f"{name}, line {number}", value=repr(line), rule=rule, remedy=remedy)
        for number, line, rule in wrong
    ]


def _out_of_date(requirements: Path, target: Target, lock: str) -> list[Difference]:
    """What a lock with this text does not hold of a requirements file."""
    found = differences(asked(requirements, target.runtime, target.architecture), lock)
    packages, texts = pins_in(lock), (text_of(requirements), lock)
    wanted, had = (runtime.read_options(text, packages)[0] for text in texts)
    return [*found, *([Difference(quoted(had), quoted(wanted))] if wanted != had else [])]


def _stale(application: Application, target: Target, lock: str) -> list[Problem]:
    """Where the lock is not that of requirements.in; a folder without one is its lock's alone."""
    path, name = application.requirements_path, application.lock_path(target).name
    if not path.is_file():
        return []
    try:
        found = _out_of_date(path, target, lock)
    except ConfigurationError as error:
        return list(error.problems)
    # What is kept may be a package of another target alone.
    return option_problems(path, _locked_packages(application)) + [
        Problem(
            subject=name,
            rule=f"it {difference}, so it is out of date",
            remedy=commands.LOCK,
        )
        for difference in found
    ]


def _locked_packages(application: Application) -> set[str]:
    """Names of the packages in all locks."""
    texts = (path.read_text(encoding="utf-8-sig", errors="replace") for path in application.locks())
    return {name for text in texts for name in pins_in(text)}
