"""Clients of AWS as one login, which repeat what passes by itself: throttling, lost connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ...errors import GateError
from .session import assumed

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

AwsError = (BotoCoreError, ClientError, ResponseParserError)
"""Whatever a call of AWS may raise."""

# botocore waits up to 20 s between two attempts, so ten outlast about two minutes of trouble. What
# lasts longer ends the `up`: the next one adopts the task that still runs.
_ATTEMPTS = 10
_READS_OF_A_LOG = 3  # it decides nothing, and a task has to be looked after meanwhile


@dataclass(frozen=True, kw_only=True)
class Login:
    """As whom AWS is called.

    Attributes:
        region: The AWS region.
        profile: AWS profile, or None for the usual chain of credentials.
        roles: Roles that are assumed one after the other, as in pulumi-aws's `aws:assumeRoles`.
    """

    region: str
    profile: str | None = None
    roles: Sequence[Mapping[str, Any]] = ()

    def session(self) -> boto3.Session:
        """A new session as the last of the roles."""
        made = boto3.Session(profile_name=self.profile, region_name=self.region)
        for role in self.roles:
            made = assumed(made, role)
        return made


class AwsCalls:
    """Clients of one login, made when they are first used.

    Args:
        login: As whom AWS is called.
    """

    def __init__(self, login: Login) -> None:
        self._login = login
        self._session: boto3.Session | None = None
        self._clients: dict[str, Any] = {}

    @property
    def ecs(self) -> ECSClient:
        """Client of ECS."""
        ecs: ECSClient = self._client("ecs")
        return ecs

    @property
    def lambda_(self) -> LambdaClient:
        """Client of Lambda."""
        lambda_: LambdaClient = self._client("lambda")
        return lambda_

    @property
    def logs(self) -> CloudWatchLogsClient:
        """Client of CloudWatch Logs."""
        logs: CloudWatchLogsClient = self._client("logs")
        return logs

    def account(self) -> str:
        """The account that the credentials belong to."""
        return str(self._client("sts").get_caller_identity()["Account"])

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            attempts = _READS_OF_A_LOG if service == "logs" else _ATTEMPTS
            config = Config(
                retries={"mode": "standard", "total_max_attempts": attempts},
                connect_timeout=10,
                read_timeout=30,
            )
            self._session = self._session or self._login.session()
            self._clients[service] = self._session.client(service, config=config)  # type: ignore[call-overload]
        return self._clients[service]


def refuse_other_account(found: str, planned: str, error: type[GateError]) -> None:
    """Raise the error if the account of the credentials is not that of the stack."""
    if found != planned:
        raise error(
            f"the credentials belong to account {found}, but the stack was planned for {planned}: "
            "nothing was done",
            remedy="set AWS_PROFILE or `pulumi config set aws:profile` to the account of the "
            "stack; where the components have a provider of their own, give the populator the "
            "same `credentials`",
        )
