"""The dynamic resources, and all that only they use.

`PopulatorRun` exists when its release is published, `SmokeInvocation` when a new version has
answered a first call. `PopulateTasks` ends what a cut off `up` left running, `RetainedVersions`
what an alias has left behind. `Placement` refuses to move mount targets where AWS would.
"""

import sys

from .aws import Credentials
from .placement import Placement, PlacementArgs, PlacementProvider
from .populate_tasks import PopulateTasks, PopulateTasksArgs, PopulateTasksProvider
from .populator_run import PopulatorRun, PopulatorRunArgs, PopulatorRunProvider
from .retained_versions import RetainedVersions, RetainedVersionsArgs, RetainedVersionsProvider
from .smoke_invocation import SmokeInvocation, SmokeInvocationArgs, SmokeInvocationProvider
from .task import TaskRun, TaskRunSpec

__all__ = [
    "Credentials",
    "Placement",
    "PlacementArgs",
    "PlacementProvider",
    "PopulateTasks",
    "PopulateTasksArgs",
    "PopulateTasksProvider",
    "PopulatorRun",
    "PopulatorRunArgs",
    "PopulatorRunProvider",
    "RetainedVersions",
    "RetainedVersionsArgs",
    "RetainedVersionsProvider",
    "SmokeInvocation",
    "SmokeInvocationArgs",
    "SmokeInvocationProvider",
    "TaskRun",
    "TaskRunSpec",
]

# A stack's state refers to the providers by module and name. So it knows them by this door, behind
# which modules may move, and by one name wherever the components are installed.
_NAME = "efs_inference.gates"
for _provider in (
    PlacementProvider,
    PopulateTasksProvider,
    PopulatorRunProvider,
    RetainedVersionsProvider,
    SmokeInvocationProvider,
):
    _provider.__module__ = _NAME
# State written before 0.2 has the modules of then; the next `up` renews it.
_HOME = __package__.rpartition(".")[0]
for _former in (_NAME, f"{_HOME}.populator_run", f"{_HOME}.smoke_invocation"):
    sys.modules.setdefault(_former, sys.modules[__name__])
