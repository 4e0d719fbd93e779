"""Prints IAM policies for whoever deploys a stack, from a plan of the Pulumi CLI.

    pulumi preview --json --show-sames | python -m efs_inference.deployer --account 123456789012 \
        --region eu-central-1

`pulumi stack export` will do as well, of a stack that is there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from .command import parser, show
from .names import Used


def used(plan: Mapping[str, Any]) -> list[Used]:
    """The resources in what `pulumi preview --json` or `pulumi stack export` says.

    Raises:
        ValueError: It has none, or not all: what stays as it is, a preview leaves out.
    """
    unchanged = (plan.get("changeSummary") or {}).get("same", 0)
    shown = sum(step.get("op") == "same" for step in plan.get("steps", ()))
    if shown < unchanged:
        raise ValueError(f"it leaves out {unchanged - shown} resources that stay as they are")
    states = [step.get("newState") or step.get("oldState") for step in plan.get("steps", ())]
    states += (plan.get("deployment") or {}).get("resources") or []
    found = [
        Used(
            type=state["type"],
            name=state["urn"].rpartition("::")[2],
            urn=state["urn"],
            inputs=state.get("inputs") or {},
            origins=state.get("propertyDependencies") or {},
        )
        for state in states
        if state and state.get("custom")
    ]
    if not found:
        raise ValueError("it has no resources")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the command; what it returns is the exit status."""
    made = parser(f"python -m {__package__}", __doc__ or "")
    made.add_argument("--region", required=True, help="the stack's")
    options = made.parse_args(arguments)
    try:
        found = used(json.load(sys.stdin))
    except (ValueError, KeyError, AttributeError) as error:
        print(
            f"error: standard input is no whole plan: {error}. Remedy: pipe `pulumi preview "
            "--json --show-sames` into it",
            file=sys.stderr,
        )
        return 2
    return show(options, options.region, lambda: found)


if __name__ == "__main__":
    sys.exit(main())
