"""File systems: their throughput, their policy, and what lets a role mount one."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Problem
from ..statements import Statement, allow, document

PROVISIONED = "provisioned"
THROUGHPUTS = ("elastic", "bursting", PROVISIONED)
"""The throughput modes of a file system."""
_CLIENT_ACTIONS = [
    "elasticfilesystem:ClientMount",
    "elasticfilesystem:ClientWrite",
    "elasticfilesystem:ClientRootAccess",
]


def file_system_policy(
    file_system_arn: str, *, plain_text: bool = True, without_access_point: bool = True
) -> str:
    """A policy that only denies: no access without TLS, none without an access point.

    Once a file system has a policy, access that nothing allows is refused, so the allowing is done
    by the consumers' roles, each through its own access point. The policy names none: while one is
    replaced, the version that serves still mounts the old one.

    Args:
        file_system_arn: The file system.
        plain_text: Whether to deny access without TLS.
        without_access_point: Whether to deny access without an access point.
    """
    deny: Statement = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": _CLIENT_ACTIONS,
        "Resource": file_system_arn,
    }
    tls = {"Bool": {"aws:SecureTransport": "false"}}
    point = {"Null": {"elasticfilesystem:AccessPointArn": "true"}}
    statements: list[Statement] = []
    if plain_text:
        statements.append({"Sid": "DenyPlainText", **deny, "Condition": tls})
    if without_access_point:
        statements.append({"Sid": "DenyWithoutAccessPoint", **deny, "Condition": point})
    return document(statements)


def throughput_problems(mode: object, mibps: object, names: tuple[str, str]) -> Iterator[Problem]:
    """What is wrong with a throughput mode and its number, as far as they are plain.

    Args:
        mode: The mode.
        mibps: MiB/s; None is none.
        names: What the two are called.
    """
    if isinstance(mode, str) and mode not in THROUGHPUTS:
        yield Problem(
            subject=names[0],
            value=repr(mode),
            rule=f"it is one of {', '.join(THROUGHPUTS)}",
            remedy="name one of these",
        )
    elif mode == PROVISIONED and mibps is None:
        yield Problem(
            subject=names[1],
            rule=f"{names[0]} is {PROVISIONED}, and then EFS wants the number",
            remedy="set the MiB/s that cold starts read, such as 100",
        )
    elif isinstance(mode, str) and mode != PROVISIONED and mibps is not None:
        yield Problem(
            subject=names[1],
            value=str(mibps) if isinstance(mibps, int | float) else "an Output",
            rule=f"{names[0]} is {mode}, which takes no number",
            remedy=f"set {names[0]} to {PROVISIONED}, or leave it out",
        )
    # EFS API reference, CreateFileSystem; the quota is 3,414 in some regions and can be raised.
    if isinstance(mibps, int | float) and not 1 <= mibps <= 3414:
        rule = "it is 1 to 3414 MiB/s"
        yield Problem(subject=names[1], value=str(mibps), rule=rule, remedy="set such a number")


def client_statement(file_system_arn: str, access_point_arn: str, *actions: str) -> Statement:
    """A statement that allows EFS client `actions` through this access point."""
    return allow(
        [f"elasticfilesystem:{action}" for action in actions],
        file_system_arn,
        condition={"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}},
    )
