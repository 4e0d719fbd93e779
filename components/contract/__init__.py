"""What the parts of a stack agree on: the application, its locks, the release, and the mount."""

from .application import Application
from .artifacts import Artifacts
from .lock import Pin
from .mount import Mount
from .release import Release
from .target import Target

__all__ = ["Application", "Artifacts", "Mount", "Pin", "Release", "Target"]
