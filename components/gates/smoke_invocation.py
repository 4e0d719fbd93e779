"""SmokeInvocation: the gate between a new version and the alias. Calls the version once."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pulumi.dynamic import Resource

from ..account import Account
from ..errors import InvocationError
from .aws_calls import Login
from .gate import GateProvider, other_account

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef

# What a new function says in its first minutes. Source: AWS Lambda API Reference, Invoke, errors.
_SETTLING_CODES = {
    "EC2ThrottledException",
    "EFSIOException",
    "EFSMountConnectivityException",
    "EFSMountFailureException",
    "EFSMountTimeoutException",
    "ResourceConflictException",
    "TooManyRequestsException",
}
_SETTLING_SECONDS = 180
_ACTIVE_SECONDS = 600  # a version in a VPC waits for its network interfaces
_POLL_SECONDS = (1.0, 30.0)
# Lambda counts the time-out from the start of the function; before it come code and mount.
_BEFORE_START_SECONDS = 60
_MAX_ANSWER_CHARACTERS = 4_096  # it is kept in the state


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
    """

    function: str
    version: str
    account_id: str
    region: str
    profile: str | None = None
    assume_roles: Sequence[Mapping[str, str]] = ()


class FirstCall:
    """Calls a version with the empty event, as soon as Lambda lets it be called."""

    def __init__(self, called: FunctionVersion, say: Callable[[str], None]) -> None:
        self._called, self._say = called, say

    def complete(self) -> dict[str, Any]:
        """Call it and judge the answer.

        Returns:
            `seconds` that the call took, and the first 4,096 characters of the `answer`.

        Raises:
            InvocationError: The version does not become active, cannot be called, fails, or answers
                with a status code of 500 or more. The message says so, and what the log said last.
        """
        called = self._called
        try:
            session = Login(
                region=called.region, profile=called.profile, roles=called.assume_roles
            ).session()
            found = session.client("sts").get_caller_identity()["Account"]
            if why := other_account(found, called.account_id):
                raise InvocationError(why)
            timeout = self._timeout_once_active(session.client("lambda"))
            # A second attempt would be a second call of a function that may still be running.
            once = Config(
                read_timeout=timeout + _BEFORE_START_SECONDS,
                retries={"total_max_attempts": 1},
                tcp_keepalive=True,  # a NAT on the way forgets a silent connection
            )
            seconds, response = self._until_settled(session.client("lambda", config=once))
            answer = response["Payload"].read().decode()
        except (BotoCoreError, ClientError) as error:
            raise self._failure(f"cannot be called: {error}") from error
        if why := _refusal(response, answer):
            raise self._failure(f"{why}\n  it answered: {_short(answer)}", _log_tail(response))
        return {"seconds": round(seconds, 3), "answer": _short(answer)}

    def _timeout_once_active(self, client: LambdaClient) -> int:
        """The function's time-out in seconds, as soon as the version can be called."""
        deadline = time.monotonic() + _ACTIVE_SECONDS
        while True:
            found = client.get_function_configuration(
                FunctionName=self._called.function, Qualifier=self._called.version
            )
            state = found.get("State", "Active")
            if state != "Pending":
                break
            if time.monotonic() > deadline:
                raise self._failure(f"is still Pending after {_ACTIVE_SECONDS // 60} minutes")
            time.sleep(_POLL_SECONDS[0])
        if state == "Failed":
            reason = f"{found.get('StateReasonCode')}: {found.get('StateReason')}"
            raise self._failure(f"has the state Failed, {reason}")
        return found["Timeout"]

    def _until_settled(self, client: LambdaClient) -> tuple[float, InvocationResponseTypeDef]:
        """Call again while AWS says what it says in the first minutes of a new function."""
        settled = time.monotonic() + _SETTLING_SECONDS
        delay, longest = _POLL_SECONDS
        while True:
            begin = time.monotonic()
            try:
                response = client.invoke(
                    FunctionName=self._called.function,
                    Qualifier=self._called.version,
                    Payload=b"{}",
                    LogType="Tail",
                )
            except ClientError as error:
                code = error.response["Error"].get("Code", "")
                if code not in _SETTLING_CODES or time.monotonic() + delay > settled:
                    raise
                self._say(
                    f"smoke: AWS says {code}, usual with a new function; again in {delay:.0f} s"
                )
                time.sleep(delay)
                delay = min(delay * 2, longest)
            else:
                return time.monotonic() - begin, response

    def _failure(self, why: str, log: str = "") -> InvocationError:
        lines = [f"version {self._called.version} of function {self._called.function} {why}"]
        if log:
            lines += ["  its log ends with:", *(f"    {line}" for line in log.splitlines())]
        lines.append(
            "  The alias stays where it is, and callers get the version that they got before; a "
            "stack that is new has no alias yet.\n"
            "  Remedy: mend what the answer and the log say (`python -m local up` makes the same "
            "call without AWS; after a time-out, more timeoutSeconds or memoryMb), or "
            "`git revert`; then `pulumi up`"
        )
        return InvocationError("\n".join(lines))


def _refusal(response: InvocationResponseTypeDef, answer: str) -> str | None:
    """Why this answer means that the version must not serve; None where it may."""
    if "FunctionError" in response:
        return f"failed in its first call ({response['FunctionError']})"
    try:
        payload = json.loads(answer or "null")
    except ValueError:
        return None
    status = payload.get("statusCode") if isinstance(payload, Mapping) else None
    # A model without `demonstrate` refuses the empty event with 400, after it has been loaded.
    if isinstance(status, int) and status >= 500:
        return f"answered its first call with status code {status}"
    return None


def _log_tail(response: InvocationResponseTypeDef) -> str:
    return base64.b64decode(response.get("LogResult", "")).decode(errors="replace")


def _short(answer: str) -> str:
    return answer[:_MAX_ANSWER_CHARACTERS]


class SmokeInvocationProvider(GateProvider):
    """Calls the version when it is new; what it has called it does not call again."""

    replaced_by = ("function_name", "function_version", "account_id", "region")

    def passed(self, props: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Call the version."""
        called = FunctionVersion(
            function=props["function_name"],
            version=props["function_version"],
            account_id=props["account_id"],
            region=props["region"],
            profile=self.profile,
            assume_roles=self.assume_roles,
        )
        outputs = FirstCall(called, say=pulumi.log.info).complete()
        return f"{called.function}:{called.version}", outputs

    def in_short(self, props: dict[str, Any]) -> str:
        """The alias does not move."""
        return f"version {props['function_version']} failed its smoke invocation"


@dataclass(frozen=True, kw_only=True)
class SmokeInvocationArgs:
    """Arguments of `SmokeInvocation`.

    Attributes:
        function_name: The function.
        function_version: The version to call.
        account: The AWS account in which the function is; another one is refused.
    """

    function_name: pulumi.Input[str]
    function_version: pulumi.Input[str]
    account: Account


class SmokeInvocation(Resource, module="efs-inference", name="SmokeInvocation"):
    """One call of a new version with the empty event. It exists when the version answered.

    Whatever takes the version from here, such as an alias, gets it only after that. Another
    function, version, account or region is called anew.
    """

    function_version: pulumi.Output[str]
    seconds: pulumi.Output[float]
    answer: pulumi.Output[str]

    def __init__(
        self, name: str, args: SmokeInvocationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(
            SmokeInvocationProvider(),
            name,
            {
                "function_name": args.function_name,
                "function_version": args.function_version,
                "account_id": args.account.id,
                "region": args.account.region,
                "seconds": None,
                "answer": None,
            },
            opts,
        )
