"""What is measured on: releases that the installer makes once, kept in `.local/benchmarks`."""

from . import packages, releases, tensorflow
from .releases import InstallationError

__all__ = ["InstallationError", "packages", "releases", "tensorflow"]
