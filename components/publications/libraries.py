"""Publication: a release of libraries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import pulumi

from ..container import container_secrets, refuse_out_of_reach, token_statements
from ..contract import Application, Artifacts, Release, runtime, wheel_cache
from ..errors import ConfigurationError, Problem
from ..inputs import Args, Plain, Tags
from ..populator import Populator
from ..statements import Statement
from .artifacts import ArtifactPublication
from .published import Published, Task


@dataclass(frozen=True, kw_only=True)
class PublicationArgs(Args):
    """Arguments of `Publication`.

    Attributes:
        populator: Which populator runs the task.
        application: The folder with the lock, and with the model that the task tries.
        artifacts: What the task gives to the model's `load`.
        salt: Any word; another one makes another release of the same packages.
        tags: Tags for every resource.
    """

    populator: Populator
    application: Application
    artifacts: ArtifactPublication | None = None
    salt: Annotated[str, Plain("the release's id follows from it")] = ""
    tags: Tags = field(default_factory=dict)


class Publication(Published):
    """A release of libraries on the file system. It exists when it is published and proven.

    Functions take from it all that they need to find the release: any number of them may.

    Attributes:
        release: What was published, known in a preview.
        artifacts: With what the model was tried, if any.
    """

    def __init__(
        self, name: str, args: PublicationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        populator = args.populator
        self.artifacts = artifacts = args.artifacts
        self.release = Release.of(args.application, populator.args.target, salt=args.salt)
        self._refuse_out_of_reach(populator)
        files = runtime.task_files(args.application, self.release.lock)
        super().__init__("Publication", name, populator, opts)
        check_artifacts(name, args.application, self, artifacts)
        loaded = ["--artifacts", artifacts.environment[runtime.ARTIFACTS_PATH]] if artifacts else []
        task = Task(
            release_id=self.release.id,
            files=files,
            command=["install", "--requirements", runtime.LOCK, *populator.source, *loaded],
            statements=self._source_statements(),
            secrets=container_secrets(populator.args.secret_arn),
            after=[artifacts.run] if artifacts else [],
        )
        self._publish(name, task, args.tags)

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a function finds the release."""
        return {runtime.RELEASE_PATH: self.store.mount.release_path(self.release.id)}

    def _refuse_out_of_reach(self, populator: Populator) -> None:
        args, network = populator.args, populator.args.store.network
        if args.cache is not None:
            wheel_cache.hashes(self.release.pins, "the lock")
        sources = {args.index_url: "index_url"} | dict.fromkeys(self.release.urls, "the lock")
        refuse_out_of_reach(
            network.endpoints,
            network.account.region,
            image=self.release.target.image,
            sources={} if args.wheel_cache else sources,
            secret_arn=args.secret_arn,
        )

    def _source_statements(self) -> list[Statement]:
        """What the task role needs to read the packages."""
        args, partition = self.populator.args, self.store.account.partition
        if args.cache is not None:
            return [args.cache.read(partition)]
        return token_statements({args.index_url, *self.release.index_urls}, partition)


def check_artifacts(
    name: str,
    application: Application,
    libraries: Published,
    artifacts: ArtifactPublication | None,
) -> None:
    """Refuse artifacts that the model cannot read, or that its own artifacts.in does not name.

    Raises:
        ConfigurationError: They are on another file system, which nothing mounts as well; or the
            application names others.
    """
    problems = []
    if artifacts is not None and artifacts.store is not libraries.store:
        problems.append(
            Problem(
                subject=f"artifacts of {name}",
                value="on another EfsStore",
                rule="a function mounts one file system, so both releases are on that",
                remedy="publish them with a populator of the same store",
            )
        )
    given = artifacts.artifacts if artifacts is not None else None
    own = Artifacts.of(application, salt=given.salt if given else "")
    if own is not None and (given is None or given.id != own.id):
        problems.append(
            Problem(
                subject=f"artifacts of {name}",
                value="those of another artifacts.in" if given else "none",
                rule=f"its model is to get what {application.artifacts_path} names",
                remedy="give it artifacts=, an ArtifactPublication of this application, or remove "
                "the file",
            )
        )
    if problems:
        raise ConfigurationError(problems)
