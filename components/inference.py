"""InferenceFunction: function, version and alias."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import pulumi
import pulumi_aws as aws

from .contract import Application, Package, runtime
from .errors import ConfigurationError, Problem
from .gates import RetainedVersions, RetainedVersionsArgs, SmokeInvocation, SmokeInvocationArgs
from .inputs import Args, Plain, Tags, Texts, checked
from .publications import ArtifactPublication, Publication, check_artifacts
from .resources import FunctionRole, Log, LogArgs, Upload, rights
from .serving import (
    TRACING,
    Callers,
    ConcurrencyArgs,
    FunctionUrlArgs,
    alias_problems,
    dead_letter_problems,
    dead_letter_statement,
    environment,
    environment_problems,
    layer_problems,
    make_url,
    permit,
    provision,
    word_problems,
)

ALIAS = "live"


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
        layers: ARNs of versions of layers, in the order in which Lambda unpacks them to /opt. What
            the release or the package has too is imported from there; their size counts with the
            package towards Lambda's 250 MB, unzipped.
        concurrency: How many environments it has, and how many are kept ready.
        allow: Who may call the alias beside identities of its own account, by a word for each.
        url: A function URL of the alias; default: none.
        tracing: Whether X-Ray gets traces of its calls, and the role the right to send them.
        dead_letter_arn: Queue of SQS or topic of SNS that gets events whose asynchronous call
            failed, and for which the role gets the right to send. A key that encrypts it has to
            let in the role.
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
    layers: Texts = ()
    concurrency: ConcurrencyArgs = field(default_factory=ConcurrencyArgs)
    allow: Callers = field(default_factory=dict)
    url: FunctionUrlArgs | None = None
    tracing: Annotated[bool, Plain("whether the role may send traces depends on it")] = False
    dead_letter_arn: pulumi.Input[str] | None = None
    tags: Tags = field(default_factory=dict)

    def wrong(self, region: str | None = None) -> Iterator[Problem]:
        """What does not fit together, and with a region also what is not there."""
        own = type(self).__name__
        yield from alias_problems(f"{own}.alias", self.alias)
        yield from word_problems(f"{own}.allow", self.allow)
        if isinstance(self.environment, Mapping):
            yield from environment_problems(f"{own}.environment", self.environment)
        if isinstance(self.layers, Sequence):
            yield from layer_problems(f"{own}.layers", self.layers, region)
        if isinstance(self.dead_letter_arn, str):
            yield from dead_letter_problems(f"{own}.dead_letter_arn", self.dead_letter_arn, region)


class InferenceFunction(pulumi.ComponentResource):
    """The function, a version for each change, and the alias that callers use.

    A version exists only after its release is published, and the alias moves to it only after it
    has answered a first call.

    Attributes:
        function_url: Its URL, empty where there is none.
        sample_request: The model's own sample request, empty where it has none; plain.
        timeout_seconds: Timeout of one call.
        published: The releases that it is served from.
    """

    function_name: pulumi.Output[str]
    function_arn: pulumi.Output[str]
    alias_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]
    function_url: pulumi.Output[str]
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
        variables = environment(args.environment, own)
        super().__init__("efs-inference:index:InferenceFunction", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        store = args.libraries.store
        store.account.refuse_another(self, name)
        if problems := list(args.wrong(store.account.region)):
            raise ConfigurationError(problems)
        log = Log(name, args.log, store.account, args.tags, child)
        self.log_group_name = log.name
        dead_letter: pulumi.Output[str] | None = None
        if args.dead_letter_arn is not None:
            subject = "dead_letter_arn of the function"
            dead_letter = pulumi.Output.from_input(
                checked(
                    args.dead_letter_arn,
                    lambda known: dead_letter_problems(subject, known, store.account.region),
                )
            )
        mount_and_log = rights(
            name,
            args.role,
            pulumi.Output.all(
                store.allow("ClientMount"),
                log.write,
                *([TRACING] if args.tracing else []),
                *([dead_letter.apply(dead_letter_statement)] if dead_letter is not None else []),
            ),
            child,
        )
        bucket = args.libraries.populator.bucket
        package = Package(runtime.function_files(args.application))
        code = bucket.upload(name, "function", package, child)
        function = self._function(name, args, variables, mount_and_log, code, artifacts)
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
        permit(name, args.allow, alias, child)
        none = pulumi.Output.from_input("")
        self.function_url = make_url(name, args.url, alias, child) if args.url else none
        provision(name, args.concurrency, alias, args.tags, child)
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
                "function_url": self.function_url,
                "sample_request": self.sample_request,
            }
        )

    def _function(
        self,
        name: str,
        args: InferenceFunctionArgs,
        variables: pulumi.Input[Mapping[str, pulumi.Input[str]]],
        mount_and_log: pulumi.Resource,
        code: Upload,
        artifacts: ArtifactPublication | None,
    ) -> aws.lambda_.Function:
        libraries, store = args.libraries, args.libraries.store
        layers = checked(
            args.layers,
            lambda known: layer_problems("layers of the function", known, store.account.region),
        )
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
            environment={"variables": variables},
            layers=layers if args.layers else None,
            reserved_concurrent_executions=args.concurrency.reserved,
            tracing_config={"mode": "Active"} if args.tracing else None,
            dead_letter_config=(
                None if args.dead_letter_arn is None else {"target_arn": args.dead_letter_arn}
            ),
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
