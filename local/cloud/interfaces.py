"""Network interfaces of functions: what they hold, and when Lambda frees it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import moto.awslambda.models as lambda_models

from ..account import Account


@dataclass(frozen=True)
class _Unneeded:
    """Interfaces that no version may need any more.

    Attributes:
        hold: Ids of their subnets and security groups.
        role: As which Lambda deletes them.
        until: When it does so, by the monotonic clock.
    """

    hold: frozenset[str]
    role: str
    until: float


class Interfaces:
    """Those of all functions of an account in a region.

    Args:
        account: The account.
        seconds_to_free: How long Lambda keeps one that no version needs.
    """

    def __init__(self, account: Account, seconds_to_free: float) -> None:
        self._account, self._seconds_to_free = account, seconds_to_free
        self._functions = lambda_models.lambda_backends[account.id][account.region]
        self._unneeded: list[_Unneeded] = []

    def held(self) -> Iterator[str]:
        """Ids of the subnets and security groups in which there is one."""
        # A version has its own as long as it is there, whether it is called or not.
        for version in self._functions.list_functions("ALL"):
            yield from _network(version)
        for each in self._unneeded:
            yield from each.hold

    def keep(self, name: str) -> None:
        """Versions of a function are about to go, or to move to other subnets and groups."""
        function = unquote(name).rpartition(":function:")[2]
        until = time.monotonic() + self._seconds_to_free
        self._unneeded += [
            _Unneeded(_network(version), version.role, until)
            for version in self._functions.list_versions_by_function(function)
        ]

    def free(self) -> None:
        """Delete those whose time is over, as Lambda does it: with the function's role.

        Without that they stay. It is called before every request, since any may take the role.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
        """
        now = time.monotonic()
        self._unneeded = [
            each
            for each in self._unneeded
            if now < each.until
            or not self._account.may(each.role, "ec2:DeleteNetworkInterface", "*")
        ]


def _network(version: Any) -> frozenset[str]:
    """Ids of a version's subnets and security groups."""
    network = version.vpc_config or {}
    return frozenset((*network.get("SubnetIds", ()), *network.get("SecurityGroupIds", ())))
