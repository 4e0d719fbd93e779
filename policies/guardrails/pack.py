"""The rules of the pack."""

from ..reading import serve as process
from ..reading.pack import Rule, policies_of
from . import (
    file_system_policy,
    file_systems,
    images_and_logs,
    ingress,
    lambda_functions,
    wildcards,
)

NAME = "efs-inference-guardrails"
DESCRIPTION = "Security, cost and sanity of Lambda functions with libraries on EFS."

_BY_NAME = {
    rule.name: rule
    for rule in (
        file_system_policy.RULE,
        ingress.RULE,
        wildcards.RULE,
        *file_systems.RULES,
        *images_and_logs.RULES,
        *lambda_functions.RULES,
    )
}
RULES: tuple[Rule, ...] = tuple(
    _BY_NAME[name]
    for name in (
        "file-system-is-encrypted",
        "file-system-policy-demands-name-and-tls",
        "libraries-stay-in-the-fast-class",
        "log-group-has-retention",
        "no-ingress-from-anywhere",
        "policy-names-actions-and-resources",
        "function-url-authenticates",
        "runtime-is-supported",
        "function-has-time-and-memory-to-import",
        "image-has-a-digest",
        "function-has-reserved-concurrency",
        "file-system-is-protected",
    )
)

POLICIES = policies_of(
    RULES,
    looked_for="an EFS file system, a Lambda function, a log group, a role's policy, a security "
    "group or a task definition",
)


def serve() -> None:
    """Serve the pack until the engine ends it."""
    process.serve(NAME, DESCRIPTION, POLICIES)
