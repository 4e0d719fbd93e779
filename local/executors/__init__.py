"""Tasks and functions as processes of this host."""

from .function import Function
from .functions import Functions
from .tasks import Tasks

__all__ = ["Function", "Functions", "Tasks"]
