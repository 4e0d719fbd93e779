"""A Pulumi project's name and a stack's configuration, read as the Pulumi CLI reads them."""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from botocore.loaders import Loader


class ProjectError(Exception):
    """A project or a configuration that cannot be used; the message has value, rule, remedy."""


@dataclass(frozen=True, kw_only=True)
class Project:
    """A Pulumi project with one of its stacks.

    Attributes:
        root: The folder with Pulumi.yaml and `__main__.py`.
        name: The project's name.
        stack: The stack's name.
        config: Every configuration value, `namespace:key` to its text; arrays and objects as JSON.
    """

    root: Path
    name: str
    stack: str
    config: Mapping[str, str]

    @classmethod
    def load(cls, root: Path, stack: str, overrides: Mapping[str, str] | None = None) -> Project:
        """The project in `root`, configured by Pulumi.yaml, Pulumi.<stack>.yaml and `overrides`.

        The later wins. A key without a namespace is the project's own.

        Raises:
            ProjectError: A file is missing or malformed, or a value is encrypted.
        """
        root = root.resolve()
        project = _read(root / "Pulumi.yaml")
        name = project.get("name")
        if not isinstance(name, str) or not (root / "__main__.py").is_file():
            raise ProjectError(
                f"{root} is not a Pulumi program in Python: it needs a name in Pulumi.yaml, and a "
                "__main__.py beside it"
            )
        path = root / f"Pulumi.{stack}.yaml"
        if not path.is_file():
            stacks = sorted(p.name.split(".")[1] for p in root.glob("Pulumi.*.yaml"))
            raise ProjectError(
                f"stack {stack!r}: {path} does not exist. A stack has a file; "
                f"the stacks here are: {', '.join(stacks) or 'none'}"
            )
        values: dict[str, str] = {}
        for key, declared in _config(project, root / "Pulumi.yaml").items():
            default = _default(declared)
            if default is not None:
                values[_qualified(key, name)] = _text(default)
        given = dict(_config(_read(path), path))
        for key, value in {**given, **(overrides or {})}.items():
            if isinstance(value, dict) and "secure" in value:
                raise ProjectError(
                    f"{key} in {path.name} is encrypted, and only the Pulumi CLI can decrypt it. "
                    f"Give it for this run: --config {key}=VALUE"
                )
            values[_qualified(key, name)] = _text(value)
        loaded = cls(root=root, name=name, stack=stack, config=values)
        check_region(loaded.region)
        return loaded

    def own(self, key: str) -> str | None:
        """The value of one of the project's own keys."""
        return self.config.get(f"{self.name}:{key}")

    @property
    def region(self) -> str:
        """The stack's AWS region; us-east-1 where it names none."""
        return self.config.get("aws:region", "us-east-1")

    def environment(self, dry_run: bool) -> dict[str, str]:
        """What Pulumi tells its processes, the program's and those of the packs."""
        return {
            "PULUMI_PROJECT": self.name,
            "PULUMI_STACK": self.stack,
            "PULUMI_ORGANIZATION": "organization",
            "PULUMI_DRY_RUN": "true" if dry_run else "false",
            "PULUMI_CONFIG": json.dumps(dict(self.config)),
            "PULUMI_CONFIG_SECRET_KEYS": "[]",
        }


def check_region(name: str) -> None:
    """Raise ProjectError for a region that AWS does not have."""
    if name not in (regions := _regions()):
        near = difflib.get_close_matches(name, regions, n=1) or ["eu-central-1"]
        raise ProjectError(
            f"aws:region {name!r}: a region has a name such as {near[0]}. "
            f"Remedy: --config aws:region={near[0]}, the stack's file, or the provider's region"
        )


@functools.cache
def _regions() -> tuple[str, ...]:
    partitions = Loader().load_data("endpoints")["partitions"]
    return tuple(region for partition in partitions for region in partition["regions"])


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProjectError(f"{path}: {error.strerror}. Remedy: run in a Pulumi project") from error
    except yaml.YAMLError as error:
        raise ProjectError(f"{path} is not YAML: {error}") from error
    if not isinstance(content, dict | None):
        raise ProjectError(f"{path} has to be a mapping, it is a {type(content).__name__}")
    return content or {}


def _config(content: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    config = content.get("config") or {}
    if not isinstance(config, dict):
        raise ProjectError(f"config in {path} has to be a mapping of keys to values")
    return config


def _default(declared: Any) -> Any:
    """What Pulumi.yaml says of a key: `{type, default}`, `{value}`, or the value itself."""
    if isinstance(declared, dict):
        return declared.get("value", declared.get("default"))
    return declared


def _qualified(key: str, project: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _text(value: Any) -> str:
    """A value as a program gets it: everything is text, arrays and objects are JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
