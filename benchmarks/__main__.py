"""Measure one part: `python -m benchmarks imports --rounds 3`."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from .harness import FailedRunError
from .material import InstallationError
from .simulator import UNAVAILABLE, UnavailableError

PARTS = {
    **dict.fromkeys(("imports", "answers", "packages", "lazy"), "cold_starts"),
    **dict.fromkeys(("artifacts", "networks", "aws"), "cold_starts"),
    "populate": "publishing",
    "policies": "",
}
"""The room of each part."""


def main() -> int:
    """Run a part, and say in one message what keeps it from measuring. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("options", nargs=argparse.REMAINDER, help="PART --help lists them")
    asked = parser.parse_args()
    room = f".{PARTS[asked.part]}".rstrip(".")
    part = import_module(f"{room}.{asked.part}", __package__)
    try:
        status: int = part.main(asked.options)
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return UNAVAILABLE
    except (FailedRunError, InstallationError) as error:
        print(error, file=sys.stderr)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
