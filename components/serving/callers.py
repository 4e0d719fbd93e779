"""Callers: who beside the account's own identities may call the alias, and its function URL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import pulumi
import pulumi_aws as aws

from ..errors import Problem
from ..inputs import Args, Plain

_ACCOUNT = re.compile(r"\d{12}")
_IDENTITY = re.compile(r"arn:aws[\w-]*:iam::\d{12}:(root|role/\S+|user/\S+)")
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
_IN_NAMES = "it stands in the names of resources"
_DEPENDS = "what else is demanded depends on it"
AUTHENTICATIONS = ("AWS_IAM", "NONE")


@dataclass(frozen=True, kw_only=True)
class Caller(Args):
    """Who may call: a service on behalf of one resource, another account, a role there.

    Identities of the function's own account need no entry: their own policies let them call
    `alias_arn`.

    Attributes:
        principal: A service such as `apigateway.amazonaws.com`, an account of twelve digits, the
            ARN of a role or user, or `*` together with `organization`.
        source_arn: On behalf of which resource a service may call, such as an API's; a pattern with
            `*` is one too. A service is nobody's own: without this, or `source_account`, anybody's
            resource could have it call. Source: IAM User Guide, "The confused deputy problem".
        source_account: Account of that resource; needed where the ARN has none, as those of S3.
        organization: Id of the organization in AWS whose accounts may call, `o-...`.
    """

    principal: Annotated[str, Plain(_DEPENDS)]
    source_arn: pulumi.Input[str] | None = None
    source_account: pulumi.Input[str] | None = None
    organization: Annotated[str | None, Plain(_DEPENDS)] = None

    def wrong(self) -> Iterator[Problem]:
        if not isinstance(self.principal, str):
            return
        if _SERVICE.fullmatch(self.principal):
            yield from self._of_service()
        elif self.principal == "*":
            if self.organization is None:
                yield _problem(
                    *("principal", "'*'", "that is everybody"),
                    "name an account or a service, or add organization=",
                )
        elif not _ACCOUNT.fullmatch(self.principal) and not _IDENTITY.fullmatch(self.principal):
            yield _problem(
                *("principal", repr(self.principal)),
                "it is a service such as apigateway.amazonaws.com, an account of twelve digits, or "
                "the ARN of a role or user",
                "name one of these",
            )
        if self.principal and not _SERVICE.fullmatch(self.principal):
            yield from self._of_identity()
        if isinstance(self.source_account, str) and not _ACCOUNT.fullmatch(self.source_account):
            value = repr(self.source_account)
            yield _problem("source_account", value, "it has twelve digits", "name the account")
        if isinstance(self.organization, str) and not re.fullmatch(
            r"o-[a-z0-9]{10,32}", self.organization
        ):
            value = repr(self.organization)
            rule = "it is the id of an organization"
            yield _problem("organization", value, rule, "name it, such as o-a1b2c3d4e5")

    def _of_service(self) -> Iterator[Problem]:
        remedy = "add source_arn=, the ARN of the resource on whose behalf it calls"
        if self.source_arn is None and self.source_account is None:
            rule = "a service calls for anybody who asks it to"
            yield _problem("principal", repr(self.principal), rule, remedy)
        if isinstance(self.source_arn, str):
            parts = self.source_arn.split(":", 5)
            if len(parts) < 6 or parts[0] != "arn":
                yield _problem("source_arn", repr(self.source_arn), "it is an ARN", remedy)
            elif not _ACCOUNT.fullmatch(parts[4]) and self.source_account is None:
                yield _problem(
                    *("source_arn", repr(self.source_arn)),
                    "it names no account, and names such as a bucket's may be somebody else's "
                    "tomorrow",
                    "add source_account=, the account of that resource",
                )
        if self.organization is not None:
            rule = "a service is in no organization, so it could never call"
            yield _problem("organization", repr(self.organization), rule, "leave it out")

    def _of_identity(self) -> Iterator[Problem]:
        given = {"source_arn": self.source_arn, "source_account": self.source_account}
        for name in (name for name, value in given.items() if value is not None):
            rule = f"{self.principal} sends none, only services do, so it could never call"
            value = given[name]
            shown = repr(value) if isinstance(value, str) else "an Output"
            yield _problem(name, shown, rule, "leave it out")


def _problem(name: str, value: str, rule: str, remedy: str) -> Problem:
    return Problem(subject=f"Caller.{name}", value=value, rule=rule, remedy=remedy)


def word_problems(subject: str, callers: Mapping[str, object]) -> Iterator[Problem]:
    """What is wrong with the words of callers, which are part of the ids of statements."""
    for word, caller in callers.items() if isinstance(callers, Mapping) else ():
        if not isinstance(caller, Caller):
            rule = f"a caller is a Caller, and this is of type {type(caller).__name__}"
            remedy = "Caller(principal=...)"
            yield Problem(subject=f"{subject}[{word!r}]", rule=rule, remedy=remedy)
        if isinstance(word, str) and not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", word):
            rule = "the word for a caller is 1 to 32 letters, digits, hyphens and underscores"
            remedy = "give it another word"
            yield Problem(subject=subject, value=repr(word), rule=rule, remedy=remedy)


Callers = Annotated[Mapping[str, Caller], Plain(_IN_NAMES)]
"""Callers by a word for each, which is part of the name of its resource."""


@dataclass(frozen=True, kw_only=True)
class FunctionUrlArgs(Args):
    """A function URL of the alias.

    Attributes:
        authentication: `AWS_IAM`: a call is signed by who may make it. `NONE`: everybody on the
            internet may call, at the account's cost; the policy pack `guardrails` refuses that.
        allow: Who may call it beside the identities of the function's own account, by a word for
            each: another account, or `cloudfront.amazonaws.com` for a distribution.
        cors: What browsers of other origins may do; default: nothing.
    """

    authentication: Annotated[str, Plain("which permissions there are depends on it")] = "AWS_IAM"
    allow: Callers = field(default_factory=dict)
    cors: pulumi.Input[aws.lambda_.FunctionUrlCorsArgsDict] | None = None

    def wrong(self) -> Iterator[Problem]:
        yield from word_problems("FunctionUrlArgs.allow", self.allow)
        if self.authentication not in AUTHENTICATIONS and isinstance(self.authentication, str):
            yield Problem(
                subject="FunctionUrlArgs.authentication",
                value=repr(self.authentication),
                rule=f"it is one of {', '.join(AUTHENTICATIONS)}",
                remedy="leave it out for AWS_IAM",
            )
        if self.authentication == "NONE" and self.allow:
            yield Problem(
                subject="FunctionUrlArgs.allow",
                value=", ".join(self.allow),
                rule="with authentication NONE everybody may call",
                remedy="leave out one of the two",
            )


def permit(
    name: str, callers: Mapping[str, Caller], alias: aws.lambda_.Alias, opts: pulumi.ResourceOptions
) -> None:
    """Let these call the alias."""
    for word, caller in callers.items():
        _permission(f"{name}-allow-{word}", "lambda:InvokeFunction", caller, alias, opts)


def make_url(
    name: str, args: FunctionUrlArgs, alias: aws.lambda_.Alias, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """The alias's URL, and both permissions that a call of it needs.

    Since October 2025 that is `lambda:InvokeFunctionUrl` and, for calls by the URL,
    `lambda:InvokeFunction`. Source: Lambda Developer Guide, "Control access to Lambda function
    URLs".
    """
    url = aws.lambda_.FunctionUrl(
        f"{name}-url",
        function_name=alias.function_name,
        qualifier=alias.name,
        authorization_type=args.authentication,
        cors=args.cors,
        opts=opts,
    )
    callers: Mapping[str, Caller | None] = args.allow
    if args.authentication == "NONE":
        callers = {"everybody": None}
    for word, caller in callers.items():
        by_url = {"function_url_auth_type": args.authentication}
        action = "lambda:InvokeFunctionUrl"
        _permission(f"{name}-url-call-{word}", action, caller, alias, opts, **by_url)
        via: dict[str, Any] = {"invoked_via_function_url": True}
        name_ = f"{name}-url-invoke-{word}"
        _permission(name_, "lambda:InvokeFunction", caller, alias, opts, **via)
    return url.function_url


def _permission(
    name: str,
    action: str,
    caller: Caller | None,
    alias: aws.lambda_.Alias,
    opts: pulumi.ResourceOptions,
    **by_url: Any,
) -> None:
    aws.lambda_.Permission(
        name,
        action=action,
        function=alias.function_name,
        qualifier=alias.name,
        principal=caller.principal if caller else "*",
        source_arn=caller.source_arn if caller else None,
        source_account=caller.source_account if caller else None,
        principal_org_id=caller.organization if caller else None,
        opts=opts,
        **by_url,
    )
