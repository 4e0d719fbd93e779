"""Inference on AWS Lambda with libraries that lie on EFS, as Pulumi components.

Installed as a package they are imported from `efs_inference`; in this repository from
`components`. `__main__.py` shows how they fit together.
"""

from .account import Account
from .configuration import Settings
from .container import TaskSize
from .contract import Application, Artifacts, Mount, Release, Target
from .errors import (
    ConfigurationError,
    EfsInferenceError,
    InvocationError,
    PopulateError,
    Problem,
)
from .gates import (
    Credentials,
    PopulatorRun,
    PopulatorRunArgs,
    SmokeInvocation,
    SmokeInvocationArgs,
)
from .inference import InferenceFunction, InferenceFunctionArgs
from .network import ExistingNetworkArgs, Network, NetworkArgs
from .observability import Observability, ObservabilityArgs, Thresholds
from .populator import Populator, PopulatorArgs
from .publications import (
    ArtifactPublication,
    ArtifactPublicationArgs,
    Publication,
    PublicationArgs,
)
from .resources import BucketArgs, FunctionRole, LogArgs, RoleArgs
from .serving import Caller, ConcurrencyArgs, FunctionUrlArgs
from .store import EfsStore, EfsStoreArgs, ExistingEfsStoreArgs

__all__ = [
    "Account",
    "Application",
    "ArtifactPublication",
    "ArtifactPublicationArgs",
    "Artifacts",
    "BucketArgs",
    "Caller",
    "ConcurrencyArgs",
    "ConfigurationError",
    "Credentials",
    "EfsInferenceError",
    "EfsStore",
    "EfsStoreArgs",
    "ExistingEfsStoreArgs",
    "ExistingNetworkArgs",
    "FunctionRole",
    "FunctionUrlArgs",
    "InferenceFunction",
    "InferenceFunctionArgs",
    "InvocationError",
    "LogArgs",
    "Mount",
    "Network",
    "NetworkArgs",
    "Observability",
    "ObservabilityArgs",
    "PopulateError",
    "Populator",
    "PopulatorArgs",
    "PopulatorRun",
    "PopulatorRunArgs",
    "Problem",
    "Publication",
    "PublicationArgs",
    "Release",
    "RoleArgs",
    "Settings",
    "SmokeInvocation",
    "SmokeInvocationArgs",
    "Target",
    "TaskSize",
    "Thresholds",
]
