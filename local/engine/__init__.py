"""The engine: runs a program over the SDK's monitor interface, and policy packs on what it made."""

from .packs import Pack, PackError, Verdict, find_packs, judge, stack_request
from .refusals import AWS_PROVIDER, reason
from .resource import Provider, Resource, Watcher
from .run import Result, preview, up
from .sdk import UNKNOWN, integers

__all__ = [
    "AWS_PROVIDER",
    "UNKNOWN",
    "Pack",
    "PackError",
    "Provider",
    "Resource",
    "Result",
    "Verdict",
    "Watcher",
    "find_packs",
    "integers",
    "judge",
    "preview",
    "reason",
    "stack_request",
    "up",
]
