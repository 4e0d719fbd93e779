"""InferenceFunction: function, version and alias."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from .contract import Application, Package, runtime
from .errors import ConfigurationError, Problem
from .gates import RetainedVersions, RetainedVersionsArgs, SmokeInvocation, SmokeInvocationArgs
from .inputs import Args, Tags
from .publications import ArtifactPublication, Publication, check_artifacts
from .resources import FunctionRole, Log, LogArgs, Upload, rights

ALIAS = "live"
# Lambda: "...exceeded the 4KB limit. Measured size: N bytes", counted as JSON.
_MAX_ENVIRONMENT_BYTES = 4_096


def checked_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """`variables` as they are.

    Raises:
        ConfigurationError: Lambda would refuse them for their size.
    """
    size = len(json.dumps(variables, separators=(",", ":")).encode())
    if size <= _MAX_ENVIRONMENT_BYTES:
        return dict(variables)
    largest = max(variables, key=lambda key: len(variables[key]))
    raise ConfigurationError(
        [
            Problem(
                subject="environment of the function",
                value=f"{size} bytes",
                rule=f"Lambda accepts {_MAX_ENVIRONMENT_BYTES} bytes, counted as JSON",
                remedy=f"shorten it; the largest variable is {largest}",
            )
        ]
    )


@dataclass(frozen=True, kw_only=True)
class InferenceFunctionArgs(Args):
    """Arguments of `InferenceFunction`.

    Attributes:
        application: The folder with the model.
        libraries: The release that it is served from; it brings file system, network, runtime and
            architecture with it. Functions may share one.
        artifacts: The release of artifacts that the model's `load` gets; default: that with which
            the libraries were tried, if any.
        role: The function's role; the network depends on it.
        memory_mb: Memory in MB.
        timeout_seconds: Timeout of one call in seconds.
        ephemeral_storage_mb: Size of /tmp in MB.
        function_name: Name of the function; default: one that Pulumi makes.
        alias: Name of the alias.
        log: Where it logs to.
        environment: Variables beside those that name the releases.
        tags: Tags for every resource.
    """

    application: Application
    libraries: Publication
    artifacts: ArtifactPublication | None = None
    role: FunctionRole
    memory_mb: pulumi.Input[int] = 3008
    timeout_seconds: pulumi.Input[int] = 120
    ephemeral_storage_mb: pulumi.Input[int] = 512
    function_name: pulumi.Input[str] | None = None
    alias: pulumi.Input[str] = ALIAS
    log: LogArgs = field(default_factory=LogArgs)
    environment: pulumi.Input[Mapping[str, pulumi.Input[str]]] = field(default_factory=dict)
    tags: Tags = field(default_factory=dict)


class InferenceFunction(pulumi.ComponentResource):
    """The function, a version for each change, and the alias that callers use.

    A version exists only after its release is published, and the alias moves to it only after it
    has answered a first call.

    Attributes:
        sample_request: The model's own sample request, empty where it has none; plain.
        timeout_seconds: Timeout of one call.
        published: The releases that it is served from.
    """

    function_name: pulumi.Output[str]
    function_arn: pulumi.Output[str]
    alias_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]
    sample_request: dict[str, Any]
    timeout_seconds: pulumi.Output[int]
    published: tuple[Publication | ArtifactPublication, ...]

    def __init__(
        self, name: str, args: InferenceFunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        self.sample_request = args.application.sample
        artifacts = args.artifacts or args.libraries.artifacts
        check_artifacts(name, args.application, args.libraries, artifacts)
        self.published = (args.libraries, *([artifacts] if artifacts else []))
        own = args.libraries.environment | (artifacts.environment if artifacts else {})
        environment = _environment(args.environment, own)
        super().__init__("efs-inference:index:InferenceFunction", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        store = args.libraries.store
        store.account.refuse_another(self, name)
        log = Log(name, args.log, store.account, args.tags, child)
        self.log_group_name = log.name
        mount_and_log = rights(
            name,
            args.role,
            pulumi.Output.all(store.allow("ClientMount"), log.write),
            child,
        )
        bucket = args.libraries.populator.bucket
        package = Package(runtime.function_files(args.application))
        code = bucket.upload(name, "function", package, child)
        function = self._function(name, args, environment, mount_and_log, code, artifacts)
        smoke = SmokeInvocation(
            name,
            SmokeInvocationArgs(
                function_name=function.name,
                function_version=function.version,
                event=self.sample_request,
                account=store.account,
                credentials=args.libraries.credentials,
            ),
            opts=child,
        )
        alias = aws.lambda_.Alias(
            f"{name}-{ALIAS}",
            name=args.alias,
            function_name=function.name,
            function_version=smoke.function_version,
            opts=child,
        )
        RetainedVersions(
            name,
            RetainedVersionsArgs(
                function_name=function.name,
                alias=args.alias,
                live_version=alias.function_version,
                subnet_ids=store.network.own_subnet_ids,
                security_group_ids=[store.network.function_security_group_id],
                account=store.account,
                credentials=args.libraries.credentials,
            ),
            opts=child,
        )
        self.function_name, self.function_arn = function.name, function.arn
        self.alias_arn = alias.arn
        self.timeout_seconds = pulumi.Output.from_input(args.timeout_seconds)
        self.register_outputs(
            {
                "function_name": self.function_name,
                "function_arn": self.function_arn,
                "alias_arn": self.alias_arn,
                "log_group_name": self.log_group_name,
                "sample_request": self.sample_request,
            }
        )

    def _function(
        self,
        name: str,
        args: InferenceFunctionArgs,
        environment: pulumi.Input[Mapping[str, pulumi.Input[str]]],
        mount_and_log: pulumi.Resource,
        code: Upload,
        artifacts: ArtifactPublication | None,
    ) -> aws.lambda_.Function:
        libraries, store = args.libraries, args.libraries.store
        return aws.lambda_.Function(
            name,
            name=args.function_name,
            role=args.role.arn,
            runtime=libraries.release.target.runtime,
            architectures=[libraries.release.target.architecture],
            handler=runtime.HANDLER,
            # Not in the request, which Lambda limits to 50 MB.
            s3_bucket=code.bucket,
            s3_key=code.key,
            memory_size=args.memory_mb,
            timeout=args.timeout_seconds,
            ephemeral_storage={"size": args.ephemeral_storage_mb},
            publish=True,
            environment={"variables": environment},
            file_system_config=store.file_system_config,
            vpc_config={
                # One by one: policies then know in a preview which subnets these are.
                "subnet_ids": list(store.network.subnet_ids.values()),
                "security_group_ids": [store.network.function_security_group_id],
            },
            logging_config={"log_format": "JSON", "log_group": self.log_group_name},
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[
                    *(args.role, mount_and_log, code.resource),
                    *(store.network, store, libraries.run),
                    *([artifacts.run] if artifacts else []),
                ],
            ),
        )


def _environment(
    given: pulumi.Input[Mapping[str, pulumi.Input[str]]], own: Mapping[str, str]
) -> pulumi.Input[Mapping[str, pulumi.Input[str]]]:
    """All variables, their size checked as soon as it is known: now where all are plain."""
    if isinstance(given, Mapping):
        plain = {key: value for key, value in given.items() if isinstance(value, str)}
        if len(plain) == len(given):
            return checked_environment({**plain, **own})
    later: pulumi.Output[Any] = pulumi.Output.from_input(given)
    return later.apply(lambda known: checked_environment({**known, **own}))
