"""What is wrong with a key of the configuration, and the command that corrects it."""

from __future__ import annotations

import contextlib
import difflib
import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from .. import commands
from ..errors import Problem
from . import rules

# `pulumi config set` without --path makes a text of them.
LISTS = {
    *("availabilityZones", "environment", "layers", "populatorSubnetIds", "subnetIds", "tags"),
}


def by_tag(image: str, stack: str) -> str:
    return (
        f"populatorImage is {image}: a tag, which may name another image when the populate task "
        f"runs next. Remedy: {commands.image(image, stack)}"
    )


def of_another_project(key: str, project: str) -> Problem:
    return Problem(
        subject=key,
        rule=f"the project is called {project} now, so Pulumi does not count the key as its own",
        remedy=f"write {project}:{key.partition(':')[2]} in the stack's file",
    )


def camel_case(name: str) -> str:
    return re.sub(r"_(.)", lambda match: match[1].upper(), name)


def set_command(key: str, *examples: str) -> str:
    """The commands that set `key`; a list is set by index."""
    if key not in LISTS:
        return f"`pulumi config set {key} {examples[0]}`"
    return ", ".join(
        f"`pulumi config set --path '{key}[{index}]' {shlex.quote(example)}`"
        for index, example in enumerate(examples)
    )


def wrong(
    key: str, text: str, error: rules.BreaksRuleError, metadata: Mapping[str, Any]
) -> Problem:
    """The problem of a value that breaks a rule."""
    examples, after = [metadata["example"]], ""
    if key in LISTS:
        examples = _entries(text, metadata["parse"]) or examples
        # `--path` takes a text that is there for nothing, but refuses an index into a mapping.
        after = f", after `pulumi config rm {key}`" if text.lstrip().startswith("{") else ""
    return Problem(
        subject=key,
        value=error.shown or repr(text),
        rule=str(error),
        remedy=set_command(key, *examples) + after,
    )


def _entries(text: str, parse: Callable[[str], object]) -> list[str]:
    """The entries that somebody meant who gave a list in another form; empty where unclear."""
    if text.lstrip().startswith("["):
        return []
    for entries in (rules.entries_of_mapping(text), re.split(r"\s*,\s*", text.strip()), [text]):
        with contextlib.suppress(rules.BreaksRuleError):
            if entries and parse(json.dumps(entries)):
                return entries
    return []


def problem(key: str, value: str, rule: str, example: str) -> Problem:
    return Problem(subject=key, value=value, rule=rule, remedy=set_command(key, example))


def unknown(key: str, known: Mapping[str, Any]) -> Problem:
    by_lower_case = {name.lower(): name for name in known}
    near = difflib.get_close_matches(key.lower(), by_lower_case, n=1)
    hint = f"; the nearest is {by_lower_case[near[0]]}" if near else ""
    return Problem(
        subject=key,
        rule=f"there is no such key{hint}",
        remedy=f"`pulumi config rm {key}`",
    )


def missing(key: str, example: str) -> Problem:
    return problem(key, "", "it has neither a value nor a default in Pulumi.yaml", example)
