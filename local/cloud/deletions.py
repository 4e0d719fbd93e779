"""What cannot be deleted yet, in the words of AWS: what holds it is asked of moto and the tasks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import moto.awslambda.models as lambda_models

from ..account import Account, RefusalError
from ..executors import Tasks

Body = Mapping[str, Any]


@dataclass(frozen=True)
class _Interfaces:
    """Network interfaces of a function's version that has no use for them any more.

    Attributes:
        hold: Ids of their subnets and security groups.
        role: As which Lambda deletes them.
        until: When it does so, by the monotonic clock.
    """

    hold: frozenset[str]
    role: str
    until: float


class Deletions:
    """Refuses to delete what something else holds; other operations pass.

    Args:
        account: The account.
        tasks: Its tasks.
        seconds_to_free: How long Lambda keeps network interfaces that no version needs.
    """

    def __init__(self, account: Account, tasks: Tasks, seconds_to_free: float) -> None:
        self._account, self._tasks = account, tasks
        self._seconds_to_free = seconds_to_free
        self._kept: list[_Interfaces] = []

    def check(self, operation: str, body: Body, path: Sequence[str]) -> None:
        """Raise RefusalError for a deletion that AWS would refuse."""
        if operation == "DeleteSubnet" and body["SubnetId"] in self._held():
            why = f"The subnet '{body['SubnetId']}' has dependencies and cannot be deleted."
            raise RefusalError("DependencyViolation", why)
        if operation == "DeleteSecurityGroup" and body["GroupId"] in self._held():
            why = f"resource {body['GroupId']} has a dependent object"
            raise RefusalError("DependencyViolation", why)
        if operation == "DeleteCluster" and self._tasks.on(body["cluster"]):
            why = "The Cluster cannot be deleted while Tasks are active."
            raise RefusalError("ClusterContainsTasksException", why)
        if operation == "DeleteFunction" and "Qualifier" in body:
            self._check_version(unquote(path[-1]), body["Qualifier"])
        if operation == "DeleteFunction":
            self._keep(path[-1])
        if operation == "UpdateFunctionConfiguration":
            self._keep(path[-2])

    def free(self) -> None:
        """Delete the interfaces whose time is over, as Lambda does it: with the function's role.

        Without that they stay. It is called before every request, since any may take the role.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
        """
        now = time.monotonic()
        self._kept = [
            kept
            for kept in self._kept
            if now < kept.until
            or not self._account.may(kept.role, "ec2:DeleteNetworkInterface", "*")
        ]

    def _keep(self, name: str) -> None:
        """Versions of a function are about to let go of their interfaces, or to take others."""
        function = unquote(name).rpartition(":function:")[2]
        until = time.monotonic() + self._seconds_to_free
        self._kept += [
            _Interfaces(_network(version), version.role, until)
            for version in self._backend.list_versions_by_function(function)
        ]

    def _check_version(self, function: str, version: str) -> None:
        """[field: go-lambda-cleanup#45]"""
        aliases = self._backend.list_aliases(function)
        routed = [a.name for a in aliases if version in (a.function_version, *_weights(a))]
        if routed:
            why = "Unable to delete version because the following aliases reference it"
            text = f"{why}: [{', '.join(routed)}]"
            raise RefusalError("ResourceConflictException", text, 409)

    @property
    def _backend(self) -> Any:
        return lambda_models.lambda_backends[self._account.id][self._account.region]

    def _held(self) -> frozenset[str]:
        """Ids of subnets and groups with a network interface in them."""
        kept = frozenset().union(*(interfaces.hold for interfaces in self._kept))
        return kept.union(self._by_versions(), self._by_mount_targets(), self._tasks.hold())

    def _by_versions(self) -> Iterator[str]:
        """Every version has its interfaces as long as it is there, whether it is called or not."""
        for version in self._backend.list_functions("ALL"):
            yield from _network(version)

    def _by_mount_targets(self) -> Iterator[str]:
        for system in self._account.efs.file_systems_by_id.values():
            for target in system.iter_mount_targets():
                yield from (target.subnet_id, *(target.security_groups or ()))


def _weights(alias: Any) -> Sequence[str]:
    return list((alias.routing_config or {}).get("AdditionalVersionWeights", {}))


def _network(version: Any) -> frozenset[str]:
    """Ids of a version's subnets and security groups."""
    network = version.vpc_config or {}
    return frozenset((*network.get("SubnetIds", ()), *network.get("SecurityGroupIds", ())))
