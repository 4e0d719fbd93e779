"""An embedded cloud on which a Pulumi program is deployed without an AWS account."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent

MODULE = __name__
"""How this is called after `python -m`: where it is installed, `efs_inference.local`."""
COMMAND = f"python -m {MODULE}"
RUNTIME = _HERE.parent / "lambda_src"
"""What of ours runs in the populate task and in the function."""
PACKS = _HERE.parent if "." in __name__ else None
"""Folder of the policy packs that come along where this is installed."""
