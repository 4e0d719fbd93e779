"""Calls of AWS that outlast what passes by itself: throttling, lost connections, expiry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectionError,  # noqa: A004 - botocore's own
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
)
from botocore.parsers import ResponseParserError

from .session import assumed

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sts import STSClient

T = TypeVar("T")
AwsError = (BotoCoreError, ClientError, ResponseParserError)
"""Whatever a call of AWS may raise."""

# botocore repeats each call a few times by itself, within seconds; what lasts is for us.
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=10, read_timeout=30
)
_PAUSE_SECONDS = (1.0, 20.0)

# As AWS's services name them; botocore.retries.standard has the same and more.
_THROTTLED = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "SlowDown"),
        *("RequestThrottled", "RequestThrottledException", "RequestLimitExceeded"),
        *("TooManyRequestsException", "BandwidthLimitExceeded", "PriorRequestNotComplete"),
    }
)
_TIMED_OUT = frozenset({"RequestTimeout", "RequestTimeoutException"})
_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
# By name, because boto3 1.40 does not have all of them.
_EXPIRED_ERRORS = frozenset(
    {
        *("UnauthorizedSSOTokenError", "SSOTokenLoadError", "TokenRetrievalError"),
        *("CredentialRetrievalError", "LoginRefreshRequired", "LoginTokenLoadError"),
    }
)
# What a profile may look like at the moment at which somebody renews it.
_HALF_RENEWED = (NoCredentialsError, PartialCredentialsError, ProfileNotFound, ConfigParseError)


class GaveUpError(Exception):
    """What should have passed has not; the message says what it is, and what renews it."""


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

    def source(self) -> boto3.Session:
        """A new session with the credentials as they lie there now, before any role."""
        return boto3.Session(profile_name=self.profile, region_name=self.region)

    def session(self) -> boto3.Session:
        """A new session as the last of the roles."""
        made = self.source()
        for role in self.roles:
            made = assumed(made, role)
        return made


class AwsCalls:
    """Clients of one login, and calls that are repeated as long as there is hope.

    Args:
        login: As whom AWS is called.
        until: `time.monotonic()` at which hope ends.
        say: Is told of each kind of trouble once.
    """

    def __init__(self, login: Login, until: float, say: Callable[[str], None]) -> None:
        self._login, self._until, self._say = login, until, say
        self._session: boto3.Session | None = None
        self._clients: dict[str, Any] = {}
        self._told: set[str] = set()

    @property
    def ecs(self) -> ECSClient:
        """Client of ECS, of the session that is current."""
        ecs: ECSClient = self._client("ecs")
        return ecs

    @property
    def lambda_(self) -> LambdaClient:
        """Client of Lambda, of the session that is current."""
        lambda_: LambdaClient = self._client("lambda")
        return lambda_

    @property
    def logs(self) -> CloudWatchLogsClient:
        """Client of CloudWatch Logs, of the session that is current."""
        logs: CloudWatchLogsClient = self._client("logs")
        return logs

    @property
    def sts(self) -> STSClient:
        """Client of STS, of the session that is current."""
        sts: STSClient = self._client("sts")
        return sts

    def _client(self, service: str) -> Any:
        if self._session is None:
            self._session, self._clients = self._login.session(), {}
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=_CONFIG)  # type: ignore[call-overload]
        return self._clients[service]

    def patiently(self, call: Callable[[], T], until: float | None = None) -> T:
        """Make a call, again and again while it fails for a reason that passes.

        Args:
            call: The call; it takes its client from this object each time, because credentials
                that have expired are replaced by those that lie there now.
            until: `time.monotonic()` at which to give up, if earlier than the object's own.

        Raises:
            GaveUpError: It did not pass in time, or cannot pass in this process.
            BotoCoreError, ClientError, ResponseParserError: It does not pass by itself.
        """
        end = min(self._until, until if until is not None else self._until)
        pause, longest = _PAUSE_SECONDS
        while True:
            try:
                answer = call()
            except (*AwsError, RuntimeError) as error:
                self._endure(error, end)
            else:
                if "expired" in self._told:
                    self._told.discard("expired")
                    self._say("the credentials are valid again")
                return answer
            sleep(pause)
            pause = min(pause * 2, longest)

    def _endure(self, error: Exception, end: float) -> None:
        """Return if `error` may pass until `end`, raise otherwise."""
        kind = _passing(error)
        if kind is None and "expired" in self._told and isinstance(error, _HALF_RENEWED):
            kind = "expired"
        if kind is None:
            raise error
        if kind == "expired":
            self._session = None
            self._refuse_fixed_credentials(error)
        what = f"{_TROUBLES[kind]} ({_shortly(error)})"
        if kind not in self._told:
            self._told.add(kind)
            self._say(f"{what}. {_WAITING[kind]}")
        if monotonic() >= end:
            raise GaveUpError(f"{what}. Remedy: {_REMEDIES[kind]}") from error

    def _refuse_fixed_credentials(self, error: Exception) -> None:
        """Credentials from environment variables stay what they are as long as this process."""
        try:
            credentials = self._login.source().get_credentials()
        except AwsError:
            return
        if credentials is not None and credentials.method == "env":
            raise GaveUpError(
                f"the credentials in the environment variables AWS_* have expired "
                f"({_shortly(error)}), and a running process cannot get others. Remedy: set new "
                "ones, then run `pulumi up` again"
            ) from error


_TROUBLES = {
    "throttled": "AWS throttles its calls",
    "faulty": "AWS has a fault of its own",
    "unreachable": "AWS cannot be reached",
    "expired": "the credentials have expired",
}
_WAITING = {
    "throttled": "Asking more slowly",
    "faulty": "Asking again until it is over",
    "unreachable": "Asking again until the connection is back",
    "expired": "Waiting: renew them, for instance with `aws sso login`",
}
_REMEDIES = {
    "throttled": "run `pulumi up` again when fewer others call AWS in this account",
    "faulty": "look at https://health.aws.amazon.com, then run `pulumi up` again",
    "unreachable": "mend the connection or the proxy, then run `pulumi up` again",
    "expired": "renew them, for instance with `aws sso login`, then run `pulumi up` again",
}


def _passing(error: Exception) -> str | None:
    """The kind of a trouble that may pass, None for one that stays."""
    if isinstance(error, ClientError):
        return _passing_answer(error)
    if {cls.__name__ for cls in type(error).__mro__} & _EXPIRED_ERRORS:
        return "expired"
    if isinstance(error, RuntimeError):
        # botocore's own check, of credentials that came with their time of expiry
        return "expired" if "credentials are still expired" in str(error) else None
    if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return None
    if isinstance(error, ConnectionError | HTTPClientError | ResponseParserError):
        return "unreachable"
    return None


def _passing_answer(error: ClientError) -> str | None:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _EXPIRED:
        return "expired"
    if code in _THROTTLED or status == 429:
        return "throttled"
    if code in _TIMED_OUT or status >= 500:
        return "faulty"
    return None


def _shortly(error: Exception) -> str:
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response.get('Error', {}).get('Code', '')}"
    return f"{type(error).__name__}: {error}"
