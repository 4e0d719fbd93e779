"""The bucket for what travels to AWS as a file: private, encrypted, over TLS alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pulumi
import pulumi_aws as aws

from ..account import Account
from ..contract import Package
from ..errors import ConfigurationError, Problem
from ..inputs import Args, Plain, Tags
from ..statements import Statement, allow, document
from .names import bucket_name, object_prefix


def bucket_policy(bucket_arn: str) -> str:
    """A policy that only denies: no access without TLS."""
    return document(
        [
            {
                "Sid": "DenyPlainText",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "s3:*",
                "Resource": [bucket_arn, f"{bucket_arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ]
    )


@dataclass(frozen=True, kw_only=True)
class BucketArgs(Args):
    """Where packages lie.

    Attributes:
        name: Name of a bucket of this account and region that is there already. Default: one of
            the component's own.
        kms_key_arn: Key that encrypts the packages; default: S3's own.
    """

    name: Annotated[
        str | None,
        Plain("it stands in the container definitions, which policies read in a preview"),
    ] = None
    kms_key_arn: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.name is not None and "." in self.name:
            raise ConfigurationError(
                [
                    Problem(
                        subject="name of the bucket",
                        value=repr(self.name),
                        rule="S3's certificate is for names without periods",
                        remedy="name a bucket without one",
                    )
                ]
            )


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A package in the bucket; all of it but `resource` is known in a preview.

    Attributes:
        resource: The object.
        bucket: Name of the bucket.
        key: Key of the object.
        url: Where it is to be had.
        arn: ARN of the object.
    """

    resource: pulumi.Resource
    bucket: str
    key: str
    url: str
    arn: str


class Bucket:
    """The bucket of a component.

    Its own one has no versions and no lifecycle: an object belongs to a task definition or a
    function, and goes when Pulumi has replaced that.

    Attributes:
        plain_name: Its name, known in a preview.
    """

    def __init__(
        self,
        name: str,
        args: BucketArgs,
        account: Account,
        tags: Tags,
        child: pulumi.ResourceOptions,
    ) -> None:
        self._args, self._account = args, account
        self.plain_name = args.name or bucket_name(name, account)
        self._ready: list[pulumi.Resource] = []
        if args.name is None:
            self._make(f"{name}-bucket", tags, child)

    def _make(
        self,
        name: str,
        tags: Tags,
        child: pulumi.ResourceOptions,
    ) -> None:
        bucket = aws.s3.Bucket(
            name,
            bucket=self.plain_name,
            # Nobody else's objects are in it.
            force_destroy=True,
            tags=tags,
            opts=child,
        )
        self._ready.append(bucket)
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.id,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=self._next(child),
        )
        self._ready.append(
            aws.s3.BucketPublicAccessBlock(
                name,
                bucket=bucket.id,
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
                opts=self._next(child),
            )
        )
        self._ready.append(
            aws.s3.BucketServerSideEncryptionConfiguration(
                name, bucket=bucket.id, rules=[self._encryption()], opts=self._next(child)
            )
        )
        self._ready.append(
            aws.s3.BucketPolicy(
                name,
                bucket=bucket.id,
                policy=bucket.arn.apply(bucket_policy),
                opts=self._next(child),
            )
        )

    def _next(self, child: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
        """One after the other: S3 answers two changes at once with OperationAborted."""
        after = pulumi.ResourceOptions(depends_on=[*self._ready])
        return pulumi.ResourceOptions.merge(child, after)

    def _encryption(self) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
        key = self._args.kms_key_arn
        if key is None:
            return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
        return {
            "apply_server_side_encryption_by_default": {
                "sse_algorithm": "aws:kms",
                "kms_master_key_id": key,
            },
            "bucket_key_enabled": True,
        }

    def upload(
        self, name: str, kind: str, package: Package, child: pulumi.ResourceOptions
    ) -> Upload:
        """Put a package of component `name` into the bucket; its `kind` keeps it from others.

        With another content it is another object. The old one goes at the end of the update, after
        what has taken its place was tried.
        """
        names = ", ".join(package.names)
        pulumi.log.debug(f"{name} ({kind}): {len(package.names)} files travel: {names}")
        key = f"{kind}/{object_prefix(name)}/{package.sha256}.zip"
        upload = self.put(f"{name}-{kind}", key, package.path, child, "application/zip")
        # The engine has read it when it answers.
        upload.resource.urn.apply(lambda _: package.remove())
        return upload

    def put(
        self,
        name: str,
        key: str,
        path: Path,
        child: pulumi.ResourceOptions,
        content_type: str = "application/octet-stream",
    ) -> Upload:
        """Put a file into the bucket, as resource `name`."""
        made = aws.s3.BucketObjectv2(
            name,
            bucket=self.plain_name,
            key=key,
            source=pulumi.FileAsset(str(path)),
            content_type=content_type,
            opts=self._next(child),
        )
        account = self._account
        host = f"{self.plain_name}.s3.{account.region}.{account.dns_suffix}"
        return Upload(
            resource=made,
            bucket=self.plain_name,
            key=key,
            url=f"https://{host}/{key}",
            arn=f"arn:{account.partition}:s3:::{self.plain_name}/{key}",
        )

    def read(self, upload: Upload) -> pulumi.Output[list[Statement]]:
        """Statements that allow to read one object."""
        read = allow("s3:GetObject", upload.arn)
        if self._args.kms_key_arn is None:
            return pulumi.Output.from_input([read])
        return pulumi.Output.from_input(self._args.kms_key_arn).apply(
            lambda key: [read, allow("kms:Decrypt", key)]
        )
