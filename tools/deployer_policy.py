"""Prints IAM policies for whoever deploys a stack: `make deployer-policy STACK=prod ACCOUNT=...`.

It previews the program on this machine, so neither AWS nor the Pulumi CLI is needed.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from components.deployer import Used
from components.deployer.command import parser, show
from local import engine
from local.commands import Screen
from local.project import Project, ProjectError
from local.provider import AwsProvider

ROOT = Path(__file__).parents[1]


class PlanError(Exception):
    """The preview of the stack fails."""


def plan(project: Project, account: str) -> list[Used]:
    """The resources of a stack, without asking AWS.

    Raises:
        PlanError: The program fails.
    """
    screen = Screen(io.StringIO())
    provider = AwsProvider(project.region, cloud=False, account=account)
    result = engine.preview(project, provider, screen)
    if result.error is not None:
        raise PlanError(result.error)
    return [
        Used(
            type=resource.type,
            name=resource.name,
            urn=resource.urn,
            inputs=resource.inputs,
            origins=resource.property_dependencies,
        )
        for resource in result.resources
        if resource.custom
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; what it returns is the exit status."""
    made = parser("python -m tools.deployer_policy", __doc__ or "")
    made.add_argument("--stack", default="dev", help="the stack, default: %(default)s")
    made.add_argument("--directory", type=Path, default=ROOT, help="of the program")
    made.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a value of the configuration, such as one that is encrypted in the stack's file",
    )
    options = made.parse_args(arguments)
    try:
        given = dict(entry.partition("=")[::2] for entry in options.config)
        project = Project.load(options.directory, options.stack, given)
        return show(options, project.region, lambda: plan(project, options.account))
    except (ProjectError, PlanError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
