"""Layers: what Lambda unpacks to /opt beside the function's own package."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..errors import Problem

# Lambda quotas: "Function layers: five layers".
MAX_LAYERS = 5
_ARN = re.compile(r"arn:aws[\w-]*:lambda:(?P<region>[a-z0-9-]+):\d{12}:layer:[\w-]+:\d+")


def layer_problems(
    subject: str, arns: Sequence[object], region: str | None = None
) -> Iterator[Problem]:
    """What is wrong with ARNs of layers, as far as they are plain.

    Args:
        subject: What they are called.
        arns: The ARNs, in the order in which Lambda unpacks them.
        region: The stack's; None, where it is not known yet.
    """
    if isinstance(arns, str):
        rule = "it is a list of ARNs"
        yield Problem(subject=subject, value=repr(arns), rule=rule, remedy=f"[{arns!r}]")
        return
    if len(arns) > MAX_LAYERS:
        yield Problem(
            subject=subject,
            value=f"{len(arns)} layers",
            rule=f"a function has at most {MAX_LAYERS}",
            remedy="put the content of several into one",
        )
    layers = [arn.rpartition(":")[0] for arn in arns if isinstance(arn, str)]
    for layer in sorted({layer for layer in layers if layer and layers.count(layer) > 1}):
        rule = "Lambda takes one version of a layer only"
        yield Problem(subject=subject, value=layer, rule=rule, remedy="name one version of it")
    for arn in (each for each in arns if isinstance(each, str)):
        match = _ARN.fullmatch(arn)
        if match is None:
            rule = "it is the ARN of a version of a layer, arn:aws:lambda:...:layer:<name>:<number>"
            yield Problem(subject=subject, value=repr(arn), rule=rule, remedy="name a version")
        elif region not in (None, match["region"]):
            yield Problem(
                subject=subject,
                value=arn,
                rule=f"Lambda takes layers of the function's own region, {region}",
                remedy=f"publish the layer in {region} too, and name that version",
            )
