"""Fills wheel caches from this repository's locks, see `components/wheels.py`."""

from __future__ import annotations

import sys

from components.wheels import main

from .lock import APPLICATION

if __name__ == "__main__":
    sys.exit(main(["--directory", str(APPLICATION), *sys.argv[1:]]))
