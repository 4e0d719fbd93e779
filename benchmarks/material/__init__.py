"""What is measured on: releases that the installer makes once, kept in `.local/benchmarks`."""

from . import releases
from .packages import MORE, PACKAGES
from .releases import InstallationError
from .tensorflow import LAZY, MODELS, QUIET, TAR, Trees, all_trees, trees

__all__ = [
    "LAZY",
    "MODELS",
    "MORE",
    "PACKAGES",
    "QUIET",
    "TAR",
    "InstallationError",
    "Trees",
    "all_trees",
    "releases",
    "trees",
]
