"""Tasks and functions as processes of this host."""

from .functions import Functions
from .runtime_api import Function
from .tasks import Tasks

__all__ = ["Function", "Functions", "Tasks"]
