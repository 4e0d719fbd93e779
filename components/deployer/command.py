"""What the command prints: policies for each operation, or where each action comes from."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .names import Place, Used
from .policy import OPERATIONS, Right, UnknownTypeError, documents, rights

_PRINTED = ("preview", "up", "destroy")


def parser(prog: str, description: str) -> argparse.ArgumentParser:
    """The options that do not depend on where the plan comes from."""
    made = argparse.ArgumentParser(
        prog=prog, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--account", required=True, type=_account, help="twelve digits")
    made.add_argument("--partition", default="aws", help="of AWS, default: %(default)s")
    made.add_argument(
        "--operation",
        action="append",
        choices=list(OPERATIONS),
        help=f"for what; may be given again, default: {', '.join(_PRINTED)}",
    )
    made.add_argument(
        "--except",
        dest="left_out",
        action="append",
        default=[],
        metavar="TYPE",
        help="a type of resources that another policy is about",
    )
    made.add_argument(
        "--write", type=Path, metavar="FOLDER", help="a file for each policy, <operation>-<n>.json"
    )
    made.add_argument(
        "--sources", action="store_true", help="print each action with who says that it is called"
    )
    return made


def show(options: argparse.Namespace, region: str, plan: Callable[[], Sequence[Used]]) -> int:
    """Print or write the policies; what it returns is the exit status."""
    place = Place(account=options.account, region=region, partition=options.partition)
    used = [one for one in plan() if one.type not in options.left_out]
    try:
        found = {name: rights(used, name, place) for name in options.operation or _PRINTED}
    except UnknownTypeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.sources:
        for name, allowed in found.items():
            print("\n".join(f"{name}\t{line}" for line in _sources(allowed)))
        return 0
    made = {name: documents(allowed) for name, allowed in found.items()}
    if options.write is None:
        print(json.dumps(made, indent=2))
        return 0
    options.write.mkdir(parents=True, exist_ok=True)
    for name, policies in made.items():
        for number, document in enumerate(policies, 1):
            path = options.write / f"{name}-{number}.json"
            path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
            print(path)
    return 0


def _sources(allowed: Sequence[Right]) -> list[str]:
    return sorted({f"{right.action}\t{right.by}\t{right.source}" for right in allowed})


def _account(text: str) -> str:
    if re.fullmatch(r"\d{12}", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no account: it has twelve digits")
    return text
