"""ECS tasks as processes of this host: RunTask, DescribeTasks, ListTasks, StopTask."""

from __future__ import annotations

import copy
import shutil
import threading
import time
import traceback
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..account import Account, MountError, RefusalError, TaskRoles, rules
from ..sandbox import Host, Process
from .containers import CannotStartError, Launch, network_of

Document = Mapping[str, Any]


class Tasks:
    """The tasks of all clusters; they stay listed after they have stopped."""

    def __init__(self, account: Account, host: Host, roles: TaskRoles) -> None:
        self._account, self._host, self._roles = account, host, roles
        self._tasks: dict[str, _Task] = {}
        self._tokens: dict[tuple[str, str], tuple[Document, list[str]]] = {}
        self._closed = False

    def run(self, request: Document) -> Document:
        """RunTask."""
        cluster = self._cluster(request)
        token = (cluster, request.get("clientToken", str(uuid.uuid4())))
        if token not in self._tokens:
            definition = self._definition(request["taskDefinition"])
            code, network = "InvalidParameterException", network_of(request)
            unknown = self._account.unknown_subnets(network.get("subnets", []))
            names = [c["name"] for c in definition.container_definitions]
            rules.refuse(code, rules.run_task(request, definition.network_mode, names))
            rules.refuse(code, rules.subnets(unknown, "ecs"))
            arns = [
                self._start(cluster, definition, request) for _ in range(request.get("count", 1))
            ]
            self._tokens[token] = request, arns
        first, arns = self._tokens[token]
        if first != request:
            why = "The RunTask request could not be processed due to conflicts."
            used = "The provided clientToken is already in use with a different RunTask request."
            raise RefusalError("ConflictException", f"{why} {used}", resourceIds=arns)
        return {"tasks": [copy.deepcopy(self._tasks[arn].shown) for arn in arns], "failures": []}

    def _start(self, cluster: str, definition: Any, request: Document) -> str:
        task = _Task(self._account, self._host, self._roles, cluster, definition, request)
        self._tasks[task.shown["taskArn"]] = task
        task.start()
        if self._closed:
            task.kill()
        return str(task.shown["taskArn"])

    def _cluster(self, request: Document) -> str:
        found = self._account.ecs.clusters.get(request.get("cluster", "default").split("/")[-1])
        if found is None:
            raise RefusalError("ClusterNotFoundException", "Cluster not found.")
        return str(found.arn)

    def _definition(self, name: str) -> Any:
        family, _, revision = name.split("/")[-1].partition(":")
        revisions = self._account.ecs.task_definitions.get(family, {})
        found = revisions.get(int(revision) if revision else max(revisions, default=0))
        if found is None:
            raise RefusalError("ClientException", "TaskDefinition not found.")
        if found.status != "ACTIVE":
            raise RefusalError("InvalidParameterException", "TaskDefinition is inactive")
        return found

    def _find(self, request: Document, name: str) -> _Task | None:
        cluster = self._cluster(request)
        found = self._tasks.get(self._account.arn("ecs", f"task/{cluster.split('/')[-1]}/{name}"))
        return found or self._tasks.get(name)

    def describe(self, request: Document) -> Document:
        """DescribeTasks."""
        found = {name: self._find(request, name) for name in request["tasks"]}
        missing = [{"arn": name, "reason": "MISSING"} for name in found if not found[name]]
        shown = [copy.deepcopy(task.shown) for task in found.values() if task]
        return {"tasks": shown, "failures": missing}

    def list(self, request: Document) -> Document:
        """ListTasks."""
        status = request.get("desiredStatus", "RUNNING")
        wanted = {"clusterArn": self._cluster(request), "desiredStatus": status}
        if "startedBy" in request:
            wanted["startedBy"] = request["startedBy"]
        if "family" in request:
            wanted["group"] = f"family:{request['family']}"
        shown = [task.shown for task in self._tasks.values()]
        arns = [t["taskArn"] for t in shown if wanted.items() <= _flat(t).items()]
        first = int(request.get("nextToken", 0))
        after = first + request.get("maxResults", 100)
        more = {"nextToken": str(after)} if after < len(arns) else {}
        return {"taskArns": arns[first:after], **more}

    def stop(self, request: Document) -> Document:
        """StopTask."""
        task = self._find(request, request["task"])
        if task is None:
            raise RefusalError("InvalidParameterException", "The referenced task was not found.")
        task.stop("UserInitiated", request.get("reason", "Task stopped by user"))
        return {"task": copy.deepcopy(task.shown)}

    def on(self, cluster: str) -> bool:
        """Whether a cluster has a task that has not stopped."""
        arn = self._cluster({"cluster": cluster})
        return any(t.active and t.shown["clusterArn"] == arn for t in self._tasks.values())

    def hold(self) -> frozenset[str]:
        """Ids of the subnets and security groups with a task's network interface in them."""
        networks = [network_of(task.request) for task in self._tasks.values() if task.active]
        kinds = ("subnets", "securityGroups")
        return frozenset(
            id_ for network in networks for kind in kinds for id_ in network.get(kind, ())
        )

    def close(self) -> None:
        """Kill every container; safe in a signal handler."""
        self._closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.kill()
        for task in tasks:
            task.join(10)


