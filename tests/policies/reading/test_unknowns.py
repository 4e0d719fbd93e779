"""What a preview does not know is followed to where it comes from, or said, never overlooked."""

import pytest
from pulumi.runtime.rpc import UNKNOWN

from ..conftest import ACCESS_POINT, ARN, TASK_DEFINITION, Judge, container, function, volume
from ..wire import Program, Said


def not_judged(about: str, message: str) -> list[Said]:
    return [
        Said("not-judged-before-creation", False, about, f"not judged before creation: {message}")
    ]


def test_an_unknown_arn_from_elsewhere_is_said(stack: Program, judge_preview: Judge) -> None:
    stack.add("aws:ssm/parameter:Parameter", "parameter", {})
    stack["inference"].origins["fileSystemConfig"] = [stack["parameter"].urn]
    assert judge_preview(stack) == not_judged(
        "inference",
        "which access point function 'inference' mounts at /mnt/efs; fileSystemConfig.arn is "
        "unknown and comes from no access point of this stack. Take it from the access point's own "
        "output, or give it as a known text.",
    )


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ({"arn": UNKNOWN, "localMountPath": UNKNOWN}, "fileSystemConfig.localMountPath"),
        (UNKNOWN, "fileSystemConfig"),
    ],
    ids=["path", "whole"],
)
def test_an_unknown_mount_path_is_said(
    stack: Program, judge_preview: Judge, config: object, what: str
) -> None:
    stack["inference"].props["fileSystemConfig"] = config
    assert judge_preview(stack) == not_judged(
        "inference",
        f"at which path function 'inference' mounts access point 'libraries'; {what} is unknown. "
        "Give localMountPath a value that is known in preview.",
    )


def test_unknown_container_definitions_are_said(stack: Program, judge_preview: Judge) -> None:
    stack["populator"].props["containerDefinitions"] = UNKNOWN
    assert judge_preview(stack) == not_judged(
        "populator",
        "at which path the containers of task definition 'populator' mount access point "
        "'libraries'; containerDefinitions is unknown as a whole, because a value in it is. Build "
        "it, as one JSON text, from values that are known in preview.",
    )


def test_an_unknown_volume_from_elsewhere_is_said(stack: Program, judge_preview: Judge) -> None:
    stack["populator"].origins = {}
    assert judge_preview(stack) == not_judged(
        "populator",
        "which access point the volumes of task definition 'populator' lie on; they are unknown, "
        "and come from no access point of this stack. Take accessPointId from the access point's "
        "own output and give the rest known values.",
    )


@pytest.mark.parametrize(
    "volumes",
    [
        UNKNOWN,
        [UNKNOWN],
        [{"name": "efs", "efsVolumeConfiguration": UNKNOWN}],
        [{"name": "efs", "efsVolumeConfiguration": {"authorizationConfig": UNKNOWN}}],
    ],
)
def test_volumes_unknown_at_any_depth_are_followed(
    stack: Program, judge_preview: Judge, volumes: object
) -> None:
    stack["populator"].props["volumes"] = volumes
    stack["inference"].props["fileSystemConfig"]["localMountPath"] = "/mnt/models"
    assert [(line.policy, line.about) for line in judge_preview(stack)] == [
        ("one-access-point-one-path", "inference")
    ]


def test_unknown_variables_are_said_by_name_once_per_consumer(
    stack: Program, judge_preview: Judge
) -> None:
    stack["inference"].props["environment"]["variables"] |= {"QUEUE": UNKNOWN, "TABLE": UNKNOWN}
    assert judge_preview(stack) == not_judged(
        "inference",
        "whether environment variable QUEUE, environment variable TABLE of function 'inference' "
        "names paths under /mnt/efs only; it is unknown. Give paths values known in preview.",
    )


def test_unknown_variables_of_a_function_that_mounts_nothing_are_nobodys_concern(
    stack: Program, judge_preview: Judge
) -> None:
    node = stack.twin(stack["inference"], "other")
    node.props |= {"fileSystemConfig": None, "environment": {"variables": {"TABLE": UNKNOWN}}}
    assert judge_preview(stack) == []


def test_an_unknown_environment_hides_no_disagreement(stack: Program, judge_preview: Judge) -> None:
    stack["inference"].props |= {
        "environment": UNKNOWN,
        "fileSystemConfig": {"arn": UNKNOWN, "localMountPath": "/mnt/models"},
    }
    assert {line.policy for line in judge_preview(stack)} == {
        "one-access-point-one-path",
        "not-judged-before-creation",
    }


