"""What ECS fetches before a container starts, and its words where it does not get it. [field]

A task on Fargate 1.4.0 does all of this over its own network interface.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..account import Account, Reach, rules

_PRIVATE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/"
    r"(?P<name>[^:@]+)"
)
_IMAGE = re.compile(
    r"(?:(?P<host>[^/]+[.:][^/]*)/)?(?P<name>[^:@]+)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>.+))?"
)
_TIMEOUT = "dial tcp 203.0.113.7:443: i/o timeout"
_PULLS = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_SECRETS = "ResourceInitializationError: unable to pull secrets or registry auth: "
_AUTH = f"{_SECRETS}execution resource retrieval failed: unable to retrieve ecr registry auth: "
_CHECK = "Please check your task network configuration."
_OWN = "aws:PrincipalAccount"


class Startup:
    """The steps before a container of a task starts.

    Each yields ECS's words, the task's `stoppedReason`, where it fails.

    Args:
        account: Where the task runs.
        reach: What it reaches.
        role: ARN of its execution role.
    """

    def __init__(self, account: Account, reach: Reach, role: str) -> None:
        self._account, self._reach, self._role = account, reach, role

    def image(self, image: str) -> Iterator[str]:
        """Pull an image: from a private ECR by its API, its registry and S3, else from anywhere."""
        private = _PRIVATE.match(image)
        if private is None:
            if not self._reach.internet:
                yield self._manifest(image, _TIMEOUT)
            return
        here = self._reach.internet or private["region"] == self._account.region
        yield from self._token()
        if not here or "ecr.dkr" not in self._reach:
            yield self._manifest(image, _TIMEOUT)
        region, name = private["region"], private["name"]
        arn = f"arn:aws:ecr:{region}:{private['account']}:repository/{name}"
        for action in _PULLS:
            if self._refusal("ecr.dkr", action, arn):
                yield self._manifest(image, "403 Forbidden")
        yield from self._layers(region)

    def _token(self) -> Iterator[str]:
        host = f"https://api.ecr.{self._account.region}.amazonaws.com/"
        if "ecr.api" not in self._reach:
            sent = "service call has been retried 3 time(s): RequestError: send request failed"
            yield f'{_AUTH}{sent} caused by: Post "{host}": {_TIMEOUT}. {_CHECK}'
        if refusal := self._refusal("ecr.api", "ecr:GetAuthorizationToken", "*"):
            yield f"{_AUTH}service call has been retried 1 time(s): {refusal}"

    def _manifest(self, image: str, why: str) -> str:
        parts = _IMAGE.fullmatch(image)
        host, name, reference = "registry-1.docker.io", image, "latest"
        if parts is not None:
            host, name = parts["host"] or host, parts["name"]
            reference = parts["digest"] or parts["tag"] or reference
        asked = f'Head "https://{host}/v2/{name}/manifests/{reference}"'
        return (
            "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to "
            f"resolve ref {image}: failed to do request: {asked}: {why}"
        )

    def _layers(self, region: str) -> Iterator[str]:
        bucket = f"prod-{region}-starport-layer-bucket"
        url = f"https://{bucket}.s3.{region}.amazonaws.com/..."
        copy = (
            "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: "
            "httpReadSeeker: failed open: "
        )
        if "s3" not in self._reach:
            yield f'{copy}failed to do request: Get "{url}": {_TIMEOUT}'
        # ECR signs for them, with an account of its own.
        elif self._reach.refuses("s3", "s3:GetObject", f"arn:aws:s3:::{bucket}/x", {}):
            yield f"{copy}unexpected status code {url}: 403 Forbidden"

    def log(self, group: str, stream: str) -> Iterator[str]:
        """Make a stream in a log group."""
        failed = "ResourceInitializationError: failed to validate logger args: "
        tried = "create stream has been retried 1 times: failed to create Cloudwatch log stream"
        if "logs" not in self._reach:
            yield (
                f"{failed}The task cannot find the Amazon CloudWatch log group defined in the task "
                "definition. There is a connection issue between the task and Amazon CloudWatch. "
                "Check your network configuration. : signal: killed"
            )
        arn = self._account.arn("logs", f"log-group:{group}")
        if refusal := self._policy("logs", "logs:CreateLogStream", f"{arn}:*"):
            yield f"{failed}{tried}: {refusal} : exit status 1"
        if refused := self._account.log_refused(self._role, group, stream):
            yield f"{failed}{tried}: {refused} : exit status 1"

    def secret(self, arn: str) -> Iterator[str]:
        """Read a secret."""
        failed = (
            f"{_SECRETS}execution resource retrieval failed: unable to retrieve secret from asm: "
        )
        fetch = f"failed to fetch secret {arn} from secrets manager: "
        if "secretsmanager" not in self._reach:
            why = "RequestCanceled: request context canceled caused by: context deadline exceeded."
            yield f"{failed}service call has been retried 5 time(s): {fetch}{why} {_CHECK}"
        refusal = self._refusal("secretsmanager", "secretsmanager:GetSecretValue", arn)
        if refusal := refusal or self._account.secret(arn)[1]:
            yield f"{failed}service call has been retried 1 time(s): {fetch}{refusal}"

    def _refusal(self, service: str, action: str, resource: str) -> str:
        """Why the execution role may not do something, by its policies or the endpoint's."""
        if not self._account.may(self._role, action, resource):
            return f"AccessDeniedException: {rules.denied(self._role, action, resource)}"
        return self._policy(service, action, resource)

    def _policy(self, service: str, action: str, resource: str) -> str:
        if not self._reach.refuses(service, action, resource, {_OWN: self._account.id}):
            return ""
        text = rules.denied(self._role, action, resource, "VPC endpoint")
        return f"AccessDeniedException: {text}"
