"""What an ECS task's containers are on this host: mounts, command, environment, log."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..account import Account, Client, Reach, TaskRoles
from ..sandbox import Bind, Host, Process
from ..web import direct
from .loopback import Loopback
from .startup import Startup

# What a container gets of this host: what the network needs, nothing else of the user's.
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_OF_THE_HOST = frozenset(
    {
        *("PATH", "HOME", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
        *("PIP_CERT", "PIP_CACHE_DIR", "PIP_DEFAULT_TIMEOUT", "PIP_DISABLE_PIP_VERSION_CHECK"),
        *_PROXIES,
        *map(str.upper, _PROXIES),
    }
)
Document = Mapping[str, Any]


class CannotStartError(Exception):
    """The text is the task's `stoppedReason`."""


def network_of(request: Document) -> Document:
    """The network configuration of a RunTask request."""
    network: Document = request.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    return network


class Launch:
    """The containers of one task.

    Args:
        account: Where the task runs.
        host: How processes run here.
        definition: Its definition, as moto has it.
        request: The RunTask request.
        task_id: Its id.
        disk: An empty folder, the task's own.
        roles: What hands it its role's credentials.
    """

    def __init__(
        self,
        account: Account,
        host: Host,
        definition: Any,
        request: Document,
        task_id: str,
        disk: Path,
        roles: TaskRoles,
    ) -> None:
        self._account, self._host = account, host
        self._definition, self._request = definition, request
        self._id, self._disk, self._folder = task_id, disk, disk / "own"
        self._folder.mkdir()
        with account.lock:
            self._reach = self._reached()
        self._startup = Startup(account, self._reach, self._role("executionRoleArn") or "")
        self._roles, self._loopbacks = roles, list[Loopback]()
        role = self._role("taskRoleArn")
        self._credentials = roles.begin(role, task_id) if role else {}

    def prepare(self, container: Document) -> Callable[..., Process]:
        """What starts a container of the definition here; takes what `Process` tells of its end.

        Raises:
            MountError: A file system cannot be mounted.
            CannotStartError: It cannot be started for another reason.
        """
        self._started(self._startup.image(container["image"]))
        network: dict[str, Any] = {}
        if not self._reach.internet:
            loopback = Loopback(self._roles, self._reach, container)
            self._loopbacks.append(loopback)
            network = {"ports": loopback.ports, "on_listening": loopback.serve}
        return partial(
            Process,
            self._host,
            self._argv(container),
            environment=self._environment(container),
            folder=self._folder,
            binds=self._binds(container),
            on_output=self._log(container),
            **network,
        )

    def close(self) -> None:
        """End what serves the containers."""
        for loopback in self._loopbacks:
            loopback.close()

    def _reached(self) -> Reach:
        network = network_of(self._request)
        subnets, groups = network.get("subnets", []), network.get("securityGroups", [])
        public_ip = network.get("assignPublicIp") == "ENABLED"
        client = Client(role=None, subnets=subnets, groups=groups)
        return self._account.reach(client, public_ip=public_ip)

    def _started(self, failures: Iterable[str]) -> None:
        with self._account.lock:
            for reason in failures:
                raise CannotStartError(reason)

    def _role(self, name: str) -> str | None:
        attribute = {"taskRoleArn": "task_role_arn", "executionRoleArn": "execution_role_arn"}[name]
        own = getattr(self._definition, attribute, None)
        role: str | None = self._request.get("overrides", {}).get(name, own)
        return role

    def _binds(self, container: Document) -> list[Bind]:
        volumes = {volume["name"]: volume for volume in self._definition.volumes}
        binds = []
        for point in container["mountPoints"]:
            bind = self._volume(volumes[point["sourceVolume"]], point["containerPath"])
            read_only = bind.read_only or point.get("readOnly", False)
            binds.append(Bind(bind.source, bind.target, read_only))
        for other in container["volumesFrom"]:
            named = {c["name"]: c for c in self._definition.container_definitions}
            for bind in self._binds(named[other["sourceContainer"]]):
                read_only = bind.read_only or other.get("readOnly", False)
                binds.append(Bind(bind.source, bind.target, read_only))
        return binds

    def _volume(self, volume: Document, path: str) -> Bind:
        if "efsVolumeConfiguration" in volume:
            return self._file_system(volume["efsVolumeConfiguration"], path)
        kinds = volume.keys() - {"name", "host"}
        source = (volume.get("host") or {}).get("sourcePath")
        if kinds or source:
            kind = f"host.sourcePath {source}" if source else ", ".join(sorted(kinds))
            raise CannotStartError(
                f"ResourceInitializationError: volume {volume['name']}: {kind} is not emulated "
                "here; what is: efsVolumeConfiguration, and a bind mount without sourcePath"
            )
        # A bind mount on Fargate: the task's own, shared by its containers, empty at first.
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
        folder = self._disk / "volumes" / volume["name"]
        folder.mkdir(parents=True, exist_ok=True)
        return Bind(str(folder), path)

    def _file_system(self, efs: Document, path: str) -> Bind:
        network = network_of(self._request)
        authorization = efs.get("authorizationConfig", {})
        with_iam = authorization.get("iam") == "ENABLED"
        return self._account.bind(
            Client(
                role=self._role("taskRoleArn") if with_iam else None,
                subnets=network.get("subnets", []),
                groups=network.get("securityGroups", []),
                tls=efs.get("transitEncryption") == "ENABLED",
            ),
            path,
            efs["fileSystemId"],
            authorization.get("accessPointId"),
            efs.get("rootDirectory", "/"),
        )

    def _override(self, container: Document) -> Document:
        overrides = self._request.get("overrides", {}).get("containerOverrides", [])
        return next((o for o in overrides if o.get("name") == container["name"]), {})

    def _argv(self, container: Document) -> list[str]:
        command = self._override(container).get("command", container.get("command") or [])
        words = [*(container.get("entryPoint") or []), *command]
        if words and words[0] in {"python", "python3", f"python3.{sys.version_info.minor}"}:
            words[0] = sys.executable
        if not words or shutil.which(words[0]) is None:
            why = "no image is pulled here, so entryPoint, or command without one, has to name a "
            why += "program of this host"
            raise CannotStartError(f"CannotStartContainerError: exec: {words[:1]}: {why}")
        return words

    def _environment(self, container: Document) -> dict[str, str]:
        secrets = container.get("secrets") or []
        pairs = [*container["environment"], *self._override(container).get("environment", [])]
        return {
            **{name: value for name, value in os.environ.items() if name in _OF_THE_HOST},
            "TMPDIR": str(self._folder),
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
            "AWS_REGION": self._account.region,
            "AWS_DEFAULT_REGION": self._account.region,
            **self._credentials,
            **direct(),
            **{pair["name"]: pair["value"] for pair in pairs},
            **{each["name"]: self._secret(each["valueFrom"]) for each in secrets},
        }

    def _secret(self, arn: str) -> str:
        self._started(self._startup.secret(arn))
        with self._account.lock:
            return self._account.secret(arn)[0]

    def _log(self, container: Document) -> Callable[[list[str]], None]:
        logs = container.get("logConfiguration", {})
        if logs.get("logDriver") != "awslogs":
            return lambda _: None
        options = logs["options"]
        stream = f"{options.get('awslogs-stream-prefix')}/{container['name']}/{self._id}"
        group = options["awslogs-group"]
        self._started(self._startup.log(group, stream))
        return partial(self._account.write_log, group, stream)
