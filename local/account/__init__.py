"""The account: its state as moto keeps it, who may do what, and what AWS refuses."""

from . import rules
from .account import Account, Client
from .moto_gaps import prepare
from .reach import Reach
from .rules import MountError, RefusalError
from .task_roles import TaskRoles

__all__ = [
    "Account",
    "Client",
    "MountError",
    "Reach",
    "RefusalError",
    "TaskRoles",
    "prepare",
    "rules",
]
