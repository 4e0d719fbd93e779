"""The container of the populate task, as plain values: known in full before a deployment."""

from .definition import CONTAINER, VOLUME, definitions
from .index import container_secrets, secret_statements, token_statements
from .reach import (
    IMAGE_AND_LOG,
    artifacts_out_of_reach,
    needed,
    refuse_out_of_reach,
    why_no_image,
    why_no_source,
)
from .size import MEMORY_FOR_CPU, TaskSize, memory_rule

__all__ = [
    "CONTAINER",
    "IMAGE_AND_LOG",
    "MEMORY_FOR_CPU",
    "VOLUME",
    "TaskSize",
    "artifacts_out_of_reach",
    "container_secrets",
    "definitions",
    "memory_rule",
    "needed",
    "refuse_out_of_reach",
    "secret_statements",
    "token_statements",
    "why_no_image",
    "why_no_source",
]
