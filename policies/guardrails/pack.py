"""The rules of the pack."""

from ..reading import pack as process
from ..reading.pack import Rule, policies_of
from . import callers, file_system_policy, ingress, properties, wildcards

NAME = "efs-inference-guardrails"
DESCRIPTION = "Security, cost and sanity of Lambda functions with libraries on EFS."

RULES: tuple[Rule, ...] = (
    *properties.RULES,
    callers.function_url_authenticates,
    callers.permission_names_its_callers,
    file_system_policy.file_system_policy_demands_name_and_tls,
    ingress.no_ingress_from_anywhere,
    wildcards.policy_names_actions_and_resources,
)

POLICIES = policies_of(
    RULES,
    looked_for="an EFS file system, a Lambda function, a log group, a role's policy, a security "
    "group or a task definition",
)


def serve() -> None:
    """Serve the pack until the engine ends it."""
    process.serve(NAME, DESCRIPTION, POLICIES)
