"""How it is measured: ways take turns, each run is a fresh process, raw results are kept."""

from . import command
from .measure import ROUNDS, FailedRunError, Run, Variant, measure
from .memory import SCRATCH, ready, room
from .results import KEPT, SPREAD, begin, document, load, machine, save

__all__ = [
    "KEPT",
    "ROUNDS",
    "SCRATCH",
    "SPREAD",
    "FailedRunError",
    "Run",
    "Variant",
    "begin",
    "command",
    "document",
    "load",
    "machine",
    "measure",
    "ready",
    "room",
    "save",
]
