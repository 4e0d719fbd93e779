"""How a function is served: its variables, layers and failures, its concurrency, its callers."""

from .alias import alias_problems
from .callers import Caller, Callers, FunctionUrlArgs, make_url, permit, word_problems
from .concurrency import ConcurrencyArgs, concurrency_problems, provision
from .dead_letter import TRACING, dead_letter_problems, dead_letter_statement
from .environment import environment, environment_problems
from .layers import MAX_LAYERS, layer_problems

__all__ = [
    "MAX_LAYERS",
    "TRACING",
    "Caller",
    "Callers",
    "ConcurrencyArgs",
    "FunctionUrlArgs",
    "alias_problems",
    "concurrency_problems",
    "dead_letter_problems",
    "dead_letter_statement",
    "environment",
    "environment_problems",
    "layer_problems",
    "make_url",
    "permit",
    "provision",
    "word_problems",
]
