"""The embedded cloud: moto's control planes on loopback, and in front of them what moto lacks."""

from __future__ import annotations

import base64
import contextlib
import copy
import io
import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self
from urllib.parse import unquote

from moto.logs.models import logs_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Request, Response

from ..account import Account, Client, TaskRoles, prepare, rules
from ..executors import Function, Functions, Tasks
from ..sandbox import Bind, Host, namespaces_work, networks_work
from ..web import Server, direct
from .checks import Checks
from .concurrency import Concurrency
from .interfaces import Interfaces
from .requests import operation_of, parameters, refused, region_of

_TASKS = {"RunTask": "run", "DescribeTasks": "describe", "ListTasks": "list", "StopTask": "stop"}
# moto keeps its state once for a process.
_OPEN: list[Cloud] = []
# Where a host does not let us, what differs from AWS is said, property by property.
_NO_NAMESPACES = """\
This host allows no mount namespaces: what follows is not as on AWS, where
    a function or task sees its file system at the mount path; here the path is replaced by the
      directory of this host, and a read-only mount can be written to
    a function writes to /tmp alone, which is empty at first and as large as its ephemeral storage;
      here it writes wherever this user can, its HOME and /dev/shm are this host's, and
      TMPDIR is a folder of its own without a limit
"""
_NO_NETWORK = """\
    a function in these subnets reaches its file system alone, and a task in a VPC without internet
      its endpoints alone; here they have this host's network"""


@dataclass(frozen=True)
class _Region:
    account: Account
    checks: Checks
    tasks: Tasks
    interfaces: Interfaces


