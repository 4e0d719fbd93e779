"""An embedded cloud on which a Pulumi program is deployed without an AWS account.

Its rooms, each with its `__init__` as the only door and importing those before it:

    sandbox    a process with mounts of its own      account    what there is, and what is refused
    executors  tasks and functions as processes      cloud      the services on loopback
    engine     runs the program and the packs        provider   AWS's resource types as calls
    commands   what a user types and sees
"""

from pathlib import Path

_HERE = Path(__file__).resolve().parent

MODULE = __name__
"""How this is called after `python -m`: where it is installed, `efs_inference.local`."""
COMMAND = f"python -m {MODULE}"
PACKS = _HERE.parent if "." in __name__ else None
"""Folder of the policy packs that come along where this is installed."""
