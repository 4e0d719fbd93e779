"""The rules of the pack, in order of worth."""

from ..reading import pack as process
from ..reading.pack import policies_of
from . import access_point, form, one_path, order, reach, release, rights

NAME = "efs-inference-mounts"
DESCRIPTION = "Lambda functions and ECS containers that share an EFS file system fit together."

RULES = (
    one_path.one_access_point_one_path,
    form.mounts_have_the_right_form,
    access_point.access_point_owns_its_directory,
    release.function_loads_what_is_populated,
    order.function_comes_after_what_it_mounts,
    reach.consumer_reaches_its_mount_targets,
    rights.roles_may_mount_and_only_populators_write,
)

LOOKED_FOR = "an aws.lambda.Function or an aws.ecs.TaskDefinition that mounts an EFS file system"
POLICIES = policies_of(RULES, looked_for=LOOKED_FOR)


def serve() -> None:
    """Serve the pack until the engine ends it."""
    process.serve(NAME, DESCRIPTION, POLICIES)
