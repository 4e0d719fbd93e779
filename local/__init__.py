"""An embedded cloud on which a Pulumi program is deployed without an AWS account."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent

COMMAND = f"python -m {__name__}"
"""How this is called; where it is installed `python -m efs_inference.local`."""
LOCK = f"{__name__.rpartition('.')[0] or 'components'}.lock"
"""The module that makes locks; in this repository its package has the name of its folder."""
RUNTIME = _HERE.parent / "lambda_src"
"""What of ours runs in the populate task and in the function."""
PACKS = _HERE.parent if "." in __name__ else None
"""Folder of the policy packs that come along where this is installed."""
