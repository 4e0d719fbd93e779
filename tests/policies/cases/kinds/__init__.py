"""The cases, by kind."""

from ..table import Cases
from . import guardrails
from .consumers import functions, overrides, pip, populators, runs, services
from .evidence import elsewhere, missing, mixed, native, order, uncertain
from .reach import blocks, clients, groups, places, routes
from .rights import file_system_policies, permissions, principals, rights, wildcards
from .storage import efs, sharing, volumes

KINDS: dict[str, Cases] = {
    "blocks": blocks.CASES,
    "clients": clients.CASES,
    "efs": efs.CASES,
    "elsewhere": elsewhere.CASES,
    "file_system_policies": file_system_policies.CASES,
    "functions": functions.CASES,
    "groups": groups.CASES,
    "guardrails": guardrails.CASES,
    "missing": missing.CASES,
    "mixed": mixed.CASES,
    "native": native.CASES,
    "order": order.CASES,
    "overrides": overrides.CASES,
    "permissions": permissions.CASES,
    "pip": pip.CASES,
    "places": places.CASES,
    "populators": populators.CASES,
    "principals": principals.CASES,
    "rights": rights.CASES,
    "routes": routes.CASES,
    "runs": runs.CASES,
    "services": services.CASES,
    "sharing": sharing.CASES,
    "uncertain": uncertain.CASES,
    "volumes": volumes.CASES,
    "wildcards": wildcards.CASES,
}
