"""Lists what of a user's folder travels to AWS, and what stays: `python -m tools.files`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from components import Application, ConfigurationError
from components.contract.application import APPLICATION_BYTES

APPLICATION = Path(__file__).resolve().parents[1] / "lambda_src" / "application"


def listing(application: Application) -> str:
    """Every file that travels with its size, the sum, and what stays."""
    sizes = {name: path.stat().st_size for name, path in application.files().items()}
    width = max(len(f"{size:,}") for size in sizes.values())
    lines = [f"  {size:>{width},}  {name}" for name, size in sorted(sizes.items())]
    files = "1 file" if len(sizes) == 1 else f"{len(sizes):,} files"
    total = f"{files}, {sum(sizes.values()):,} of {APPLICATION_BYTES:,} bytes"
    stays = [f"  {name}" for name in application.staying()]
    return "\n".join(
        [
            f"To the function and the populate task travel {total}:",
            *lines,
            *(["What stays here:", *stays] if stays else []),
        ]
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; what it returns is the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.files", description=__doc__)
    parser.add_argument(
        "folder", nargs="?", type=Path, default=APPLICATION, help="default: %(default)s"
    )
    options = parser.parse_args(arguments)
    try:
        print(listing(Application(options.folder)))
    except ConfigurationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
