"""A stack's state in a file, as far as an update and a destroy need it."""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path
from typing import Any

from local.engine import Resource
from local.engine.sdk import resource_pb2

_NAMES = ("urn", "type", "custom", "id", "inputs", "outputs")


class State:
    """Is saved after each change, so that a killed `up` leaves what was made until then.

    Args:
        file: The file; it is made.

    Attributes:
        current: What the stack has, in the order in which it was made.
        replaced: What another has taken the place of, and is deleted in the end of an update.
    """

    def __init__(self, file: Path) -> None:
        self._file, self._lock = file, threading.Lock()
        saved = json.loads(file.read_text()) if file.exists() else []
        read = [(_read(each), each["delete"]) for each in saved]
        self.current = {resource.urn: resource for resource, delete in read if not delete}
        self.replaced = [resource for resource, delete in read if delete]

    @property
    def all(self) -> tuple[Resource, ...]:
        """All that is there."""
        return (*self.current.values(), *self.replaced)

    def put(self, resource: Resource) -> None:
        """Something was made, updated, or replaced by this."""
        with self._lock:
            old = self.current.pop(resource.urn, None)
            if old and old.custom and _object(old) != _object(resource):
                self.replaced.append(old)
            self.current[resource.urn] = resource
            self._save()

    def drop(self, resource: Resource) -> None:
        """Something is gone."""
        with self._lock:
            if resource in self.replaced:
                self.replaced.remove(resource)
            else:
                del self.current[resource.urn]
            self._save()

    def export(self) -> list[dict[str, Any]]:
        """As `pulumi stack export` has it."""
        kept = [{"delete": False, **_plain(resource)} for resource in self.current.values()]
        return [*kept, *({"delete": True, **_plain(resource)} for resource in self.replaced)]

    def _save(self) -> None:
        written = zip(self.export(), self.all, strict=True)
        text = json.dumps([{**each, "request": _encoded(r)} for each, r in written], default=str)
        new = self._file.with_suffix(".new")
        new.write_text(text)
        new.replace(self._file)


def _object(resource: Resource) -> tuple[str, Any]:
    """What tells the thing itself from another one; a task definition's id is its family."""
    return resource.id, resource.outputs.get("arn")


def _plain(resource: Resource) -> dict[str, Any]:
    return {name: getattr(resource, name) for name in _NAMES}


def _encoded(resource: Resource) -> str:
    wire: bytes = resource.request.SerializeToString()  # type: ignore[no-untyped-call]
    return base64.b64encode(wire).decode()


def _read(saved: dict[str, Any]) -> Resource:
    request: Any = resource_pb2.RegisterResourceRequest()
    request.ParseFromString(base64.b64decode(saved["request"]))
    return Resource(
        request=request,
        urn=saved["urn"],
        id=saved["id"],
        inputs=saved["inputs"],
        outputs=saved["outputs"],
    )
