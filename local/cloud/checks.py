"""What the embedded cloud looks at before moto does, by the operation's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import moto.awslambda.models as lambda_models
from moto.core.exceptions import JsonRESTError

from ..account import Account, rules

Body = Mapping[str, Any]


class Checks:
    """Checks of requests against what there is in the account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def check(self, service: str, operation: str, body: Body, path: list[str]) -> None:
        """Raise RefusalError for a request that AWS would refuse."""
        if check := getattr(self, f"_check_{operation}", None):
            invalid = "InvalidParameterException" if service == "ecs" else "ValidationException"
            rules.refuse(invalid, rules.by_model(service, operation, body))
            check(body, path)

    def _check_RegisterTaskDefinition(self, body: Body, _: list[str]) -> None:  # noqa: N802
        rules.refuse("ClientException", rules.task_definition(body))

    def _check_CreateFileSystem(self, body: Body, _: list[str]) -> None:  # noqa: N802
        rules.refuse("BadRequest", rules.file_system(body))

    def _check_CreateAccessPoint(self, body: Body, _: list[str]) -> None:  # noqa: N802
        self._file_system(body["FileSystemId"])
        for point in self._account.efs.access_points.values():
            if point.client_token == body["ClientToken"]:
                why = f"Access point already exists: {point.access_point_id}"
                known = {"AccessPointId": point.access_point_id}
                raise rules.RefusalError("AccessPointAlreadyExists", why, 409, **known)

    def _check_CreateMountTarget(self, body: Body, _: list[str]) -> None:  # noqa: N802
        groups = body.get("SecurityGroups", [])
        if len(groups) > 5:
            why = "The maximum number of security groups per interface has been reached."
            raise rules.RefusalError("SecurityGroupLimitExceeded", why)
        ec2 = self._account.ec2
        vpcs = {group.vpc_id for group in ec2.describe_security_groups() if group.id in groups}
        vpcs |= {
            subnet.vpc_id for subnet in ec2.describe_subnets() if subnet.id == body["SubnetId"]
        }
        if len(vpcs) > 1:
            why = "You have specified two resources that belong to different networks."
            raise rules.RefusalError("SecurityGroupNotFound", why)

    def _check_PutFileSystemPolicy(self, body: Body, path: list[str]) -> None:  # noqa: N802
        arn = self._file_system(path[-2]).file_system_arn
        rules.refuse("InvalidPolicyException", rules.file_system_policy(body["Policy"], arn))

    def _check_UpdateFunctionConfiguration(self, body: Body, path: list[str]) -> None:  # noqa: N802
        known = self.function(unquote(path[-2]), None).get_configuration()
        self._check_CreateFunction({**known, **body}, path)

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

    def _file_system(self, name: str) -> Any:
        found = self._account.efs.file_systems_by_id.get(name)
        if found is None:
            why = f"File system '{name}' does not exist."
            raise rules.RefusalError("FileSystemNotFound", why, 404)
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
        backend = lambda_models.lambda_backends[self._account.id][self._account.region]
        try:
            return backend.get_function(name, qualifier)
        except JsonRESTError as error:
            code = str(error.error_type)
            raise rules.RefusalError(code, str(error.message), error.code) from error
