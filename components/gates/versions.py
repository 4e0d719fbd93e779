"""The published versions of a function: what they hold, what routes to them, and their end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True, kw_only=True)
class Version:
    """A published version.

    Attributes:
        number: Its number.
        holds: Ids of the subnets and security groups in which it has network interfaces.
    """

    number: int
    holds: frozenset[str]


class Versions:
    """The versions of one function.

    Args:
        client: Client of Lambda.
        function: The function's name.
    """

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client, self._function = client, function

    def published(self) -> list[Version]:
        """All but $LATEST."""
        pages = self._client.get_paginator("list_versions_by_function").paginate(
            FunctionName=self._function
        )
        return [
            Version(
                number=int(found["Version"]),
                holds=frozenset(
                    name
                    for key in ("SubnetIds", "SecurityGroupIds")
                    for name in found.get("VpcConfig", {}).get(key, ())  # type: ignore[attr-defined]
                ),
            )
            for page in pages
            for found in page["Versions"]
            if found["Version"] != "$LATEST"
        ]

    def routes(self) -> dict[int, list[tuple[str, bool]]]:
        """For each version the aliases that route to it, and whether they do so by weight."""
        found: dict[int, list[tuple[str, bool]]] = {}
        pages = self._client.get_paginator("list_aliases").paginate(FunctionName=self._function)
        for page in pages:
            for alias in page["Aliases"]:
                weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
                for version in (alias["FunctionVersion"], *weights):
                    if version != "$LATEST":
                        route = (alias["Name"], version in weights)
                        found.setdefault(int(version), []).append(route)
        return found

    def delete(self, number: int) -> bool:
        """Delete a version; False where AWS says that something refers to it."""
        try:
            self._client.delete_function(FunctionName=self._function, Qualifier=str(number))
        except self._client.exceptions.ResourceNotFoundException:
            return True
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceConflictException":
                return False
            raise
        return True
