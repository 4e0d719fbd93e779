"""Package indexes that want credentials: how the populate task gets them, and by which rights."""

from __future__ import annotations

NETRC_VARIABLE = "INDEX_NETRC"
"""Environment variable in which the installer finds them, see its `credentials.py`."""


def container_secrets(secret_arn: str) -> list[dict[str, str]]:
    """What a container definition says of the secret: its ARN alone.

    ECS reads it when the task starts, as the execution role, so its value is in no definition.
    Source: ECS Developer Guide, Pass Secrets Manager secrets through environment variables.
    """
    return [{"name": NETRC_VARIABLE, "valueFrom": secret_arn}] if secret_arn else []


def secret_statements(secret_arn: str) -> list[dict[str, object]]:
    """What the execution role needs for that: this secret alone."""
    if not secret_arn:
        return []
    action = "secretsmanager:GetSecretValue"
    return [{"Effect": "Allow", "Action": action, "Resource": secret_arn}]
