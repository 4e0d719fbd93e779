"""The cases, by kind."""

from ..table import Cases
from . import guardrails
from .consumers import functions, overrides, pip, populators, runs, services
from .evidence import elsewhere, missing, mixed, native, order, uncertain
from .reach import blocks, clients, groups, places, routes
from .rights import file_system_policies, permissions, principals, rights, wildcards
from .storage import efs, sharing, volumes

KINDS: dict[str, Cases] = {
    module.__name__.rpartition(".")[2]: module.CASES
    for module in (
        guardrails,
        *(functions, overrides, pip, populators, runs, services),
        *(elsewhere, missing, mixed, native, order, uncertain),
        *(blocks, clients, groups, places, routes),
        *(file_system_policies, permissions, principals, rights, wildcards),
        *(efs, sharing, volumes),
    )
}
