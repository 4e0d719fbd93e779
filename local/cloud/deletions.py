"""What cannot be deleted yet, in the words of AWS: what holds it is asked of moto and the tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import moto.awslambda.models as lambda_models

from ..account import Account, RefusalError
from ..executors import Tasks

Body = Mapping[str, Any]


class Deletions:
    """Refuses to delete what something else holds; other operations pass."""

    def __init__(self, account: Account, tasks: Tasks) -> None:
        self._account, self._tasks = account, tasks

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
        return frozenset([*self._by_versions(), *self._by_mount_targets(), *self._tasks.hold()])

    def _by_versions(self) -> Iterator[str]:
        """Every version has its interfaces as long as it is there, whether it is called or not."""
        for version in self._backend.list_functions("ALL"):
            network = version.vpc_config or {}
            yield from (*network.get("SubnetIds", ()), *network.get("SecurityGroupIds", ()))

    def _by_mount_targets(self) -> Iterator[str]:
        for system in self._account.efs.file_systems_by_id.values():
            for target in system.iter_mount_targets():
                yield from (target.subnet_id, *(target.security_groups or ()))


def _weights(alias: Any) -> Sequence[str]:
    return list((alias.routing_config or {}).get("AdditionalVersionWeights", {}))
