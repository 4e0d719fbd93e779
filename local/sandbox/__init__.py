"""A process with mounts and a view of its own, which never outlives this program."""

from .process import (
    PYTHON,
    Bind,
    Confinement,
    Host,
    Process,
    mapped,
    namespaces_work,
    networks_work,
)

__all__ = [
    "PYTHON",
    "Bind",
    "Confinement",
    "Host",
    "Process",
    "mapped",
    "namespaces_work",
    "networks_work",
]
