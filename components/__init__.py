"""Inference on AWS Lambda with libraries that lie on EFS, as Pulumi components.

Installed as a package they are imported from `efs_inference`; in this repository from
`components`. `__main__.py` shows how they fit together.
"""

from .account import Account
from .configuration import Settings
from .errors import (
    ConfigurationError,
    EfsInferenceError,
    InvocationError,
    PopulateError,
    Problem,
)
from .fargate import TaskSize
from .function_role import FunctionRole
from .gates import PopulatorRun, PopulatorRunArgs, SmokeInvocation, SmokeInvocationArgs
from .inference import InferenceFunction, InferenceFunctionArgs
from .mount import Mount
from .names import log_group_name
from .network import Network, NetworkArgs
from .populator import PopulateContainer, Populator, PopulatorArgs
from .release import Release
from .source import Source
from .store import EfsStore, EfsStoreArgs

__all__ = [
    "Account",
    "ConfigurationError",
    "EfsInferenceError",
    "EfsStore",
    "EfsStoreArgs",
    "FunctionRole",
    "InferenceFunction",
    "InferenceFunctionArgs",
    "InvocationError",
    "Mount",
    "Network",
    "NetworkArgs",
    "PopulateContainer",
    "PopulateError",
    "Populator",
    "PopulatorArgs",
    "PopulatorRun",
    "PopulatorRunArgs",
    "Problem",
    "Release",
    "Settings",
    "SmokeInvocation",
    "SmokeInvocationArgs",
    "Source",
    "TaskSize",
    "log_group_name",
]
