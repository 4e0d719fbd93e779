"""How a function is served: its variables, layers and failures, its concurrency, its callers."""

from .callers import Caller, FunctionUrlArgs, make_url, permit
from .concurrency import ConcurrencyArgs, concurrency_problems, provision
from .dead_letter import TRACING, checked_dead_letter, dead_letter_problems, dead_letter_statement
from .environment import environment, environment_problems
from .layers import MAX_LAYERS, checked_layers, layer_problems

__all__ = [
    "MAX_LAYERS",
    "TRACING",
    "Caller",
    "ConcurrencyArgs",
    "FunctionUrlArgs",
    "checked_dead_letter",
    "checked_layers",
    "concurrency_problems",
    "dead_letter_problems",
    "dead_letter_statement",
    "environment",
    "environment_problems",
    "layer_problems",
    "make_url",
    "permit",
    "provision",
]
