"""Typed configuration of the program: every problem at once, each with its remedy.

Defaults have their one home in Pulumi.yaml; there are none here.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from ..account import Account
from ..container import MEMORY_FOR_CPU, TaskSize, needed
from ..contract import MACHINES, RUNTIMES, Application, Artifacts, Target
from ..errors import ConfigurationError
from ..network import ExistingNetworkArgs, Network, NetworkArgs
from ..populator import Populator, PopulatorArgs
from ..publications import (
    ArtifactPublication,
    ArtifactPublicationArgs,
    PublicationArgs,
)
from ..resources import THROUGHPUTS, BucketArgs, RoleArgs
from ..store import EfsStore, EfsStoreArgs
from . import checks, problems, rules
from .closed import out_of_reach, refuse_another_region
from .keys import key
from .serving import Serving, concurrency

# The name in this repository, under which a renamed fork may have left keys in a stack's file.
_ORIGINAL = "efs-inference"


@dataclass(frozen=True, kw_only=True)
class Settings(Serving):
    """The stack's configuration, checked. Pulumi.yaml describes each key and its unit."""

    mount_path: str = key(rules.mount_path, "/mnt/models")
    runtime: str = key(rules.one_of(*RUNTIMES), next(iter(RUNTIMES)))
    architecture: str = key(rules.one_of(*MACHINES), "x86_64")
    populator_cpu: int = key(rules.integer_of(*MEMORY_FOR_CPU), "2048")
    populator_memory_mb: int = key(rules.integer(512, 122_880), "8192")
    populator_ephemeral_storage_gib: int = key(rules.integer(21, 200), "30")
    populator_timeout_minutes: int = key(rules.integer(1, 720), "30")
    populator_image: str = key(rules.image, next(iter(RUNTIMES.values())).image)
    index_url: str = key(rules.index_url, "https://pypi.org/simple")
    index_secret_arn: str = key(
        rules.secret_arn, "arn:aws:secretsmanager:us-east-1:123456789012:secret:index-a1B2c3"
    )
    wheel_cache: str = key(rules.wheel_cache, "s3://my-wheels/efs-inference")
    keep_releases: int = key(rules.integer(1, 100), "3")
    release_salt: str = key(rules.word(64), "2026-11-24")
    network_cidr: str = key(rules.network_cidr, "10.42.0.0/16")
    availability_zones: tuple[str, ...] = key(rules.availability_zones, "us-east-1a")
    egress: str = key(rules.one_of("public-ip", "nat", "none"), "public-ip")
    throughput: str = key(rules.one_of(*THROUGHPUTS), "elastic")
    provisioned_throughput_mibps: int = key(rules.integer(0, 3414), "100")
    backup: bool = key(rules.boolean, "true")
    subnet_ids: tuple[str, ...] = key(rules.subnet_ids, "subnet-0123456789abcdef0")
    populator_subnet_ids: tuple[str, ...] = key(rules.subnet_ids, "subnet-0123456789abcdef0")
    permissions_boundary: str = key(rules.arn("iam"), "arn:aws:iam::123456789012:policy/<name>")
    iam_path: str = key(rules.iam_path, "/inference/")
    protect: bool = key(rules.boolean, "true")
    package_urls: tuple[str, ...] = ()
    """Where the lock's packages come from beside indexUrl; no key."""
    artifacts_from: Artifacts | None = None
    """The application's artifacts; no key."""

    @property
    def target(self) -> Target:
        """What the libraries are made for."""
        return Target(
            runtime=self.runtime, architecture=self.architecture, image=self.populator_image
        )

    @property
    def roles(self) -> RoleArgs:
        """What the account demands of roles."""
        return RoleArgs(
            path=self.iam_path or None,
            permissions_boundary=self.permissions_boundary or None,
            tags=self.tags,
        )

    def network(self, account: Account) -> NetworkArgs | ExistingNetworkArgs:
        """The network: in the subnets that are named, or else in a VPC of its own.

        Raises:
            ConfigurationError: A subnet or a zone is not there, or they do not fit together.
        """
        refuse_another_region(vars(self), self.package_urls, self.artifacts_from, account)
        if not self.subnet_ids:
            return NetworkArgs(
                cidr=self.network_cidr,
                zones=account.zones(self.availability_zones),
                zones_chosen=not self.availability_zones,
                egress=self.egress,
                egress_ports=self.egress_ports,
                endpoints=self._endpoints,
                buckets=self.buckets,
                tags=self.tags,
            )
        vpc_id, subnets = account.subnets(self.subnet_ids)
        account.refuse_out_of_reach(self.populator_subnet_ids, vpc_id, subnets)
        return ExistingNetworkArgs(
            vpc_id=vpc_id,
            subnet_ids=subnets,
            populator_subnet_ids=self.populator_subnet_ids,
            assign_public_ip=self.egress == "public-ip",
            egress_ports=self.egress_ports,
            tags=self.tags,
        )

    def store(self, network: Network) -> EfsStoreArgs:
        """The file system, in this network."""
        return EfsStoreArgs(
            network=network,
            mount_path=self.mount_path,
            throughput=self.throughput,
            provisioned_throughput_mibps=self.provisioned_throughput_mibps or None,
            backup=self.backup,
            protect=self.protect,
            kms_key_arn=self.kms_key_arn or None,
            tags=self.tags,
        )

    def populator(self, store: EfsStore) -> PopulatorArgs:
        """What publishes releases on this file system."""
        return PopulatorArgs(
            store=store,
            target=self.target,
            size=TaskSize(
                cpu=self.populator_cpu,
                memory_mb=self.populator_memory_mb,
                ephemeral_storage_gib=self.populator_ephemeral_storage_gib,
            ),
            index_url=self.index_url,
            index_secret_arn=self.index_secret_arn,
            wheel_cache=self.wheel_cache,
            timeout_minutes=self.populator_timeout_minutes,
            keep_releases=self.keep_releases,
            log=self.log,
            bucket=BucketArgs(kms_key_arn=self.kms_key_arn or None),
            roles=self.roles,
            tags=self.tags,
        )

    def artifacts(self, populator: Populator, application: Application) -> ArtifactPublicationArgs:
        """The release of the application's artifacts."""
        return ArtifactPublicationArgs(
            populator=populator, application=application, salt=self.release_salt, tags=self.tags
        )

    def libraries(
        self,
        populator: Populator,
        application: Application,
        artifacts: ArtifactPublication | None,
    ) -> PublicationArgs:
        """The release of the application's libraries, tried with these artifacts."""
        return PublicationArgs(
            populator=populator,
            application=application,
            artifacts=artifacts,
            salt=self.release_salt,
            tags=self.tags,
        )

    @property
    def _endpoints(self) -> tuple[str, ...]:
        """Services that the task asks without internet."""
        if self.wheel_cache:
            return needed(())
        return needed((self.index_url, *self.package_urls), self.index_secret_arn)

    @property
    def buckets(self) -> tuple[str, ...]:
        """Where tasks read beside the stack's own bucket."""
        own = self.artifacts_from.buckets if self.artifacts_from else ()
        return (*own, self.wheel_cache.split("/")[2]) if self.wheel_cache else own

    @property
    def egress_ports(self) -> tuple[int, ...]:
        """TCP ports by which the populate tasks reach registry, package indexes and artifacts."""
        registry = re.match(r"[^/@]+:(\d+)/", self.target.image)
        artifacts = self.artifacts_from.urls if self.artifacts_from else ()
        urls = (self.index_url, *self.package_urls, *artifacts)
        ports = {urlsplit(url).port for url in urls}
        ports |= {443, int(registry[1]) if registry else None}
        return tuple(sorted(port for port in ports if port))

    @classmethod
    def from_stack(cls, application: Application) -> Settings:
        """The settings of the stack that Pulumi is running.

        Raises:
            ConfigurationError: With every problem of the configuration.
        """
        project = pulumi.get_project()
        prefix = f"{project}:"
        # pulumi.Config can only be asked for keys that one knows, and the unknown ones matter too.
        stack: dict[str, Any] = {**get_config_env(), **CONFIG.get()}
        values = {
            key.removeprefix(prefix): str(value)
            for key, value in stack.items()
            if key.startswith(prefix)
        }
        left = sorted(key for key in stack if key.startswith(f"{_ORIGINAL}:"))
        if project != _ORIGINAL and left:
            raise ConfigurationError(problems.of_another_project(key, project) for key in left)
        settings = cls.load(values, application)
        # A preview comes before each `up`, so once is enough.
        if pulumi.runtime.is_dry_run() and "@sha256:" not in settings.target.image:
            pulumi.log.warn(problems.by_tag(settings.target.image, pulumi.get_stack()))
        return settings

    @classmethod
    def load(cls, values: Mapping[str, str], application: Application) -> Settings:
        """Settings from configuration values as Pulumi hands them over, all of them strings.

        Args:
            values: Key without the project's prefix, and its value; arrays as JSON.
            application: Where the locks lie.

        Raises:
            ConfigurationError: With every problem of the configuration.
        """
        fields = {
            problems.camel_case(field.name): field
            for field in dataclasses.fields(cls)
            if "parse" in field.metadata
        }
        found = [problems.unknown(name, fields) for name in sorted(set(values) - set(fields))]
        parsed: dict[str, Any] = {}
        for name, field in fields.items():
            if name not in values:
                found.append(problems.missing(name, field.metadata["example"]))
                continue
            try:
                parsed[field.name] = field.metadata["parse"](values[name])
            except rules.BreaksRuleError as error:
                found.append(problems.wrong(name, values[name], error, field.metadata))
        stale, package_urls = checks.lock(parsed, application)
        wrong, artifacts = checks.artifacts(application)
        found += checks.fargate_size(parsed) + stale + wrong
        found += checks.image(parsed) + checks.subnets(parsed)
        found += checks.throughput(parsed) + concurrency(parsed)
        found += out_of_reach(parsed, package_urls, artifacts)
        if found:
            raise ConfigurationError(found)
        return cls(**parsed, package_urls=package_urls, artifacts_from=artifacts)