class Cloud:
    """An AWS account on this host, empty at first; only file systems' directories persist.

    One at a time is open in a process.

    Args:
        state: Folder with a directory for each file system, named by its creation token.
        region: The region of what asks without naming one; there are all of them.
        log: Shows what the user should know about this host.
        init_limit: Seconds that a function may take to initialise, 10 on AWS.
        seconds_to_create: How long a mount target is `creating`, about 90 on AWS.
        seconds_to_free: How long network interfaces of functions stay that no version needs, up to
            45 minutes on AWS.

    Attributes:
        endpoint: URL of all services.
        region: The region.
        account_id: The account.
        scratch: Folder of this run, beside the state; removed in the end.
    """

    account_id = Account.id

    def __init__(
        self,
        state: Path,
        *,
        region: str = "us-east-1",
        log: Callable[[str], None] | None = None,
        init_limit: float = 10,
        seconds_to_create: float = 1,
        seconds_to_free: float = 0,
    ) -> None:
        self._state, self.region = state.resolve(), region
        self._log = log or (lambda _: None)
        self._init_limit, self._seconds_to_create = init_limit, seconds_to_create
        self._seconds_to_free = seconds_to_free
        self._closers: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> None:
        if _OPEN:
            raise RuntimeError("another Cloud is open in this process: close it first")
        _OPEN.append(self)
        self._closers.append(_OPEN.clear)
        prepare(self._seconds_to_create)
        parent = self._state.with_name(f"{self._state.name}-scratch")
        parent.mkdir(parents=True, exist_ok=True)
        self._closers.append(partial(_remove_empty, parent))
        scratch = TemporaryDirectory(prefix="run-", dir=parent, ignore_cleanup_errors=True)
        self._closers.append(scratch.cleanup)
        self.scratch = Path(scratch.name)
        namespaces = namespaces_work()
        host = Host(self.scratch, namespaces, network=namespaces and networks_work())
        if not namespaces:
            self._log(_NO_NAMESPACES + _NO_NETWORK)
        elif not host.network:
            self._log(f"This host allows no network namespaces: {_NO_NETWORK.strip()}")
        self._host, self._regions = host, dict[str, _Region]()
        self._lock, self._roles = threading.RLock(), TaskRoles()
        self._concurrency = Concurrency()
        self._functions = Functions(host, self._init_limit, self._mount, self._write_log)
        self._closers.append(self._functions.close)
        self._moto = DomainDispatcherApplication(create_backend_app)
        server = Server(self)
        self._closers.append(server.close)
        self.endpoint = self._roles.endpoint = f"http://127.0.0.1:{server.port}"
        self._roles.cloud = self

    def close(self) -> None:
        """End every process and the server. May be called at any time, and again."""
        for closer in reversed(self._closers.copy()):
            closer()
            # Only now: an interrupt leaves it to the next call. Each may be called again.
            with contextlib.suppress(ValueError):
                self._closers.remove(closer)

    def environment(self) -> dict[str, str]:
        """Environment variables with which an AWS client finds this cloud and nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "embedded",
            "AWS_SECRET_ACCESS_KEY": "embedded",
            "AWS_SESSION_TOKEN": "embedded",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            **direct(),
        }

    # --- the layer ---

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, or hand it on to moto (WSGI)."""
        request = Request(environ)
        data = request.get_data()
        try:
            response = self._answer(request, data)
        except rules.RefusalError as refusal:
            response = refused(request, refusal)
        if response is not None:
            return response(environ, start_response)
        environ["wsgi.input"] = io.BytesIO(data)
        with self._lock:
            answer: Iterable[bytes] = self._moto.get_application(environ)(environ, start_response)
            return answer

    def _answer(self, request: Request, data: bytes) -> Response | None:
        service, operation = operation_of(request)
        if operation == "Invoke":
            return self._invoke(request, data)
        body = parameters(request, data) if operation else {}
        region = self._region(region_of(request) or self.region)
        answered = self._roles.answer(request, region.account)
        if answered is not None:
            return answered
        with self._lock:
            for each in self._regions.values():
                each.interfaces.free()
            if operation in _TASKS:
                answer = json.dumps(getattr(region.tasks, _TASKS[operation])(body))
                return Response(answer, content_type="application/x-amz-json-1.1")
            region.checks.check(service, operation, body, request.path.split("/"))
        return None

    def _region(self, name: str) -> _Region:
        with self._lock:
            if name not in self._regions:
                state = self._state if name == self.region else self._state / name
                account = Account(state, name, self._lock)
                tasks = Tasks(account, self._host, self._roles)
                interfaces = Interfaces(account, self._seconds_to_free)
                checks = Checks(account, tasks, interfaces)
                made = _Region(account, checks, tasks, interfaces)
                self._regions[name] = made
                self._closers.append(made.tasks.close)
            return self._regions[name]

    # --- functions ---

    def _mount(self, function: Function) -> list[Bind]:
        known = function.configuration
        region = self._region(function.region)
        with self._lock:
            return [
                region.account.bind(
                    _client(known),
                    mount["LocalMountPath"],
                    getattr(region.checks.system_of(mount["Arn"]), "file_system_id", ""),
                    mount["Arn"].rpartition("/")[2],
                )
                for mount in known.get("FileSystemConfigs") or []
            ]

    def _write_log(self, function: Function, stream: str, lines: list[str]) -> None:
        """Lambda logs as the function's role, and drops what that may not write."""
        group, role = function.log_group, function.configuration["Role"]
        account = self._region(function.region).account
        with self._lock:
            arn = account.arn("logs", f"log-group:{group}")
            if account.may(role, "logs:CreateLogGroup", arn):
                logs_backends[self.account_id][function.region].ensure_log_group(group)
            if account.log_refused(role, group, stream) is None:
                account.write_log(group, stream, lines)

    def _invoke(self, request: Request, data: bytes) -> Response:
        name = unquote(request.path.split("/")[-2])
        qualifier = request.args.get("Qualifier")
        region = region_of(request) or self.region
        here = self._region(region)
        names = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        with self._lock:
            found = here.checks.function(name, qualifier)
            reserved = here.checks.function(found.function_name, None).reserved_concurrency
            configuration = copy.deepcopy(found.get_configuration())
            function = Function(
                configuration=configuration,
                code=found.code_bytes,
                region=region,
                endpoint=self.environment() | names,
                way_out=here.account.reach(_client(configuration)).internet,
            )
        kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        rules.payload(data)
        if kind != "RequestResponse":
            why = f"Invocation type {kind} is not emulated: use RequestResponse"
            raise rules.RefusalError("InvalidParameterValueException", why)
        called = f"{found.function_name}:{qualifier}" if qualifier else found.function_name
        arn = here.account.arn("lambda", f"function:{called}")
        unqualified = here.account.arn("lambda", f"function:{found.function_name}")
        try:
            with self._concurrency.call(unqualified, reserved and int(reserved)):
                answer = self._functions.invoke(function, arn, data or b"{}")
        except rules.MountError as error:
            raise error.refusal() from error
        response = Response(answer.payload, content_type="application/json")
        response.headers["X-Amz-Executed-Version"] = str(found.version)
        if answer.error:
            response.headers["X-Amz-Function-Error"] = answer.error
        if request.headers.get("X-Amz-Log-Type") == "Tail":
            tail = "\n".join(answer.log).encode()[-4096:]
            response.headers["X-Amz-Log-Result"] = base64.b64encode(tail).decode()
        return response


def _client(configuration: Mapping[str, Any]) -> Client:
    network = configuration.get("VpcConfig") or {}
    subnets, groups = network.get("SubnetIds", []), network.get("SecurityGroupIds", [])
    return Client(role=configuration["Role"], subnets=subnets, groups=groups)


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # another run has its folder there
        folder.rmdir()
