"""The pack's process: Pulumi runs this folder with `python -m pulumi.policy`."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

# Packages by place, so that modules import each other alike here and in tests. `reading`, which
# both packs share, lies beside this folder, or in it where the folder is published alone.
_here = Path(__file__).resolve().parent
for _name, _places in {"policies": (_here, _here.parent), "policies.guardrails": (_here,)}.items():
    _package = ModuleType(_name)
    _package.__path__ = [str(place) for place in _places]
    sys.modules[_name] = _package

importlib.import_module("policies.guardrails.pack").serve()
