"""What a populate task reaches in a VPC without internet, and what it needs for that.

A task on Fargate 1.4.0 pulls its image over `ecr.api`, `ecr.dkr` and, for the layers, a gateway
endpoint of S3; its log goes over `logs`, a secret comes over `secretsmanager`. It needs none of ECS
(a Fargate task), of EFS (mount targets are in the VPC), of STS (ECS hands it its credentials) and
of KMS (S3, Secrets Manager and EFS decrypt). Sources: ECR User Guide, "Interface VPC endpoints";
ECS Developer Guide, "Interface VPC endpoints"; CodeArtifact User Guide, "Create VPC endpoints",
which says that packages of Python need no S3.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from .. import commands
from ..contract import Artifact, S3Object, Web
from ..errors import ConfigurationError, Problem

IMAGE_AND_LOG = ("ecr.api", "ecr.dkr", "logs")
"""Interface endpoints without which no task starts."""
_PRIVATE_ECR = re.compile(r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/.+")
# By the name that a private DNS name of the endpoint covers, and not by that on on.aws.
_CODEARTIFACT = re.compile(
    r"https://[a-z0-9-]+-\d{12}\.d\.codeartifact\.(?P<region>[a-z0-9-]+)"
    r"\.amazonaws\.com(?:\.cn)?/pypi/.+"
)
_LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\])[:/]")
_PUBLIC = re.compile(
    r"https://(?:[^/@]+\.)?(?:pypi\.org|pythonhosted\.org|pytorch\.org|nvidia\.com|anaconda\.org"
    r"|github\.com|githubusercontent\.com|github\.io|huggingface\.co|hf\.co)(?::\d+)?(?:/.*)?"
)


def needed(index_urls: Iterable[str], secret_arn: str = "") -> tuple[str, ...]:
    """The services of the interface endpoints that a task needs.

    Args:
        index_urls: The package indexes that it asks; none where it has a wheel cache.
        secret_arn: The secret with the indexes' credentials, if it is given one.
    """
    found = list(IMAGE_AND_LOG)
    if secret_arn:
        found.append("secretsmanager")
    if any(_CODEARTIFACT.fullmatch(f"{url}/") for url in index_urls):
        found += ["codeartifact.api", "codeartifact.repositories"]
    return tuple(sorted(found))


def why_no_image(image: str, region: str = "") -> str:
    """The rule that an image breaks which ECS cannot pull over endpoints; empty where it can.

    Args:
        image: The reference.
        region: That of the endpoints; empty, where it is not known yet.
    """
    found = _PRIVATE_ECR.fullmatch(image)
    if found and region in {"", found["region"]}:
        return ""
    where = region or "<region>"
    return (
        "without internet ECS pulls from the private ECR of its own region alone, "
        f"<account>.dkr.ecr.{where}.amazonaws.com"
    )


def why_no_source(url: str, region: str = "", *, own_vpc: bool) -> str:
    """The rule that a URL of packages breaks which has to be outside; empty where it may be inside.

    Args:
        url: An index, or a file.
        region: That of the endpoints; empty, where it is not known yet.
        own_vpc: Whether the VPC is the stack's own, in which nothing else is.
    """
    if _LOOPBACK.match(url):
        return ""  # a server of this machine, on the embedded cloud
    if found := _CODEARTIFACT.fullmatch(f"{url}/"):
        same = region in {"", found["region"]}
        return "" if same else f"without internet CodeArtifact is reached in {region} alone"
    if own_vpc:
        return "in a VPC of the stack's own without internet, a task reaches AWS's endpoints alone"
    return "it lies on the internet, which the task does not reach" if _PUBLIC.match(url) else ""


def artifacts_out_of_reach(
    artifacts: Iterable[Artifact], region: str = "", *, own_vpc: bool
) -> Iterator[Problem]:
    """The artifacts that a task without internet does not reach.

    Args:
        artifacts: What it fetches.
        region: That of the endpoints; empty, where it is not known yet.
        own_vpc: Whether the VPC is the stack's own, in which nothing else is.
    """
    for artifact in artifacts:
        source, rule = artifact.wish.source, ""
        if isinstance(source, Web):
            rule = why_no_source(source.url, region, own_vpc=own_vpc)
        elif isinstance(source, S3Object) and region not in {"", artifact.region}:
            rule = f"without internet S3 is reached in {region} alone"
        if rule:
            yield Problem(
                subject=f"artifacts.in, {artifact.name}",
                value=str(source),
                rule=rule,
                remedy="copy it to a bucket in the stack's region, name that in artifacts.in, and "
                f"run {commands.LOCK}",
            )


def refuse_out_of_reach(
    endpoints: Collection[str] | None,
    region: str,
    *,
    image: str,
    sources: Mapping[str, str],
    secret_arn: str,
) -> None:
    """Refuse what a task asks for and does not reach.

    Args:
        endpoints: The network's, see `Network.endpoints`; with None, nothing is refused.
        region: The network's.
        image: The task's image.
        sources: The URLs of its packages, and what to call each.
        secret_arn: The secret that it is given, if it is given one.

    Raises:
        ConfigurationError: With every problem.
    """
    if endpoints is None:
        return
    found = []
    if rule := why_no_image(image, region):
        remedy = "copy it there, and name the copy in Target(image=...)"
        found.append(Problem(subject="image", value=repr(image), rule=rule, remedy=remedy))
    for url, subject in sources.items():
        if rule := why_no_source(url, region, own_vpc=True):
            remedy = f"give PopulatorArgs a wheel_cache; {commands.WHEELS} fills it"
            found.append(Problem(subject=subject, value=repr(url), rule=rule, remedy=remedy))
    wanted = needed(sources, secret_arn)
    if missing := [service for service in wanted if service not in endpoints]:
        found.append(
            Problem(
                subject="NetworkArgs.endpoints",
                value=", ".join(endpoints) or "none",
                rule=f"without internet the task needs {', '.join(missing)} as well",
                remedy=f"give NetworkArgs(endpoints={list(wanted)})",
            )
        )
    if found:
        raise ConfigurationError(found)
