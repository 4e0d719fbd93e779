"""The rules of the pack."""

from ..reading import serve as process
from ..reading.pack import Rule, policies_of
from . import (
    concurrency,
    encryption,
    file_system_policy,
    function_url,
    images,
    ingress,
    lifecycle,
    log_retention,
    protection,
    runtimes,
    sizing,
    wildcards,
)

NAME = "efs-inference-guardrails"
DESCRIPTION = "Security, cost and sanity of Lambda functions with libraries on EFS."

RULES: tuple[Rule, ...] = (
    encryption.RULE,
    file_system_policy.RULE,
    lifecycle.RULE,
    log_retention.RULE,
    ingress.RULE,
    wildcards.RULE,
    function_url.RULE,
    runtimes.RULE,
    sizing.RULE,
    images.RULE,
    concurrency.RULE,
    protection.RULE,
)

POLICIES = policies_of(
    RULES,
    looked_for="an EFS file system, a Lambda function, a log group, a role's policy, a security "
    "group or a task definition",
)


def serve() -> None:
    """Serve the pack until the engine ends it."""
    process.serve(NAME, DESCRIPTION, POLICIES)
