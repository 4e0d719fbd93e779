"""The commands: what a user types, what runs, and what is shown of it."""

from .commands import main
from .deployed import Answer, Deployment
from .deployment import deploy, plan
from .function_url import FunctionUrl
from .host import DeploymentError, host_config
from .screen import Screen

__all__ = [
    "Answer",
    "Deployment",
    "DeploymentError",
    "FunctionUrl",
    "Screen",
    "deploy",
    "host_config",
    "main",
    "plan",
]
