"""What may be an Output, and what has to be plain: each says so in its type, with the reason."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pulumi

from .errors import ConfigurationError, Problem

Tags: TypeAlias = pulumi.Input[Mapping[str, pulumi.Input[str]]]
"""Tags of a resource, or of every resource of a component."""
Texts: TypeAlias = pulumi.Input[Sequence[pulumi.Input[str]]]
"""A list of texts, such as ids."""


@dataclass(frozen=True)
class Plain:
    """Note of a type, `Annotated[str, Plain("...")]`: its value cannot be an Output.

    Attributes:
        reason: Why it has to be known before anything is created.
        values: Whether that goes for the values of a mapping too, not only for its keys.
    """

    reason: str
    values: bool = True


class Args:
    """Base of all arguments: what its type calls plain is refused as an Output, and what is wrong.

    Raises:
        ConfigurationError: With every problem.
    """

    def __post_init__(self) -> None:
        # Not typing.get_type_hints, which would look up what pulumi.Input names as text.
        hints: dict[str, Any] = {}
        for each in reversed(type(self).__mro__):
            hints |= inspect.get_annotations(each, eval_str=True)
        problems = [
            problem
            for name, hint in hints.items()
            for note in getattr(hint, "__metadata__", ())
            if isinstance(note, Plain)
            for problem in _problems(getattr(self, name), f"{type(self).__name__}.{name}", note)
        ]
        problems += self.wrong()
        if problems:
            raise ConfigurationError(problems)

    def wrong(self) -> Iterable[Problem]:
        """What does not fit together, as far as it is plain."""
        return ()


def plain(value: Any, subject: str, reason: str) -> None:
    """Refuse a value that is an Output, or holds one.

    Args:
        value: What was given.
        subject: What to call it.
        reason: Why it has to be known before anything is created.

    Raises:
        ConfigurationError: It is not plain.
    """
    if problems := _problems(value, subject, Plain(reason)):
        raise ConfigurationError(problems)


def checked(value: Any, problems: Callable[[Any], Iterable[Problem]]) -> Any:
    """A value, refused as soon as all of it is known: now where all of it is plain.

    Args:
        value: What was given.
        problems: What is wrong with it once it is known.

    Raises:
        ConfigurationError: With every problem of what is plain.
    """

    def check(known: Any) -> Any:
        if found := list(problems(known)):
            raise ConfigurationError(found)
        return known

    if not any(map(comes_later, _parts(value))):
        return check(value)
    later: pulumi.Output[Any] = pulumi.Output.from_input(value)
    return later.apply(check)


def _problems(value: Any, subject: str, note: Plain) -> list[Problem]:
    if not any(map(comes_later, _parts(value, values=note.values))):
        return []
    return [
        Problem(
            subject=subject,
            value="an Output",
            rule=f"it has to be plain, known before anything is created: {note.reason}",
            remedy="give a literal, or read it from the configuration",
        )
    ]


def _parts(value: Any, *, values: bool = True) -> Iterable[Any]:
    yield value
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _parts(key, values=values)
            yield from _parts(inner, values=values) if values else ()
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _parts(inner, values=values)


def comes_later(value: Any) -> bool:
    """Whether a value is known only when something has been created."""
    return isinstance(value, pulumi.Output) or inspect.isawaitable(value)
