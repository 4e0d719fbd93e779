"""Locks this repository's application: `python -m tools.lock`, see `components/lock`."""

from __future__ import annotations

import sys
from pathlib import Path

from components.lock import main

APPLICATION = Path(__file__).resolve().parent.parent / "lambda_src" / "application"

if __name__ == "__main__":
    sys.exit(main(["--directory", str(APPLICATION), *sys.argv[1:]]))
