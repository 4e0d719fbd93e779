"""What the embedded cloud refuses before moto is asked, by the operation's name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import moto.awslambda.models as lambda_models
from moto.core.exceptions import JsonRESTError

from ..account import Account, RefusalError, rules
from ..executors import Tasks
from .concurrency import refuse_too_many
from .interfaces import Interfaces

Body = Mapping[str, Any]


class Checks:
    """Checks of requests against what there is in the account."""

    def __init__(self, account: Account, tasks: Tasks, interfaces: Interfaces) -> None:
        self._account, self._tasks, self._interfaces = account, tasks, interfaces
        self._functions = lambda_models.lambda_backends[account.id][account.region]

    def check(self, service: str, operation: str, body: Body, path: list[str]) -> None:
        """Raise RefusalError for a request that AWS would refuse."""
        if operation.startswith(("Create", "Put", "Register", "Update")):
            invalid = "InvalidParameterException" if service == "ecs" else "ValidationException"
            rules.refuse(invalid, rules.by_model(service, operation, body))
        if check := getattr(self, f"_check_{operation}", None):
            check(body, path)

    def _check_RegisterTaskDefinition(self, body: Body, _: list[str]) -> None:  # noqa: N802
        rules.refuse("ClientException", rules.task_definition(body))

    def _check_CreateAccessPoint(self, body: Body, _: list[str]) -> None:  # noqa: N802
        self._file_system(body["FileSystemId"])

    def _check_PutFileSystemPolicy(self, body: Body, path: list[str]) -> None:  # noqa: N802
        arn = self._file_system(path[-2]).file_system_arn
        rules.refuse("InvalidPolicyException", rules.file_system_policy(body["Policy"], arn))

    def _check_UpdateFunctionConfiguration(self, body: Body, path: list[str]) -> None:  # noqa: N802
        known = self.function(unquote(path[-2]), None).get_configuration()
        self._check_CreateFunction({**known, **body}, path)
        self._interfaces.keep(path[-2])

    def _check_CreateFunction(self, body: Body, _: list[str]) -> None:  # noqa: N802
        role, arn = body["Role"], self._account.arn("lambda", f"function:{body['FunctionName']}")
        subnets = (body.get("VpcConfig") or {}).get("SubnetIds", [])
        trusted = self._account.trusted(role, "lambda.amazonaws.com", arn)
        network = not subnets or self._account.may(role, "ec2:CreateNetworkInterface", "*")
        code = "InvalidParameterValueException"
        rules.refuse(code, rules.function(body))
        rules.refuse(code, rules.subnets(self._account.unknown_subnets(subnets), "lambda"))
        rules.refuse(code, rules.function_role(trusted=trusted, network=network))
        for mount in body.get("FileSystemConfigs") or []:
            system = self.system_of(mount["Arn"])
            system_arn = system.file_system_arn if system else None
            name = system.file_system_id if system else ""
            states = self._account.target_states(name, subnets)
            rules.refuse(code, rules.function_mount(mount["Arn"], system_arn, states))

    def _check_PutFunctionConcurrency(self, body: Body, path: list[str]) -> None:  # noqa: N802
        name = self.function(unquote(path[-2]), None).function_name
        others = [f for f in self._functions.list_functions() if f.function_name != name]
        reserved = sum(int(each.reserved_concurrency or 0) for each in others)
        refuse_too_many(reserved + body["ReservedConcurrentExecutions"])

    def _file_system(self, name: str) -> Any:
        found = self._account.efs.file_systems_by_id.get(name)
        if found is None:
            why = f"File system '{name}' does not exist."
            raise RefusalError("FileSystemNotFound", why, 404)
        return found

    def system_of(self, point_arn: str) -> Any:
        """The file system of an access point, None if there is none."""
        efs = self._account.efs
        ids = [
            p.file_system_id for p in efs.access_points.values() if p.access_point_arn == point_arn
        ]
        return efs.file_systems_by_id.get(ids[0]) if ids else None

    def function(self, name: str, qualifier: str | None) -> Any:
        """A function's version or alias. Raises RefusalError if there is none."""
        try:
            return self._functions.get_function(name, qualifier)
        except JsonRESTError as error:
            code = str(error.error_type)
            raise RefusalError(code, str(error.message), error.code) from error

    # --- deletions: what something else holds stays ---

    def _check_DeleteSubnet(self, body: Body, _: list[str]) -> None:  # noqa: N802
        if body["SubnetId"] in self._held():
            why = f"The subnet '{body['SubnetId']}' has dependencies and cannot be deleted."
            raise RefusalError("DependencyViolation", why)

    def _check_DeleteSecurityGroup(self, body: Body, _: list[str]) -> None:  # noqa: N802
        if body["GroupId"] in self._held():
            why = f"resource {body['GroupId']} has a dependent object"
            raise RefusalError("DependencyViolation", why)

    def _check_DeleteCluster(self, body: Body, _: list[str]) -> None:  # noqa: N802
        if self._tasks.on(body["cluster"]):
            why = "The Cluster cannot be deleted while Tasks are active."
            raise RefusalError("ClusterContainsTasksException", why)

    def _check_DeleteFunction(self, body: Body, path: list[str]) -> None:  # noqa: N802
        """[field: go-lambda-cleanup#45]"""
        aliases = self._functions.list_aliases(unquote(path[-1]))
        version = body.get("Qualifier")
        routed = [a.name for a in aliases if version in (a.function_version, *_weights(a))]
        if routed:
            why = "Unable to delete version because the following aliases reference it"
            text = f"{why}: [{', '.join(routed)}]"
            raise RefusalError("ResourceConflictException", text, 409)
        self._interfaces.keep(path[-1])

    def _held(self) -> frozenset[str]:
        """Ids of subnets and groups with a network interface in them."""
        return frozenset([*self._interfaces.held(), *self._by_mount_targets(), *self._tasks.hold()])

    def _by_mount_targets(self) -> Iterator[str]:
        for system in self._account.efs.file_systems_by_id.values():
            for target in system.iter_mount_targets():
                yield from (target.subnet_id, *(target.security_groups or ()))


def _weights(alias: Any) -> list[str]:
    return list((alias.routing_config or {}).get("AdditionalVersionWeights", {}))
