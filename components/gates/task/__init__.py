"""One run of the populate task, from the request to its end."""

from .request import TaskRunSpec, tasks_of
from .run import TaskRun

__all__ = [
    "TaskRun",
    "TaskRunSpec",
    "tasks_of",
]
