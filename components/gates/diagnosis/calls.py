"""Why a call of AWS failed that botocore has repeated already, and what to do."""

from __future__ import annotations

from .cause import Cause

_UP = "then run `pulumi up` again, which adopts a task that still runs"

# Signs are at the beginning of `<code or exception>: <message>`.
OF_A_CALL = (
    Cause(
        what="the credentials may not do what starts and watches a task",
        remedy="allow the action that AWS names to whoever runs `pulumi up` (iam:PassRole for "
        "both roles of the task among them)",
        signs=r"^(AccessDenied\w*|UnauthorizedOperation|UnrecognizedClientException|"
        r"InvalidClientTokenId)\b",
    ),
    Cause(
        what="there are no credentials",
        remedy="name a profile that exists (AWS_PROFILE, or `pulumi config set aws:profile`), or "
        "log in",
        signs="^(NoCredentials|PartialCredentials|ConfigParse)Error|^ProfileNotFound",
    ),
    Cause(
        what="the credentials have expired",
        remedy=f"log in again, for instance with `aws sso login`, {_UP}",
        signs=r"^(ExpiredToken\w*|RequestExpired|TokenRefreshRequired|UnauthorizedSSOTokenError|"
        r"SSOTokenLoadError|TokenRetrievalError|CredentialRetrievalError|Login\w+Error)\b",
    ),
    Cause(
        what="AWS throttles its calls",
        remedy=f"wait until fewer others call AWS in this account, {_UP}",
        signs=r"^(Throttl\w+|RequestThrottled\w*|RequestLimitExceeded|TooManyRequestsException|"
        r"SlowDown)\b",
    ),
    Cause(
        what="AWS cannot be reached",
        remedy=f"restore the connection, the proxy or its certificate, {_UP}",
        signs=r"^(\w*Connection\w*|\w+Timeout|HTTPClient|ResponseParser|SSL)Error\b",
    ),
    Cause(
        what="AWS has a fault of its own",
        remedy=f"look at https://health.aws.amazon.com, {_UP}",
        signs=r"^(ServerException|ServiceException|ServiceUnavailable\w*|InternalServer\w+|"
        r"InternalFailure|50\d)\b",
    ),
)
