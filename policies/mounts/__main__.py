"""The pack's process: Pulumi runs this folder with `python -m pulumi.policy`."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

from pulumi_policy import EnforcementLevel, PolicyPack

# This folder as a package, so that its modules import each other alike here and in tests, and
# nothing outside is needed wherever a published or copied pack is unpacked.
_package = ModuleType("mounts")
_package.__path__ = [str(Path(__file__).resolve().parent)]
sys.modules["mounts"] = _package

PolicyPack(
    "efs-inference-mounts",
    importlib.import_module("mounts.pack").POLICIES,
    enforcement_level=EnforcementLevel.MANDATORY,
)
