"""The releases that functions may load from: those that their versions name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ...contract import runtime
from ..aws import AwsCalls, AwsError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import FunctionConfigurationTypeDef

# The end of `Mount.release_path`, or of a path below it.
_RELEASE = re.compile(rf"/{runtime.RELEASES}/({runtime.RELEASE_ID.pattern})(?![0-9A-Za-z_.-])")


class _UnreadableError(Exception):
    """A function's environment is not shown."""


def releases_in_use(
    aws: AwsCalls, access_point_arn: str, warn: Callable[[str], None]
) -> frozenset[str] | None:
    """Ids of the releases that a function of this access point names in its environment.

    Every version that is there counts, and $LATEST: any of them can be called, and an alias can be
    set back to it. Versions that nobody needs any more are deleted by `RetainedVersions`.

    Returns:
        None, after a warning, where not all could be read: then no release may be removed.
    """
    try:
        return frozenset(_named(aws.lambda_, access_point_arn))
    except (*AwsError, _UnreadableError) as error:
        warn(
            f"no older release is removed, because not every function could be read: {error}. "
            "Remedy: allow lambda:ListFunctions, and kms:Decrypt where a key encrypts variables"
        )
        return None


def _named(client: LambdaClient, access_point_arn: str) -> Iterator[str]:
    for page in client.get_paginator("list_functions").paginate(FunctionVersion="ALL"):
        for version in page["Functions"]:
            mounts = version.get("FileSystemConfigs", [])
            if access_point_arn in [mount["Arn"] for mount in mounts]:
                yield from _released(version)


def _released(version: FunctionConfigurationTypeDef) -> Iterator[str]:
    environment = version.get("Environment", {})
    if error := environment.get("Error"):
        raise _UnreadableError(
            f"{version['FunctionName']}:{version['Version']} does not show its environment: "
            f"{error.get('ErrorCode')} {error.get('Message', '')}".rstrip()
        )
    for value in environment.get("Variables", {}).values():
        yield from _RELEASE.findall(value)
