"""Clients of AWS as one login, which repeat what passes by itself: throttling, lost connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from botocore.parsers import ResponseParserError

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

# pulumi-aws's name of a member of `aws:assumeRoles` -> AssumeRole's.
_ASSUME_ROLE = {
    "externalId": "ExternalId",
    "policy": "Policy",
    "sessionName": "RoleSessionName",
    "sourceIdentity": "SourceIdentity",
}


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
    roles: Sequence[Mapping[str, str]] = ()

    def session(self) -> boto3.Session:
        """A new session as the last of the roles."""
        made = boto3.Session(profile_name=self.profile, region_name=self.region)
        for role in self.roles:
            made = _assumed(made, role)
        return made


class _Assumed(CredentialProvider):
    METHOD = "assume-role"

    def __init__(self, fetcher: AssumeRoleCredentialFetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(
            refresh_using=self._fetcher.fetch_credentials, method=self.METHOD
        )


def _assumed(source: boto3.Session, role: Mapping[str, str]) -> boto3.Session:
    credentials = source.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=source.client,
        source_credentials=credentials,
        role_arn=role["roleArn"],
        extra_args={_ASSUME_ROLE[key]: role[key] for key in _ASSUME_ROLE if role.get(key)},
    )
    core = botocore.session.Session()
    core.register_component("credential_provider", CredentialResolver([_Assumed(fetcher)]))
    return boto3.Session(botocore_session=core, region_name=source.region_name)


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
