"""Runs policy packs on a result of the engine, each in its real process over gRPC."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import grpc

from ..project import Project
from .run import Resource, Result
from .sdk import Empty, analyzer_pb2, analyzer_pb2_grpc, plain

_connect: Callable[..., Any] = grpc.insecure_channel  # gRPC's names have no types
_BOOT_SECONDS = 60
_CALL_SECONDS = 60
_LEVELS = {
    "advisory": analyzer_pb2.ADVISORY,
    "mandatory": analyzer_pb2.MANDATORY,
    "remediate": analyzer_pb2.REMEDIATE,
    "disabled": analyzer_pb2.DISABLED,
}
_CHANNEL = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_http_proxy", 0),
]


class PackError(Exception):
    """A pack that could not be run, so that nothing can be said of its rules."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a pack says of a stack.

    Attributes:
        pack: The pack's name.
        policy: The policy's name.
        mandatory: Whether it stops the run.
        message: The policy's description and what it found.
        urn: The resource that it is about; empty if it is about the stack.
    """

    pack: str
    policy: str
    mandatory: bool
    message: str
    urn: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What all packs say of one result.

    Attributes:
        findings: In the order of the packs.
        packs: The packs' names, each with the number of its enabled policies.
    """

    findings: tuple[Finding, ...]
    packs: Mapping[str, int]

    @property
    def mandatory(self) -> tuple[Finding, ...]:
        """The findings that stop the run."""
        return tuple(finding for finding in self.findings if finding.mandatory)


def find_packs(project: Path) -> tuple[Path, ...]:
    """The packs that lie in a project: folders in `policies` with a PulumiPolicy.yaml."""
    return tuple(sorted(path.parent for path in project.glob("policies/*/PulumiPolicy.yaml")))


def judge(packs: Sequence[Path], result: Result) -> Verdict:
    """Ask each pack about every resource's inputs, and about the stack's outputs.

    A file `<stack>.json` in a pack's folder, or in the project's `policies/<name of the folder>`
    where the pack comes from elsewhere, is its configuration, in the form that
    `--policy-pack-config` takes.

    Raises:
        PackError: A pack's process did not start, or failed, or its configuration is no JSON
            object of levels.
    """
    findings: list[Finding] = []
    names: dict[str, int] = {}
    with contextlib.ExitStack() as ends:
        # All processes start before the first is asked: each takes most of a second to import.
        environment = result.project.environment(result.dry_run)
        running = [ends.enter_context(Pack.start(pack, environment)) for pack in packs]
        for pack in running:
            name, policies = pack.configure(result.project)
            names[name] = policies
            findings += pack.analyze(result)
    return Verdict(findings=tuple(findings), packs=names)