def test_an_access_point_out_of_a_component_is_found(stack: Program, judge_preview: Judge) -> None:
    stack["inference"].origins["fileSystemConfig"] = [stack["store"].urn]
    stack["inference"].props["fileSystemConfig"]["localMountPath"] = "/mnt/models"
    assert [line.about for line in judge_preview(stack)] == ["inference"]


def test_a_known_foreign_access_point_is_not_the_unknown_one(
    stack: Program, judge_preview: Judge
) -> None:
    node = function(stack, "other", "libraries", "/mnt/other")
    node.props["fileSystemConfig"]["arn"] = ARN + "fsap-0f0f0f0f0f0f0f0f0"
    assert judge_preview(stack) == []


def two_volumes(first: str, second: str) -> Program:
    """A task that writes to two access points, of which a preview knows the names only."""
    definition = container("both", first)
    definition["mountPoints"].append({"sourceVolume": "more", "containerPath": second})
    p = Program()
    points = [p.add(ACCESS_POINT, name, {}) for name in "ab"]
    function(p, "reads-a", "a", "/mnt/a")
    function(p, "reads-b", "b", "/mnt/b")
    props = {"containerDefinitions": [definition], "volumes": [volume("efs"), volume("more")]}
    p.add(TASK_DEFINITION, "writer", props).origins["volumes"] = [one.urn for one in points]
    return p


def test_two_volumes_that_may_be_right_are_not_judged(judge_preview: Judge) -> None:
    lines = judge_preview(two_volumes("/mnt/a", "/mnt/b"))
    assert lines == [
        *not_judged(
            "writer",
            "container 'both' of task definition 'writer' mounts access point 'a' or access point "
            "'b' at /mnt/a, container 'both' of task definition 'writer' mounts access point 'a' "
            "or access point 'b' at /mnt/b; which of them is unknown. Where only one volume of the "
            "task definition has an access point, it is known.",
        ),
    ]


def test_a_volume_that_is_wrong_on_either_access_point_is_a_violation(judge_preview: Judge) -> None:
    lines = judge_preview(two_volumes("/mnt/a", "/mnt/c"))
    assert [line.message for line in lines if line.mandatory] == [
        "container 'both' of task definition 'writer' mounts access point 'a' or access point 'b' "
        "at /mnt/c, but the others mount them at /mnt/a, /mnt/b: whichever it is, they do not find "
        "each other's files. Give all that mount one access point the same path."
    ]


def test_a_choice_between_access_points_at_one_path_is_no_concern(judge_preview: Judge) -> None:
    p = two_volumes("/mnt/a", "/mnt/a")
    p["reads-b"].props["fileSystemConfig"]["localMountPath"] = "/mnt/a"
    assert judge_preview(p) == []


@pytest.mark.parametrize("definitions", ["", "{", "[]", "null", "3", '["populate"]', "[" * 9999])
def test_container_definitions_that_are_none_are_said(
    stack: Program, judge: Judge, definitions: str
) -> None:
    stack["populator"].props["containerDefinitions"] = definitions
    [line] = judge(stack)
    assert (line.policy, line.mandatory, line.about) == ("not-judged", False, "populator")
    assert line.message.startswith("not judged: at which path the containers of task definition")


@pytest.mark.parametrize(
    ("config", "missing"),
    [({}, "localMountPath"), ({"localMountPath": "/mnt/a"}, "arn"), ("x", "localMountPath")],
)
def test_an_incomplete_file_system_configuration_is_said(
    stack: Program, judge: Judge, config: object, missing: str
) -> None:
    stack["inference"].props["fileSystemConfig"] = config
    [line] = judge(stack)
    assert line.message == (
        f"not judged: what function 'inference' mounts; its fileSystemConfig has no {missing}. "
        "Give both arn and localMountPath as texts."
    )


def test_a_stack_with_nothing_to_judge_says_so_once(judge: Judge) -> None:
    p = Program()
    for number in range(3):
        p.add("aws:s3/bucket:Bucket", f"bucket-{number}", {})
    assert judge(p) == [
        Said(
            "nothing-judged",
            False,
            "",
            "nothing judged: of the 3 resources none is an aws.lambda.Function or an "
            "aws.ecs.TaskDefinition that mounts an EFS file system. If one should be, look "
            "whether this is the stack that you meant.",
        )
    ]
