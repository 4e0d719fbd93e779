"""As whom the gates call AWS: as the aws provider does, with every role that it assumes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import boto3
import botocore.session
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import NoCredentialsError

from ...errors import Problem
from ...inputs import Args, Plain

CREDENTIALS = "credentials"
"""The input of a gate that says as whom it calls AWS."""
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
# AWS STS API Reference, AssumeRole, DurationSeconds.
_DURATIONS = range(900, 43_200 + 1)
# Settings by which the aws provider becomes somebody else than boto3 does by itself.
_ELSEWHERE = {
    "aws:accessKey": "the environment variable AWS_ACCESS_KEY_ID, which both read",
    "aws:secretKey": "the environment variable AWS_SECRET_ACCESS_KEY, which both read",
    "aws:token": "the environment variable AWS_SESSION_TOKEN, which both read",
    "aws:sharedConfigFiles": "the environment variable AWS_CONFIG_FILE, which both read",
    "aws:sharedCredentialsFiles": "the environment variable AWS_SHARED_CREDENTIALS_FILE, which "
    "both read",
    "aws:assumeRoleWithWebIdentity": "the environment variables AWS_ROLE_ARN and "
    "AWS_WEB_IDENTITY_TOKEN_FILE, which both read",
}


@dataclass(frozen=True, kw_only=True)
class Credentials(Args):
    """As whom the gates call AWS where the components have an aws provider of their own.

    A gate is a dynamic resource, and those know the stack's configuration (`aws:profile`,
    `aws:assumeRoles`), but no provider that a program makes. So give them what that one has.

    Attributes:
        profile: AWS profile; default: the usual chain of credentials.
        assume_roles: Roles to assume one after the other, each with the members that the aws
            provider's `assume_roles` has: `role_arn` and what narrows it.
    """

    profile: Annotated[str | None, Plain("it is read before anything is created")] = None
    assume_roles: Annotated[
        Sequence[Mapping[str, Any]], Plain("they are assumed before anything is created")
    ] = ()


def as_input(credentials: Credentials | None) -> dict[str, Any]:
    """The input of a gate that says as whom it calls AWS; none: as the stack's configuration."""
    if credentials is None:
        return {}
    # The members' names are those of the configuration, whatever the program wrote.
    roles = [{_camel(key): value for key, value in r.items()} for r in credentials.assume_roles]
    return {CREDENTIALS: {"profile": credentials.profile, "assume_roles": roles}}


def _camel(name: str) -> str:
    return re.sub(r"_(.)", lambda match: match[1].upper(), name)


def _duration(text: str) -> int:
    """Seconds of a duration as Go writes it, such as `1h30m`."""
    parts = _PART.findall(text)
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if "".join(map("".join, parts)) != text or int(seconds) not in _DURATIONS:
        raise ValueError("it is a duration from 15m to 12h, such as 1h30m")
    return int(seconds)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("it is a text")
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError("it is a list of texts")
    return list(value)


def _tags(value: object) -> list[dict[str, str]]:
    if not isinstance(value, Mapping):
        raise ValueError("it is a mapping of texts")
    return [{"Key": str(key), "Value": _text(text)} for key, text in value.items()]


# The members of pulumi-aws's `assumeRoles`, and what AssumeRole makes of each.
_MEMBERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "roleArn": ("RoleArn", _text),
    "duration": ("DurationSeconds", lambda value: _duration(_text(value))),
    "externalId": ("ExternalId", _text),
    "policy": ("Policy", _text),
    "policyArns": ("PolicyArns", lambda value: [{"arn": arn} for arn in _texts(value)]),
    "sessionName": ("RoleSessionName", _text),
    "sourceIdentity": ("SourceIdentity", _text),
    "tags": ("Tags", _tags),
    "transitiveTagKeys": ("TransitiveTagKeys", _texts),
}


def roles_of(config: Callable[[str], Any]) -> tuple[Any, ...]:
    """The roles that the stack's configuration lets the aws provider assume, as they stand there.

    Args:
        config: Gives the value of a key, or None.
    """
    written = config("aws:assumeRoles") or "[]"
    try:
        roles = json.loads(written) if isinstance(written, str) else written
    except ValueError:
        roles = written
    return tuple(roles) if isinstance(roles, list) else (roles,)


def unknown_settings(config: Callable[[str], Any]) -> list[Problem]:
    """The settings of the aws provider that a gate cannot follow, of the stack's configuration."""
    return [
        Problem(
            subject=key,
            rule="a gate calls AWS as the aws provider does, and does not know this setting",
            remedy=f"instead of it {instead}, or `aws:profile`",
        )
        for key, instead in _ELSEWHERE.items()
        if config(key)
    ]


def problems_of(roles: Sequence[Any]) -> list[Problem]:
    """What is wrong with roles to assume: no member of one is dropped."""
    return [problem for index, role in enumerate(roles) for problem in _wrong(index, role)]


def _wrong(index: int, role: Any) -> list[Problem]:
    place, remedy = f"assumeRoles[{index}]", "correct it where the aws provider has it from"
    if not isinstance(role, Mapping) or not role.get("roleArn"):
        rule = "a role to assume is an object with a roleArn"
        return [Problem(subject=place, value=repr(role), rule=rule, remedy=remedy)]
    found = []
    for member, value in role.items():
        try:
            if member not in _MEMBERS:
                raise ValueError(f"the members are {', '.join(_MEMBERS)}")
            if value is not None:
                _MEMBERS[member][1](value)
        except ValueError as error:
            subject = f"{place}.{member}"
            rule = str(error)
            found.append(Problem(subject=subject, value=repr(value), rule=rule, remedy=remedy))
    return found


def request_of(role: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of AssumeRole for a role without problems."""
    given = {member: value for member, value in role.items() if value}
    return {_MEMBERS[member][0]: _MEMBERS[member][1](value) for member, value in given.items()}


def assumed(source: boto3.Session, role: Mapping[str, Any]) -> boto3.Session:
    """A session as this role, which renews its credentials from `source` by itself.

    Raises:
        NoCredentialsError: `source` has none.
    """
    credentials = source.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    request = request_of(role)
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=source.client,
        source_credentials=credentials,
        role_arn=request.pop("RoleArn"),
        extra_args=request,
    )
    core = botocore.session.Session()
    core.register_component("credential_provider", CredentialResolver([_Assumed(fetcher)]))
    return boto3.Session(botocore_session=core, region_name=source.region_name)


class _Assumed(CredentialProvider):
    METHOD = "assume-role"

    def __init__(self, fetcher: AssumeRoleCredentialFetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(
            refresh_using=self._fetcher.fetch_credentials, method=self.METHOD
        )