class Pack:
    """A pack's process, and the client of it.

    Attributes:
        stub: The pack's services; the first use waits until it listens.
    """

    def __init__(self, folder: Path, process: subprocess.Popen[str], errors: Path) -> None:
        self._folder, self._process, self._errors = folder, process, errors

    @classmethod
    @contextlib.contextmanager
    def start(cls, folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Pack]:
        """Start the process; it is ended in any case.

        Raises:
            PackError: A call to it failed.
        """
        # The engine's address is never used by a Python pack: it logs to its stderr.
        command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(folder)]
        with tempfile.TemporaryDirectory() as scratch:
            errors = Path(scratch, "stderr")
            with errors.open("w") as stderr:
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env={**os.environ, **(environment or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    text=True,
                )
            pack = cls(folder, process, errors)
            try:
                yield pack
            except grpc.RpcError as error:
                raise pack.failed(_details(error)) from error
            finally:
                process.kill()
                process.communicate()

    @cached_property
    def stub(self) -> Any:
        """The pack's services."""
        channel = _connect(f"127.0.0.1:{self._port()}", options=_CHANNEL)
        return analyzer_pb2_grpc.AnalyzerStub(channel)

    def failed(self, why: str) -> PackError:
        """The error of this pack, with the end of what it wrote."""
        lines = self._errors.read_text(errors="replace").strip().splitlines()[-15:]
        return PackError("\n  ".join([f"policy pack {self._folder} failed: {why}", *lines]))

    def configure(self, project: Project) -> tuple[str, int]:
        """Give the policies levels and settings: the stack's, or else their own defaults.

        Returns:
            The pack's name, and how many of its policies are enabled.
        """
        info = self.stub.GetAnalyzerInfo(Empty(), timeout=_CALL_SECONDS)
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        wanted = self._wanted(project, {policy.name for policy in info.policies})
        for policy in info.policies:
            config = request.policyConfig[policy.name]
            schema = plain(policy.configSchema.properties)
            settings = {k: v["default"] for k, v in schema.items() if "default" in v}
            if policy.name in info.initialConfig:
                settings.update(plain(info.initialConfig[policy.name].properties))
            settings.update(wanted.get(policy.name, wanted.get("all", {})))
            level = settings.pop("enforcementLevel", None)
            config.enforcementLevel = _LEVELS[level] if level else policy.enforcementLevel
            config.properties.update(settings)
        self.stub.Configure(request, timeout=_CALL_SECONDS)
        levels = [config.enforcementLevel for config in request.policyConfig.values()]
        return info.name, len(levels) - levels.count(_LEVELS["disabled"])

    def _wanted(self, project: Project, policies: Collection[str]) -> dict[str, dict[str, Any]]:
        """The stack's configuration: settings by policy, a bare level as one of them."""
        folders = (self._folder, project.root / "policies" / self._folder.name)
        files = (folder / f"{project.stack}.json" for folder in folders)
        path = next((file for file in files if file.exists()), None)
        if path is None:
            return {}
        try:
            written = json.loads(path.read_text(encoding="utf-8"))
            wanted = {
                name: entry if isinstance(entry, dict) else {"enforcementLevel": entry}
                for name, entry in written.items()
            }
        except (ValueError, AttributeError) as error:
            raise PackError(f"{path} is no JSON object of policies: {error}") from error
        for name, settings in wanted.items():
            if name not in {*policies, "all"}:
                raise PackError(f"{path} names {name}, which is none of the pack's policies")
            if settings.get("enforcementLevel", "advisory") not in _LEVELS:
                raise PackError(f"{path}, {name}: the levels are {', '.join(_LEVELS)}")
        return wanted

    def _port(self) -> int:
        """The port that the pack listens on, which is the first line that it writes."""
        timer = threading.Timer(_BOOT_SECONDS, self._process.kill)
        timer.start()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        timer.cancel()
        if not line.strip().isdigit():
            raise self.failed(f"instead of a port it wrote {line.strip()!r}")
        return int(line)

    def analyze(self, result: Result) -> Iterator[Finding]:
        """What the pack says of the resources one by one, then of the stack."""
        for resource in result.resources:
            request = analyzer_pb2.AnalyzeRequest(**_common(resource))
            request.properties.update(resource.inputs)
            yield from _findings(self.stub.Analyze(request, timeout=_CALL_SECONDS), resource.urn)
        stack = stack_request(result.resources)
        yield from _findings(self.stub.AnalyzeStack(stack, timeout=_CALL_SECONDS), "")


def stack_request(resources: Sequence[Resource]) -> analyzer_pb2.AnalyzeStackRequest:
    """What the engine sends a pack about a whole stack."""
    request = analyzer_pb2.AnalyzeStackRequest()
    for resource in resources:
        item = request.resources.add(
            **_common(resource), parent=resource.parent, dependencies=resource.dependencies
        )
        item.properties.update(resource.outputs)
        for name, urns in resource.property_dependencies.items():
            item.propertyDependencies[name].urns.extend(urns)
    return request


def _details(error: Any) -> str:
    """What a call of gRPC's failed of; its errors are calls too, which their type does not say."""
    return str(error.details())


def _common(resource: Resource) -> dict[str, Any]:
    given = resource.request
    options = analyzer_pb2.AnalyzerResourceOptions(
        protect=given.protect,
        parent=given.parent,
        ignoreChanges=given.ignoreChanges,
        aliases=given.aliasURNs,
        additionalSecretOutputs=given.additionalSecretOutputs,
        deleteBeforeReplace=given.deleteBeforeReplace,
        deleteBeforeReplaceDefined=given.deleteBeforeReplaceDefined,
    )
    return {"type": given.type, "urn": resource.urn, "name": given.name, "options": options}


def _findings(response: analyzer_pb2.AnalyzeResponse, urn: str) -> Iterator[Finding]:
    for diagnostic in response.diagnostics:
        yield Finding(
            pack=diagnostic.policyPackName,
            policy=diagnostic.policyName,
            mandatory=diagnostic.enforcementLevel == analyzer_pb2.MANDATORY,
            message=diagnostic.message,
            urn=diagnostic.urn or urn,
        )
