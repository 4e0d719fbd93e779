"""Names in AWS that Pulumi does not make unique by itself: they carry project and stack."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import pulumi

from ..account import Account
from ..inputs import Tags

_BUCKET_LENGTH, _BUCKET_DIGITS = 63, 16
_RESERVED = ("xn-", "sthree-", "amzn-s3-demo-")


def tag_name(name: str) -> str:
    """Value of the tag `Name` of resource `name`; no name of a project or a stack has a slash."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}/{name}"


def with_name(tags: Tags, name: str) -> Tags:
    """Tags with the Name of resource `name`."""
    if isinstance(tags, Mapping):
        return {**tags, "Name": tag_name(name)}
    later: pulumi.Output[Any] = pulumi.Output.from_input(tags)
    return later.apply(lambda known: {**known, "Name": tag_name(name)})


def log_group_name(name: str) -> str:
    """Name of the log group of component `name`; known in preview, so policies can read it."""
    return f"/{tag_name(name)}"


def family(name: str) -> str:
    """Family of the task definition of component `name`."""
    # ECS takes neither periods nor slashes in a family.
    return _plain(tag_name(name))


def object_prefix(name: str) -> str:
    """What the keys of the objects of component `name` begin with; it needs no escapes in a URL."""
    return _plain(name)


def bucket_name(name: str, account: Account) -> str:
    """Name of the bucket of component `name`: the same in every run, and nobody else's.

    Bucket names are unique across all accounts, so the digits are of account and region too.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    whole = f"{account.partition}/{account.id}/{account.region}/{tag_name(name)}"
    digits = hashlib.sha256(whole.encode()).hexdigest()[:_BUCKET_DIGITS]
    readable = re.sub(r"[^a-z0-9]+", "-", tag_name(name).lower()).strip("-")
    if readable.startswith(_RESERVED):
        readable = f"x-{readable}"
    return f"{readable[: _BUCKET_LENGTH - _BUCKET_DIGITS - 1].strip('-')}-{digits}".strip("-")


def _plain(name: str) -> str:
    # The digits tell `a.b` from `a-b`, both of which Pulumi takes as the name of a stack.
    readable = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:7]}"
