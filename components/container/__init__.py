"""The container of the populate task, as plain values: known in full before a deployment."""

from .definition import CONTAINER, VOLUME, definitions
from .index import container_secrets, secret_statements, token_statements
from .size import MEMORY_FOR_CPU, TaskSize, memory_rule

__all__ = [
    "CONTAINER",
    "MEMORY_FOR_CPU",
    "VOLUME",
    "TaskSize",
    "container_secrets",
    "definitions",
    "memory_rule",
    "secret_statements",
    "token_statements",
]
