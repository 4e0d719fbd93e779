"""The rules of the pack, in order of worth."""

from ..reading import pack as process
from ..reading.pack import policies_of
from . import access_point, form, one_path, order, reach, release, rights

NAME = "efs-inference-mounts"
DESCRIPTION = "Lambda functions and ECS containers that share an EFS file system fit together."

RULES = tuple(m.RULE for m in (one_path, form, access_point, release, order, reach, rights))

LOOKED_FOR = "an aws.lambda.Function or an aws.ecs.TaskDefinition that mounts an EFS file system"
POLICIES = policies_of(RULES, looked_for=LOOKED_FOR)


def serve() -> None:
    """Serve the pack until the engine ends it."""
    process.serve(NAME, DESCRIPTION, POLICIES)
