"""The first call of a new version, as soon as Lambda lets it be called."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from ... import commands
from ...errors import InvocationError
from ..aws import AwsCalls, AwsError, Login, refuse_other_account, until_settled
from ..diagnosis import cause_of
from .answer import account_of, log_tail, refusal, shortened
from .log import readable

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef

# What passes, most of it in the first minutes of a new function, while its role, its network
# interfaces and its mount spread. Source: AWS Lambda API Reference, Invoke, errors.
SETTLING = frozenset(
    {
        "EC2AccessDeniedException",
        "EC2ThrottledException",
        "EC2UnexpectedException",
        "EFSIOException",
        "EFSMountConnectivityException",
        "EFSMountFailureException",
        "EFSMountTimeoutException",
        "ENINotReadyException",
        "ResourceConflictException",
        "ResourceNotReadyException",
        "ServiceException",
        "TooManyRequestsException",
    }
)
_ATTEMPTS = 10
_REMEDY = (
    f"correct what the answer and the log say ({commands.UP} makes the same call without "
    "AWS; after a timeout, more timeoutSeconds or memoryMb), or `git revert`; then `pulumi up`"
)
_REMEDIES = {
    "EFSMountConnectivityException": "open TCP 2049 from the function's security group to the "
    "mount targets', and in the subnets' network ACLs",
    "EFSMountFailureException": "allow elasticfilesystem:ClientMount to the function's role for "
    "this file system and access point, and see what the file system policy denies",
    "EFSMountTimeoutException": "see that each zone of the function has an available mount target, "
    "then `pulumi up` again",
    "AccessDeniedException": "allow the action that AWS names to whoever runs `pulumi up`",
    "ResourceNotFoundException": "`pulumi refresh`, which notices what was deleted by hand, then "
    "`pulumi up`",
}
_ACTIVE_SECONDS = 600  # a version in a VPC waits for its network interfaces
_POLL_SECONDS = (1.0, 30.0)
# Lambda counts the timeout from the start of the function; before it come code and mount.
_BEFORE_START_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class FunctionVersion:
    """What to call and where; all of it plain values.

    Attributes:
        function: Name of the function.
        version: Its version, a number as text.
        account_id: The account that the credentials have to belong to.
        region: The AWS region.
        profile: AWS profile, or None for the usual chain of credentials.
        assume_roles: Roles to assume one after the other, as in pulumi-aws's `aws:assumeRoles`.
        event: The event to send.
    """

    function: str
    version: str
    account_id: str
    region: str
    profile: str | None = None
    assume_roles: Sequence[Mapping[str, str]] = ()
    event: Mapping[str, Any] = field(default_factory=dict)


class FirstCall:
    """Calls a version as soon as Lambda lets it be called.

    Args:
        called: What to call, and with what.
        say: Shows progress.
    """

    def __init__(self, called: FunctionVersion, say: Callable[[str], None]) -> None:
        self._called, self._say = called, say
        self._login = Login(region=called.region, profile=called.profile, roles=called.assume_roles)
        self._end = time.monotonic() + _ACTIVE_SECONDS
        self._aws = AwsCalls(self._login)

    def complete(self) -> dict[str, Any]:
        """Call it and judge the answer.

        Returns:
            `seconds` that the call took, and the first 4,096 characters of the `answer`.

        Raises:
            InvocationError: The version does not become active, cannot be called, fails, answers
                with a status code of 400 or more, or with another number of predictions than the
                event has instances. The message says so, and what the log said last.
        """
        try:
            refuse_other_account(self._aws.account(), self._called.account_id, InvocationError)
            timeout = self._timeout_once_active()
            # A second attempt would be a second call of a function that may still be running.
            once = Config(
                read_timeout=timeout + _BEFORE_START_SECONDS,
                retries={"total_max_attempts": 1},
                tcp_keepalive=True,  # a NAT on the way forgets a silent connection
            )
            client = self._login.session().client("lambda", config=once)
            seconds, response = until_settled(
                lambda: self._invoke(client),
                _passing,
                lambda text: self._say(f"smoke test: {text}"),
                attempts=_ATTEMPTS,
                pauses=_POLL_SECONDS,
            )
            answer = response["Payload"].read().decode()
        except AwsError as error:
            remedy = _remedy(error) or _REMEDY
            raise self._failure(f"cannot be called: {error}", remedy=remedy) from error
        if why := refusal(response, self._called.event, answer):
            log = readable(log_tail(response))
            details = [f"it answered: {shortened(answer)}"]
            details += ["\n".join(["its log ends with:", *log])] * bool(log)
            raise self._failure(why, account=account_of(answer), details=details)
        return {"seconds": round(seconds, 3), "answer": shortened(answer)}

    def _timeout_once_active(self) -> int:
        """The function's timeout in seconds, as soon as the version can be called."""
        while True:
            found = self._aws.lambda_.get_function_configuration(
                FunctionName=self._called.function, Qualifier=self._called.version
            )
            state, update = found.get("State", "Active"), found.get("LastUpdateStatus", "")
            if state == "Failed":
                reason = f"{found.get('StateReasonCode')}: {found.get('StateReason')}"
                raise self._failure(f"has the state Failed, {reason}")
            if state != "Pending" and update != "InProgress":
                return found["Timeout"]
            if time.monotonic() > self._end:
                waits = "Pending" if state == "Pending" else f"{state}, its last update {update}"
                raise self._failure(f"is still {waits} after {_ACTIVE_SECONDS // 60} minutes")
            time.sleep(_POLL_SECONDS[0])

    def _invoke(self, client: LambdaClient) -> tuple[float, InvocationResponseTypeDef]:
        begin = time.monotonic()
        response = client.invoke(
            FunctionName=self._called.function,
            Qualifier=self._called.version,
            Payload=json.dumps(self._called.event).encode(),
            LogType="Tail",
        )
        return time.monotonic() - begin, response

    def _failure(
        self, why: str, *, account: str = "", remedy: str = _REMEDY, details: Sequence[str] = ()
    ) -> InvocationError:
        return InvocationError(
            f"function {self._called.function} {why}",
            subject=f"version {self._called.version}",
            account=account,
            remedy=remedy,
            details=[
                *details,
                "The alias stays where it is, and callers get the version that they got before; a "
                "stack that is new has no alias yet.",
            ],
        )


def _remedy(error: Exception) -> str:
    """What to do about a call that AWS refuses, as far as that is known."""
    if isinstance(error, ClientError):
        return _REMEDIES.get(error.response["Error"].get("Code", ""), "")
    return cause_of(error).remedy


def _passing(error: Exception) -> str:
    """What AWS says that passes; empty for what stays."""
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return f"Lambda cannot be reached ({type(error).__name__})"
    if not isinstance(error, ClientError):
        return ""
    code = error.response["Error"].get("Code", "")
    return f"AWS says {code}, usual with a new function" if code in SETTLING else ""
