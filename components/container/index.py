"""Package indexes that want credentials: how the populate task gets them, and by which rights."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..contract import runtime
from ..statements import Statement, allow


def container_secrets(secret_arn: str) -> list[dict[str, str]]:
    """What a container definition says of the secret: its ARN alone.

    ECS reads it when the task starts, as the execution role, so its value is in no definition.
    Source: ECS Developer Guide, Pass Secrets Manager secrets through environment variables.
    """
    return [{"name": runtime.INDEX_NETRC, "valueFrom": secret_arn}] if secret_arn else []


def secret_statements(secret_arn: str) -> list[Statement]:
    """What the execution role needs for that: this secret alone."""
    return [allow("secretsmanager:GetSecretValue", secret_arn)] if secret_arn else []


_CODEARTIFACT = re.compile(
    r"https://(?P<domain>[a-z][a-z0-9-]{0,48}[a-z0-9])-(?P<owner>\d{12})\.d\.codeartifact\."
    r"(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)/pypi/(?P<repository>[^/]+)/.*"
)


def token_statements(urls: Iterable[str], partition: str) -> list[Statement]:
    """What the task role needs to read from those of these indexes that are CodeArtifact's.

    Source: CodeArtifact User Guide, Identity-based policy examples, "Configure and use pip".
    """
    found = [match for url in sorted(set(urls)) if (match := _CODEARTIFACT.fullmatch(f"{url}/"))]
    if not found:
        return []
    domains, repositories = [], []
    for match in found:
        arn = f"arn:{partition}:codeartifact:{match['region']}:{match['owner']}"
        domains.append(f"{arn}:domain/{match['domain']}")
        repositories.append(f"{arn}:repository/{match['domain']}/{match['repository']}")
    bearer = {"StringEquals": {"sts:AWSServiceName": "codeartifact.amazonaws.com"}}
    return [
        allow("codeartifact:GetAuthorizationToken", sorted(set(domains))),
        allow("codeartifact:ReadFromRepository", repositories),
        # This action knows no resources.
        allow("sts:GetServiceBearerToken", "*", condition=bearer),
    ]
