"""Rule: function URLs authenticate."""

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN

_URL = "aws:lambda/functionUrl:FunctionUrl"


def judge(stack: Stack, _parameters: Parameters) -> Findings:
    """Each function URL of the stack."""
    urls = stack.of_type(_URL)
    found = [_url(url) for url in urls]
    return Findings.of(len(urls), [report for report in found if report is not None])


def _url(url: Resource) -> Report | None:
    given = url.get("authorizationType")
    if given == "AWS_IAM":
        return None
    if given is UNKNOWN:
        return doubt(f"whether {url.label} authenticates.", url.urn, preview=True)
    return Report(
        f"authorizationType of {url.label} is {given or 'not set'}: whoever knows the URL calls "
        "the function, at your cost. Set it to AWS_IAM.",
        url.urn,
    )


RULE = Rule(
    name="function-url-authenticates",
    description="A function URL authenticates its callers.",
    judge=judge,
)
