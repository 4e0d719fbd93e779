"""Rules: who may call a function."""

import re

from ..reading.findings import Report
from ..reading.graph import Resource
from ..reading.kinds import token
from ..reading.pack import Reports, of_type, rule
from ..reading.values import Plain

_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")


@rule(of_type(token("lambda", "FunctionUrl")), "authorizationType")
def function_url_authenticates(url: Resource, given: Plain) -> Reports:
    """A function URL authenticates its callers."""
    if given != "AWS_IAM":
        yield Report(
            f"authorizationType of {url.label} is {given or 'not set'}: whoever knows the URL "
            "calls the function, at your cost. Set it to AWS_IAM."
        )


@rule(of_type(token("lambda", "Permission")), "principal")
def permission_names_its_callers(permission: Resource, given: Plain) -> Reports:
    """A permission to call a function names an account, or a service and whose resource."""
    # One that is not known yet is one.
    limits = ("sourceArn", "sourceAccount", "principalOrgId", "eventSourceToken")
    limited = any(permission.get(name) not in (None, "") for name in limits)
    if limited or not isinstance(given, str):
        return
    if given == "*":
        yield Report(
            f"principal of {permission.label} is *, so everybody may call the function, at your "
            "cost. Name an account or a service, or add principalOrgId."
        )
    elif _SERVICE.fullmatch(given):
        yield Report(
            f"{permission.label} lets {given} call the function on behalf of anybody's resource. "
            "Add sourceArn, the ARN of your own, or sourceAccount."
        )
