"""Where the policy packs of the wheel are: `pulumi preview $(python -m efs_inference.packs)`.

Prints a `--policy-pack` for each. The packs run in the environment in which they are installed.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

_POLICIES = Path(__file__).parent / "policies"
# As PulumiPolicy.yaml has it, from the pack's folder: the environment around site-packages.
_ENVIRONMENT = "../../../../../.."


def packs() -> list[Path]:
    """The folders of the packs."""
    return sorted(path.parent for path in _POLICIES.glob("*/PulumiPolicy.yaml"))


def problem(pack: Path, prefix: Path) -> str:
    """Why Pulumi could not run this pack; empty where it can.

    Args:
        pack: The pack's folder.
        prefix: The environment.
    """
    found = Path(os.path.normpath(pack / _ENVIRONMENT))
    if found == prefix and (found / "bin" / "python").exists():
        return ""
    return (
        f"{pack}: Pulumi runs the pack with the Python in {found}, and this one is in {prefix}. "
        "Remedy: install efs-inference into a virtual environment on Linux or macOS"
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the options of every pack, or of those that are named; returns the exit status."""
    found = {pack.name: pack for pack in packs()}
    parser = argparse.ArgumentParser(prog="python -m efs_inference.packs", description=__doc__)
    parser.add_argument("packs", nargs="*", help=f"of {', '.join(found)}; default: all")
    options = parser.parse_args(arguments)
    wanted = options.packs or list(found)
    wrong = [
        f"no pack {name}: there are {', '.join(found)}" for name in wanted if name not in found
    ]
    known = [found[name] for name in wanted if name in found]
    wrong += [text for pack in known if (text := problem(pack, Path(sys.prefix)))]
    if wrong or not found:
        sys.stderr.write("\n".join(wrong or ["the packs come with the wheel, and this is none"]))
        sys.stderr.write("\n")
        return 1
    sys.stdout.write(" ".join(f"--policy-pack {pack}" for pack in known) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
