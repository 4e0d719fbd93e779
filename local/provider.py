"""The AWS provider of local runs: how each resource is created with boto3, and what it gives.

The table is in `aws_resources`. A type that is not in it gets a synthetic id.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .aws_kind import Aws, ProviderError
from .aws_resources import KINDS

ACCOUNT = "123456789012"
"""The account of a preview, which has no cloud to ask."""


class AwsProvider:
    """Creates AWS resources at the endpoint that the environment names.

    Without a cloud it is good for previews only: it answers function calls with constants.

    Attributes:
        not_emulated: The types that got a synthetic id, and their resources' names.
    """

    def __init__(self, region: str, *, cloud: bool) -> None:
        self._region, self._cloud = region, cloud
        self._aws = _Clients(region)
        self.not_emulated: dict[str, list[str]] = {}

    def check(self, type_: str, urn: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """A name for what has none: the logical name and 7 hex digits.

        It is the same in each run; by a file system's creation token its directory is found again.
        """
        named = KINDS[type_].named if type_ in KINDS else ""
        if not named or inputs.get(named) or inputs.get(f"{named}Prefix"):
            return {}
        digits = hashlib.sha256(urn.encode()).hexdigest()[:7]
        return {named: f"{urn.rpartition('::')[2]}-{digits}"}

    def computed(self, type_: str) -> Collection[str]:
        """Outputs that AWS makes up."""
        return KINDS[type_].computed if type_ in KINDS else ("id",)

    def create(self, type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the resource.

        Raises:
            ProviderError: AWS refused; the message is `<code>: <message>`.
        """
        if type_ not in KINDS:
            if not type_.startswith("pulumi:providers:"):
                self.not_emulated.setdefault(type_, []).append(name)
            digits = hashlib.sha256(f"{type_} {name}".encode()).hexdigest()[:17]
            return f"{name}-{digits}", {}
        with _errors():
            return KINDS[type_].make(self._aws, _integers(inputs))

    def update(
        self, type_: str, inputs: dict[str, Any], changed: Collection[str]
    ) -> tuple[str, dict[str, Any]]:
        """Bring the resource to new inputs.

        Raises:
            ProviderError: This type is only created here, or AWS refused.
        """
        if type_ not in KINDS or KINDS[type_].update is None:
            able = ", ".join(token.rpartition(":")[2] for token, k in KINDS.items() if k.update)
            raise ProviderError(
                f"{', '.join(changed)} changed; within a run only these are updated: {able}. "
                "Remedy: a new run"
            )
        with _errors():
            return KINDS[type_].make(self._aws, _integers(inputs), again=True)

    def invoke(self, token: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one of the few functions that need no account of its own.

        Raises:
            ProviderError: The function is not among them.
        """
        answers = {
            "aws:index/getAvailabilityZones:getAvailabilityZones": self._zones,
            "aws:index/getCallerIdentity:getCallerIdentity": self._identity,
            "aws:index/getPartition:getPartition": self._partition,
            "aws:index/getRegion:getRegion": self._region_of,
        }
        if token not in answers:
            raise ProviderError(
                f"this function is not emulated here; those that are: {', '.join(sorted(answers))}"
            )
        return {**args, **answers[token]()}

    def _zones(self) -> dict[str, Any]:
        if self._cloud:
            zones = [
                (zone["ZoneName"], zone["ZoneId"])
                for zone in self._aws.client("ec2").describe_availability_zones()[
                    "AvailabilityZones"
                ]
            ]
        else:
            area, direction, number = self._region.rsplit("-", 2)
            short = f"{area.replace('-', '')}{direction[0]}{number}"
            zones = [(f"{self._region}{z}", f"{short}-az{i}") for i, z in enumerate("abcdef", 1)]
        return {
            "id": self._region,
            "names": [name for name, _ in zones],
            "zoneIds": [id_ for _, id_ in zones],
            "groupNames": [self._region],
        }

    def _identity(self) -> dict[str, Any]:
        account = self._aws.account if self._cloud else ACCOUNT
        return {
            "id": account,
            "accountId": account,
            "arn": f"arn:aws:iam::{account}:root",
            "userId": account,
        }

    def _partition(self) -> dict[str, Any]:
        return {
            "id": "aws",
            "partition": "aws",
            "dnsSuffix": "amazonaws.com",
            "reverseDnsPrefix": "com.amazonaws",
        }

    def _region_of(self) -> dict[str, Any]:
        endpoint = f"ec2.{self._region}.amazonaws.com"
        region = self._region
        return {
            "id": region,
            "region": region,
            "name": region,
            "description": region,
            "endpoint": endpoint,
        }


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        answer = error.response["Error"]
        raise ProviderError(f"{answer.get('Code')}: {answer.get('Message')}") from error
    except BotoCoreError as error:
        raise ProviderError(f"{type(error).__name__}: {error}") from error


class _Clients(Aws):
    """boto3 clients, one for each service; using one is safe in several threads, making is not."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._lock = threading.RLock()
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self._account: str | None = None

    @property
    def account(self) -> str:
        with self._lock:
            if self._account is None:
                self._account = str(self.client("sts").get_caller_identity()["Account"])
            return self._account

    def client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                config = Config(max_pool_connections=32, retries={"total_max_attempts": 2})
                self._session = self._session or boto3.Session(region_name=self.region)
                self._clients[service] = self._session.client(service, config=config)
            return self._clients[service]


def _integers(value: Any) -> Any:
    """The wire knows one kind of number; AWS wants integers where they are whole."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_integers(item) for item in value]
    if isinstance(value, dict):
        return {key: _integers(item) for key, item in value.items()}
    return value
