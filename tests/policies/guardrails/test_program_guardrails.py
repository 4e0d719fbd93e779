"""Each rule of `guardrails` on the real program, changed in one property."""

import pytest

from ..changes.changes import function, system, task
from ..programs import Program, judge_program, program
from ..wire import Said

DIGEST = "public.ecr.aws/lambda/python:3.11@sha256:" + "0" * 64


def an_image_by_digest(p: Program) -> None:
    p.edit(task(p), "containerDefinitions", lambda d: d[0].update(image=DIGEST))


def a_reserved_concurrency(p: Program) -> None:
    function(p).props["reservedConcurrentExecutions"] = 10.0


def a_protected_file_system(p: Program) -> None:
    system(p).protect = True


ADVICE = {
    "file-system-is-protected": (
        a_protected_file_system,
        "store",
        "file system 'store' is not protected: a `pulumi destroy`, or a change that replaces it, "
        "deletes every file. Set the resource option protect.",
    ),
    "function-has-reserved-concurrency": (
        a_reserved_concurrency,
        "inference",
        "function 'inference' has no reservedConcurrentExecutions: a burst of cold starts takes "
        "the whole account's concurrency, and reads the libraries once for each. Set a number.",
    ),
    "image-has-a-digest": (
        an_image_by_digest,
        "libraries",
        "container 'populate' of task definition 'libraries' runs image "
        "public.ecr.aws/lambda/python:3.11: what a tag stands for changes without notice. Name it "
        "by digest, public.ecr.aws/lambda/python@sha256:...",
    ),
}


def test_the_created_program_has_three_pieces_of_advice() -> None:
    assert judge_program(program(created=True), "guardrails") == [
        Said(policy, False, about, message) for policy, (_, about, message) in ADVICE.items()
    ]


@pytest.mark.parametrize("policy", ADVICE)
def test_advice_that_is_taken_is_not_given_again(policy: str) -> None:
    whole = program(created=True)
    ADVICE[policy][0](whole)
    left = [line.policy for line in judge_program(whole, "guardrails")]
    assert left == [other for other in ADVICE if other != policy]
