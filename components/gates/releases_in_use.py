"""The releases that functions may load from, as far as their aliases route to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from time import monotonic
from typing import TYPE_CHECKING

from .aws_calls import AwsCalls, AwsError, GaveUpError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# The end of `Mount.release_path`, or of a path below it.
_RELEASE = re.compile(r"/releases/([0-9a-f]{16})(?![0-9A-Za-z_.-])")
_LATEST = "$LATEST"
# Not decisive: the next run removes what this one leaves.
_PATIENCE_SECONDS = 120


class _UnreadableError(Exception):
    """A function's environment is not shown."""


def releases_in_use(
    aws: AwsCalls, access_point_arn: str, warn: Callable[[str], None]
) -> frozenset[str] | None:
    """Ids of the releases that a function of this access point names in its environment.

    These are the versions to which an alias routes, by weight too, and $LATEST.

    Returns:
        None, after a warning, where not all could be read: then no release may be removed.
    """
    try:
        return aws.patiently(
            lambda: frozenset(_named(aws.lambda_, access_point_arn)),
            monotonic() + _PATIENCE_SECONDS,
        )
    except (*AwsError, GaveUpError, _UnreadableError) as error:
        warn(
            f"no older release is removed, because not every function could be read: {error}. "
            "Remedy: allow lambda:ListFunctions, lambda:ListAliases and "
            "lambda:GetFunctionConfiguration, and kms:Decrypt where a key encrypts variables"
        )
        return None


def _named(client: LambdaClient, access_point_arn: str) -> Iterator[str]:
    for page in client.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            mounts = function.get("FileSystemConfigs", [])
            if access_point_arn in [mount["Arn"] for mount in mounts]:
                for version in sorted({_LATEST, *_routed(client, function["FunctionName"])}):
                    yield from _released(client, function["FunctionName"], version)


def _routed(client: LambdaClient, function: str) -> Iterator[str]:
    for page in client.get_paginator("list_aliases").paginate(FunctionName=function):
        for alias in page["Aliases"]:
            yield alias["FunctionVersion"]
            yield from alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})


def _released(client: LambdaClient, function: str, version: str) -> Iterator[str]:
    known = client.get_function_configuration(FunctionName=function, Qualifier=version)
    environment = known.get("Environment", {})
    if error := environment.get("Error"):
        raise _UnreadableError(
            f"{function}:{version} does not show its environment: {error.get('ErrorCode')} "
            f"{error.get('Message', '')}".rstrip()
        )
    for value in environment.get("Variables", {}).values():
        yield from _RELEASE.findall(value)
