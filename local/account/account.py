"""The account's state as moto keeps it, and what the executors ask of it: mounts, rights, logs."""

from __future__ import annotations

import json
import threading
import time
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends
from moto.efs.models import efs_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.secretsmanager.exceptions import SecretsManagerClientError
from moto.secretsmanager.models import secretsmanager_backends

from ..sandbox import Bind
from . import rights
from .reach import Network, Reach
from .rules import MountError, denied


@dataclass(frozen=True, kw_only=True)
class Client:
    """Who mounts, and from where.

    Attributes:
        role: ARN of the role as which it mounts; None mounts without IAM.
        subnets: Where it may run: each of them has to have a mount target in its zone.
        groups: Its security groups; none is the VPC's default one.
        tls: Whether it mounts over TLS.
    """

    role: str | None
    subnets: Sequence[str]
    groups: Sequence[str]
    tls: bool = True


class Account:
    """One account in one region.

    Attributes:
        lock: Held while moto's objects are read or changed.
    """

    id: str = DEFAULT_ACCOUNT_ID

    def __init__(self, state: Path, region: str, lock: threading.RLock) -> None:
        self.state, self.region, self.lock = state, region, lock
        self.ec2: Any = ec2_backends[self.id][region]
        self.ecs: Any = ecs_backends[self.id][region]
        self.efs: Any = efs_backends[self.id][region]
        self._iam: Any = iam_backends[self.id]["aws"]
        self._logs: Any = logs_backends[self.id][region]
        self._secrets: Any = secretsmanager_backends[self.id][region]

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.id}:{resource}"

    def trusted(self, role_arn: str, service: str, source_arn: str) -> bool:
        """Whether the role exists, and an AWS service may assume it for `source_arn`."""
        context = {"aws:SourceAccount": self.id, "aws:SourceArn": source_arn}
        return any(
            rights.trusts(json.loads(role.assume_role_policy_document), service, context)
            for role in self._iam.roles.values()
            if role.arn == role_arn
        )

    def _policies(self, role_arn: str | None) -> list[dict[str, Any]]:
        roles = [role for role in self._iam.roles.values() if role.arn == role_arn]
        own = [json.loads(document) for role in roles for document in role.policies.values()]
        attached = [policy for role in roles for policy in role.managed_policies.values()]
        return own + [_document(policy) for policy in attached]

    def _boundary(self, role_arn: str | None) -> list[dict[str, Any]] | None:
        """The permissions boundary of a role; None where it has none."""
        bounds = [r.permissions_boundary_arn for r in self._iam.roles.values() if r.arn == role_arn]
        if not any(bounds):
            return None
        return [_document(p) for p in self._iam.managed_policies.values() if p.arn in bounds]

    def may(
        self,
        role_arn: str | None,
        action: str,
        resource: str,
        context: Mapping[str, str] | None = None,
        resource_policies: Iterable[Mapping[str, Any]] = (),
    ) -> bool:
        """Whether a role may do something, by its policies and boundary and the resource's."""
        return rights.allows(
            self._policies(role_arn),
            action,
            resource,
            context or {},
            principal=role_arn or "",
            resource_policies=resource_policies,
            boundary=self._boundary(role_arn),
        )

    def unknown_subnets(self, subnets: Iterable[str]) -> list[str]:
        """Those of `subnets` that do not exist."""
        known = {subnet.id for subnet in self.ec2.describe_subnets()}
        return [subnet for subnet in subnets if subnet not in known]

    def _targets(self, file_system: str) -> dict[str, Any]:
        found = self.efs.file_systems_by_id.get(file_system)
        return {t.availability_zone_name: t for t in found.iter_mount_targets()} if found else {}

    def target_states(self, file_system: str, subnets: Iterable[str]) -> list[str | None]:
        """For each subnet the state of the mount target in its zone."""
        targets = self._targets(file_system)
        zones = [self.ec2.get_subnet(subnet).availability_zone for subnet in subnets]
        return [targets[z].info_json()["LifeCycleState"] if z in targets else None for z in zones]

    def bind(
        self, client: Client, path: str, file_system: str, point_id: str | None, root: str = "/"
    ) -> Bind:
        """Mount at `path`; makes the access point's directory at its first mount.

        Raises:
            MountError: AWS would not mount it.
        """
        with self.lock:
            point = self.efs.access_points.get(point_id)
            point_arn = point.access_point_arn if point else point_id
            trouble = self._unreachable(client, file_system)
            if trouble is None and not self._may_mount(
                client, file_system, point_id, "ClientMount"
            ):
                trouble = "access denied"
            if trouble is None:
                shown = point.root_directory if point else {"Path": root}
                directory = self._directory(file_system, shown)
                if directory is not None:
                    writes = self._may_mount(client, file_system, point_id, "ClientWrite")
                    return Bind(str(directory), path, read_only=not writes)
            raise MountError(trouble or "no directory", file_system, str(point_arn))

    def _directory(self, file_system: str, shown: Mapping[str, Any]) -> Path | None:
        token = self.efs.file_systems_by_id[file_system].creation_token
        name = urllib.parse.quote(token, safe="")
        top = self.state / (name if name.strip(".") else f"%{name}")
        top.mkdir(parents=True, exist_ok=True)
        directory: Path = top / shown["Path"].strip("/")
        if not directory.exists():
            if "CreationInfo" not in shown:
                return None
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(int(shown["CreationInfo"]["Permissions"], 8))
        return directory

    def _unreachable(self, client: Client, file_system: str) -> str | None:
        """Why no mount target answers, from any one of the client's subnets."""
        states = self.target_states(file_system, client.subnets)
        subnets = [self.ec2.get_subnet(subnet) for subnet in client.subnets]
        vpcs = [self.ec2.get_vpc(subnet.vpc_id) for subnet in subnets]
        dns = all(vpc.enable_dns_support and vpc.enable_dns_hostnames for vpc in vpcs)
        if not dns or set(states) != {"available"}:
            return "no mount target"
        targets, network = self._targets(file_system), Network(self.ec2, self.region)
        for subnet in subnets:
            target = targets[subnet.availability_zone]
            theirs, place = target.security_groups, target.ip_address
            if not network.connects(subnet, client.groups, theirs, place, rights.NFS_PORT):
                return "port closed"
        return None

    def reach(self, client: Client, *, public_ip: bool = False) -> Reach:
        """What a task or a function reaches beside its file system.

        A function has no public address, so an internet gateway is no way out for it.
        https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
        """
        network = Network(self.ec2, self.region)
        return network.reach(client.subnets, client.groups, public_ip=public_ip)

    def _may_mount(
        self, client: Client, file_system: str, point_id: str | None, action: str
    ) -> bool:
        found, point = self.efs.file_systems_by_id[file_system], None
        if point_id is not None:
            point = self.efs.access_points.get(point_id)
            if point is None or point.file_system_id != file_system:
                return False
        # Without a policy every client that reaches a mount target has full access.
        # https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
        if not found.file_system_policy:
            return True
        prefix = "elasticfilesystem"
        context = {
            "aws:SecureTransport": str(client.tls).lower(),
            f"{prefix}:AccessedViaMountTarget": "true",
        } | ({f"{prefix}:AccessPointArn": point.access_point_arn} if point else {})
        policies, action = [json.loads(found.file_system_policy)], f"{prefix}:{action}"
        return self.may(client.role, action, found.file_system_arn, context, policies)

    def log_refused(self, role_arn: str, group: str, stream: str) -> str | None:
        """Why a role cannot write to a log stream."""
        arn = self.arn("logs", f"log-group:{group}")
        for action in ("CreateLogStream", "PutLogEvents"):
            if not self.may(role_arn, f"logs:{action}", f"{arn}:log-stream:{stream}"):
                return f"AccessDeniedException: {denied(role_arn, f'logs:{action}', arn)}"
        if group not in self._logs.groups:
            return "ResourceNotFoundException: The specified log group does not exist."
        return None

    def secret(self, arn: str) -> tuple[str, str]:
        """The value of a secret, and why it cannot be read."""
        try:
            return str(self._secrets.get_secret_value(arn, "", "AWSCURRENT")["SecretString"]), ""
        except SecretsManagerClientError as error:
            return "", f"{error.error_type}: {error.message}"

    def write_log(self, group: str, stream: str, lines: Iterable[str]) -> None:
        """Add lines to a log stream, in order, as one batch."""
        now = time.time_ns() // 1_000_000
        with self.lock:
            if group in self._logs.groups:
                self._logs.ensure_log_stream(group, stream)
                events = [{"timestamp": now, "message": line} for line in lines]
                self._logs.put_log_events(group, stream, events)


def _document(policy: Any) -> dict[str, Any]:
    """The default version of one of moto's managed policies."""
    versions = {version.version_id: version for version in policy.versions}
    found: dict[str, Any] = json.loads(versions[policy.default_version_id].document)
    return found
