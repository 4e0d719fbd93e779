"""The rights of whoever deploys a stack, from a table of what is called for each resource."""

from .calls import PROVIDER, STEPS, WITHOUT_RESOURCES, Calls
from .names import Place, Used
from .policy import OPERATIONS, ROWS, Right, UnknownTypeError, documents, rights, size

__all__ = [
    "OPERATIONS",
    "PROVIDER",
    "ROWS",
    "STEPS",
    "WITHOUT_RESOURCES",
    "Calls",
    "Place",
    "Right",
    "UnknownTypeError",
    "Used",
    "documents",
    "rights",
    "size",
]
