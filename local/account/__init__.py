"""The account: its state as moto keeps it, who may do what, and what AWS refuses."""

from .moto_gaps import prepare  # looks at moto before anything here imports it

# isort: split
from . import rules
from .account import Account, Client
from .rules import MountError, RefusalError
from .task_roles import TaskRoles

__all__ = ["Account", "Client", "MountError", "RefusalError", "TaskRoles", "prepare", "rules"]
