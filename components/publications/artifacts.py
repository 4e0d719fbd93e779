"""ArtifactPublication: a release of weights and other data."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import pulumi

from ..container import artifacts_out_of_reach
from ..contract import Application, Artifact, Artifacts, Local, S3Object, runtime
from ..errors import ConfigurationError, Problem
from ..inputs import Args, Plain, Tags
from ..populator import Populator
from ..resources import Upload
from ..statements import Statement, allow, document
from .published import Published, Task

_MOST_CHARACTERS = 8_000
"""Of a policy; IAM allows a role 10,240 in all of its inline ones, without white space (IAM and AWS
STS quotas)."""


@dataclass(frozen=True, kw_only=True)
class ArtifactPublicationArgs(Args):
    """Arguments of `ArtifactPublication`.

    Attributes:
        populator: Which populator runs the task.
        application: The folder with artifacts.in and its lock.
        salt: Any word; another one makes another release of the same artifacts.
        tags: Tags for every resource.
    """

    populator: Populator
    application: Application
    salt: Annotated[str, Plain("the release's id follows from it")] = ""
    tags: Tags = field(default_factory=dict)


class ArtifactPublication(Published):
    """A release of artifacts on the file system. It exists when it is published.

    It is beside that of the libraries and has a task and a life of its own: new weights install no
    libraries, and new libraries fetch no weights.

    Attributes:
        artifacts: What was published, known in a preview.

    Raises:
        ConfigurationError: The application has no artifacts.in; `of` gives None then.
    """

    def __init__(
        self, name: str, args: ArtifactPublicationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        artifacts = Artifacts.of(args.application, salt=args.salt)
        if artifacts is None:
            path = args.application.artifacts_path
            rule, remedy = f"{path} does not exist", "write it, or use ArtifactPublication.of"
            problem = Problem(subject=name, value="no artifacts", rule=rule, remedy=remedy)
            raise ConfigurationError([problem])
        self.artifacts = artifacts
        account = args.populator.args.store.account
        statements = _reading(name, artifacts.artifacts, account.partition)
        if args.populator.args.store.network.endpoints is not None:
            fetched = artifacts.artifacts
            if problems := [*artifacts_out_of_reach(fetched, account.region, own_vpc=True)]:
                raise ConfigurationError(problems)
        super().__init__("ArtifactPublication", name, args.populator, opts)
        uploads = self._upload(name, args.application)
        bucket = args.populator.bucket

        def url_of(artifact: Artifact) -> str:
            source = artifact.wish.source
            if isinstance(source, S3Object):
                return source.url(artifact.region, account.dns_suffix)
            return uploads[artifact.sha256].url if isinstance(source, Local) else str(source)

        read = pulumi.Output.all(*map(bucket.read, uploads.values())).apply(
            lambda found: [*statements, *(each for some in found for each in some)]
        )
        task = Task(
            release_id=artifacts.id,
            files=runtime.artifacts_files(artifacts.listing(url_of)),
            command=["fetch", "--artifacts", runtime.ARTIFACTS],
            statements=read,
            after=[upload.resource for upload in uploads.values()],
        )
        self._publish(name, task, args.tags)

    @classmethod
    def of(
        cls, name: str, args: ArtifactPublicationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> ArtifactPublication | None:
        """The artifacts of the application, None where it has no artifacts.in."""
        return cls(name, args, opts) if os.path.lexists(args.application.artifacts_path) else None

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a function finds the release."""
        return {runtime.ARTIFACTS_PATH: self.store.mount.release_path(self.artifacts.id)}

    def _upload(self, name: str, application: Application) -> dict[str, Upload]:
        """The files of this machine in the populator's bucket, by their SHA-256."""
        child = pulumi.ResourceOptions(parent=self)
        found: dict[str, Upload] = {}
        for artifact in self.artifacts.artifacts:
            source = artifact.wish.source
            if isinstance(source, Local) and artifact.sha256 not in found:
                found[artifact.sha256] = self.populator.bucket.put(
                    f"{name}-{artifact.sha256[:16]}",
                    f"artifacts/{artifact.sha256}",
                    source.path(application.root),
                    child,
                )
        return found


def _reading(name: str, artifacts: Sequence[Artifact], partition: str) -> list[Statement]:
    """What the task's role needs to read the objects of S3, and nothing else.

    Raises:
        ConfigurationError: They are too many for a policy.
    """
    actions: dict[str, set[str]] = {}
    for artifact in artifacts:
        source = artifact.wish.source
        if isinstance(source, S3Object):
            action = "s3:GetObjectVersion" if source.version else "s3:GetObject"
            actions.setdefault(action, set()).add(source.arn(partition))
        if artifact.kms_key_arn:
            actions.setdefault("kms:Decrypt", set()).add(artifact.kms_key_arn)
    statements = [allow(action, sorted(on)) for action, on in sorted(actions.items())]
    if (size := len(document(statements))) > _MOST_CHARACTERS:
        raise ConfigurationError(
            [
                Problem(
                    subject=name,
                    value=f"{len(artifacts)} artifacts, a policy of {size:,} characters",
                    rule=f"IAM has room for about {_MOST_CHARACTERS:,}",
                    remedy="pack them into one archive with `unpack`",
                )
            ]
        )
    return statements