def _flat(task: Document) -> dict[str, str]:
    return {key: value for key, value in task.items() if isinstance(value, str)}


class _Task(threading.Thread):
    """One task's life, from PROVISIONING to STOPPED."""

    def __init__(
        self,
        account: Account,
        host: Host,
        roles: TaskRoles,
        cluster: str,
        definition: Any,
        request: Document,
    ) -> None:
        super().__init__(daemon=True)
        self._account, self._host, self._roles = account, host, roles
        self._definition, self.request = definition, request
        self._id = uuid.uuid4().hex
        self._processes: dict[str, Process] = {}
        self._launch: Launch | None = None
        self._changed = threading.Event()
        self._stopping = self._killed = False
        self.shown: dict[str, Any] = {
            "taskArn": account.arn("ecs", f"task/{cluster.split('/')[-1]}/{self._id}"),
            "clusterArn": cluster,
            "taskDefinitionArn": definition.arn,
            "lastStatus": "PROVISIONING",
            "desiredStatus": "RUNNING",
            "createdAt": time.time(),
            "cpu": definition.cpu,
            "memory": definition.memory,
            "group": request.get("group", f"family:{definition.family}"),
            "launchType": request.get("launchType", "FARGATE"),
            "overrides": request.get("overrides", {}),
            "containers": [
                {"name": c["name"], "image": c["image"], "lastStatus": "PENDING"}
                for c in definition.container_definitions
            ],
            **({"startedBy": request["startedBy"]} if "startedBy" in request else {}),
        }

    @property
    def active(self) -> bool:
        """Whether it has not stopped."""
        return bool(self.shown["lastStatus"] != "STOPPED")

    def _show(self, **members: Any) -> None:
        with self._account.lock:
            self.shown.update(members)

    def stop(self, code: str, reason: str) -> None:
        """Stop: SIGTERM to every container, after its stop time-out SIGKILL."""
        with self._account.lock:
            if self.shown["desiredStatus"] == "RUNNING":
                why = {"stopCode": code, "stoppedReason": reason}
                self._show(desiredStatus="STOPPED", stoppingAt=time.time(), **why)
        self._stopping = True
        self._changed.set()

    def kill(self) -> None:
        """Kill; does not wait."""
        self._stopping = self._killed = True
        self._changed.set()
        for process in list(self._processes.values()):
            process.kill()

    def run(self) -> None:
        """Start the containers and wait for their end."""
        disk = self._host.disk()
        try:
            self._show(lastStatus="PENDING")
            self._start_containers(disk)
            if not self._stopping:
                self._show(lastStatus="RUNNING", startedAt=time.time())
                self._wait()
        except MountError as error:
            self.stop("TaskFailedToStart", error.stopped_reason(self._account.region))
        except CannotStartError as error:
            self.stop("TaskFailedToStart", str(error))
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            at = f"{Path(where.filename).name}:{where.lineno}"
            why = f"InternalError: {type(error).__name__}: {error} (at {at} of the embedded cloud)"
            started = "startedAt" in self.shown
            self.stop("EssentialContainerExited" if started else "TaskFailedToStart", why)
        finally:
            try:
                self._end_containers()
            finally:
                if self._launch is not None:
                    self._launch.close()
                shutil.rmtree(disk, ignore_errors=True)
                self._show(lastStatus="STOPPED", desiredStatus="STOPPED", stoppedAt=time.time())

    def _start_containers(self, disk: Path) -> None:
        known = (self._account, self._host, self._definition, self.request, self._id)
        self._launch = launch = Launch(*known, disk, self._roles)
        containers = self._definition.container_definitions
        prepared = {c["name"]: launch.prepare(c) for c in containers}
        for name, start in prepared.items():
            if self._stopping:
                return
            self._processes[name] = start(on_exit=self._changed.set)
        if self._killed:
            self.kill()

    def _wait(self) -> None:
        """Until an essential container has exited, or the task is being stopped."""
        containers = self._definition.container_definitions
        essential = [self._processes[c["name"]] for c in containers if c["essential"]]
        while True:
            self._changed.clear()
            if self._stopping:
                return
            if any(process.exit_code is not None for process in essential):
                self.stop("EssentialContainerExited", "Essential container in task exited")
                return
            self._changed.wait()

    def _end_containers(self) -> None:
        for running in self._processes.values():
            running.terminate()
        containers = self._definition.container_definitions
        for container, shown in zip(containers, self.shown["containers"], strict=True):
            process = self._processes.get(container["name"])
            if process:
                process.join(min(container.get("stopTimeout", 30), 120))
                process.end()
            with self._account.lock:
                ended = {"exitCode": process.exit_code} if process else {}
                shown.update(lastStatus="STOPPED", **ended)
