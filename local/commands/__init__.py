"""The commands: what a user types, what runs, and what is shown of it."""

from .commands import main
from .deployed import Answer, Deployment, DeploymentError
from .deployment import deploy, held, host_config, plan
from .function_url import FunctionUrl
from .screen import Screen

__all__ = [
    "Answer",
    "Deployment",
    "DeploymentError",
    "FunctionUrl",
    "Screen",
    "deploy",
    "held",
    "host_config",
    "main",
    "plan",
]
