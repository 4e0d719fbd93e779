"""What moto does otherwise than AWS, put right in its own classes."""

from __future__ import annotations

import json
import os
import re
import secrets
import time
import types
from typing import Any, ClassVar

import moto.awslambda.models as lambda_models
import moto.efs.exceptions as efs_exceptions
import moto.efs.models as efs_models
import moto.iam.models as iam_models
import moto.s3.models as s3_models
from moto.core.config import default_user_config
from moto.ec2.models import ec2_backends
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend, Zone
from moto.iam.access_control import PermissionResult
from moto.moto_api._internal.models import moto_api_backend

from ..zones import zones_of

# AWS's own policies that can be attached here.
_MANAGED = re.compile(r"AWSLambda\w*ExecutionRole|AmazonECSTaskExecution|AmazonElasticFileSystem")


class _MountTarget(efs_models.MountTarget):
    """Is `creating` for a while, and in the VPC's default security group if in no other."""

    seconds_to_create: ClassVar[float]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._available_at = time.monotonic() + self.seconds_to_create

    def info_json(self) -> dict[str, Any]:
        ready = time.monotonic() >= self._available_at
        self.life_cycle_state = "available" if ready else "creating"
        return super().info_json()


class _Function(lambda_models.LambdaFunction):
    """Keeps what moto drops."""

    _KEPT = ("FileSystemConfigs", "LoggingConfig")

    def __init__(
        self, account_id: str, spec: dict[str, Any], *arguments: Any, **named: Any
    ) -> None:
        super().__init__(account_id, spec, *arguments, **named)
        self.kept = {key: spec[key] for key in self._KEPT if key in spec}

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        default = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"}
        kept = {**self.kept, "LoggingConfig": default | self.kept.get("LoggingConfig", {})}
        return {**super().get_configuration(on_create), **kept}

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        changed = {key: config_updates[key] for key in self._KEPT if key in config_updates}
        self.kept = {**self.kept, **changed}
        if "EphemeralStorage" in config_updates:
            self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
        return super().update_configuration(config_updates)

    @property
    def vpc_config(self) -> dict[str, Any] | None:
        known = super().vpc_config
        if known and known.get("SubnetIds"):
            subnet = ec2_backends[self.account_id][self.region].get_subnet(known["SubnetIds"][0])
            known["VpcId"] = subnet.vpc_id
        return known


class _Versions(lambda_models.LambdaStorage):
    """Gives no number twice: moto counts the versions that are there."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._numbers: dict[str, int] = {}

    def publish_version(self, name_or_arn: str, description: str = "") -> Any:
        name = self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn).function_name
        versions = self._functions[name]["versions"]
        before = len(versions)
        made = super().publish_version(name_or_arn, description)
        if made is not None and len(versions) > before:
            self._arns.pop(made.function_arn, None)
            self._numbers[name] = self._numbers.get(name, 0) + 1
            made.set_version(self._numbers[name])
            self._arns.update({version.function_arn: version for version in versions})
        return made


class _Bucket(s3_models.FakeBucket):
    """Leaves its policy to `TaskRoles`: moto reads no conditions, so TLS alone would be denied."""

    def get_permission(self, _action: str, _resource: str) -> PermissionResult:
        return PermissionResult.NEUTRAL


def prepare(seconds_to_create: float) -> None:
    """Empty moto's state and close the gaps."""
    # No function and no task starts from a machine image; moto would make 1,300 of them: 0.2 s.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    # moto reads all 1,600 managed policies, once for each partition: 1.6 s.
    managed = json.loads(vars(iam_models)["aws_managed_policies_data"])
    few = json.dumps({name: managed[name] for name in managed if _MANAGED.match(name)})
    vars(iam_models).update(aws_managed_policies_data=few)
    default_user_config["iam"] = {"load_aws_managed_policies": True}
    vars(lambda_models).update(LambdaStorage=_Versions)
    moto_api_backend.reset()
    for region, zones in RegionsAndZonesBackend.zones.items():
        zones[:] = [Zone(name=n, region_name=region, zone_id=id_) for n, id_ in zones_of(region)]
    # Lambda takes ids of 17 digits only; moto makes 8.
    ids = types.SimpleNamespace(get_random_hex=lambda _=17: secrets.token_hex(9)[:17])
    _MountTarget.seconds_to_create = seconds_to_create
    vars(efs_models).update(mock_random=ids, MountTarget=_MountTarget)
    vars(lambda_models).update(LambdaFunction=_Function)
    vars(s3_models).update(FakeBucket=_Bucket)
    efs_exceptions.SubnetNotFound.code = 400
    efs_exceptions.SecurityGroupNotFound.code = 400
