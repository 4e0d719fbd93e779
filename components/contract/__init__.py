"""What the parts of a stack agree on: the application, its locks, the release, and the mount."""

from .application import Application
from .artifacts import Artifact, Artifacts, Local, S3Object, Web
from .lock import read_lock
from .mount import Mount
from .package import Package
from .release import Release
from .requirements import Pin
from .runtimes import MACHINES, RUNTIMES, cost
from .target import Target
from .wheel_cache import WheelCache

__all__ = [
    "MACHINES",
    "RUNTIMES",
    "Application",
    "Artifact",
    "Artifacts",
    "Local",
    "Mount",
    "Package",
    "Pin",
    "Release",
    "S3Object",
    "Target",
    "Web",
    "WheelCache",
    "cost",
    "read_lock",
]
