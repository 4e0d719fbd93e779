"""Statements of IAM, and the documents that they make up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeAlias

Statement: TypeAlias = dict[str, object]


def allow(
    actions: str | Sequence[str],
    resources: str | Sequence[str],
    *,
    condition: dict[str, dict[str, str]] | None = None,
) -> Statement:
    """A statement that allows these actions on these resources, under this condition."""
    statement: Statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement if condition is None else {**statement, "Condition": condition}


def document(statements: Sequence[Statement]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
