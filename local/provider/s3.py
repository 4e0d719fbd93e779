"""The part of the table of AWS resource types that is S3's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from .kind import Kind, Properties, ProviderError, pascal, tagged

_DEFAULT_REGION = "us-east-1"  # which may not be named as a place


def _bucket(client: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    region = client.meta.region_name
    tags = arguments.pop("Tags")
    place = {} if region == _DEFAULT_REGION else {"LocationConstraint": region}
    client.create_bucket(**arguments, **({"CreateBucketConfiguration": place} if place else {}))
    if tags:
        client.put_bucket_tagging(Bucket=arguments["Bucket"], Tagging={"TagSet": tags})
    return {}


def _ownership(properties: Properties) -> dict[str, Any]:
    return {"OwnershipControls": {"Rules": [pascal(properties["rule"])]}}


def _public_access(properties: Properties) -> dict[str, Any]:
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    blocked = {name: properties.get(name, False) for name in names}
    return {"PublicAccessBlockConfiguration": pascal(blocked)}


def _encryption(properties: Properties) -> dict[str, Any]:
    rules = []
    for rule in properties["rules"]:
        by = rule["applyServerSideEncryptionByDefault"]
        key = {"KMSMasterKeyID": by["kmsMasterKeyId"]} if by.get("kmsMasterKeyId") else {}
        default = {"SSEAlgorithm": by["sseAlgorithm"], **key}
        bucket_key = rule.get("bucketKeyEnabled", False)
        rules.append(
            {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
        )
    return {"ServerSideEncryptionConfiguration": {"Rules": rules}}


def _content(properties: Properties) -> dict[str, Any]:
    source, text = properties.get("source"), properties.get("content")
    if isinstance(source, pulumi.FileAsset):
        # Not its bytes, as it may be large. It is closed when it is no longer used.
        return {"Body": Path(source.path).open("rb")}
    if isinstance(source, pulumi.StringAsset):
        return {"Body": source.text.encode()}
    if source is None and text is not None:
        return {"Body": text.encode()}
    raise ProviderError(
        f"an object from {type(source).__name__} is not emulated here; from a FileAsset, a "
        "StringAsset and content it is"
    )


def _put(call: str, id_: str, takes: str, **more: Any) -> Kind:
    """A part of a bucket: made and updated by the same call, and it answers nothing of use."""
    return Kind(f"s3.{call}", id_, f"Bucket {takes}".strip(), update=f"s3.{call}", **more)


_ARN = {"arn": "arn:aws:s3:::{Bucket}"}
_HOST = "{Bucket}.s3"

# fmt: off
S3_KINDS: Mapping[str, Kind] = {
    "aws:s3/bucket:Bucket": Kind(
        "s3.create_bucket", "{Bucket}", "Bucket", named="bucket",
        also=tagged("Tags", "Key", "Value"), by=_bucket,
        gives={**_ARN, "bucketDomainName": _HOST + ".amazonaws.com",
               "bucketRegionalDomainName": _HOST + ".{region}.amazonaws.com"}),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _put(
        "put_bucket_ownership_controls", "{Bucket}", "", also=_ownership),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _put(
        "put_public_access_block", "{Bucket}", "", also=_public_access),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _put(
        "put_bucket_encryption", "{Bucket}", "", also=_encryption),
    "aws:s3/bucketPolicy:BucketPolicy": _put("put_bucket_policy", "{Bucket}", "Policy"),
    "aws:s3/bucketObjectv2:BucketObjectv2": _put(
        "put_object", "{Bucket}/{Key}", "Key ContentType", also=_content,
        gives={"arn": "arn:aws:s3:::{Bucket}/{Key}", "etag": "ETag"}),
}
