"""What Fargate and ECS accept, as far as it can be known before deployment."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Annotated

from ..inputs import Args, Plain

# CPU units -> memory in MiB. Source: AWS, "Amazon ECS task definition differences for Fargate",
# task size (the 8 and 16 vCPU rows need platform version 1.4.0).
MEMORY_FOR_CPU: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}


_PAIRS = "Fargate allows certain sizes only"


@dataclass(frozen=True, kw_only=True)
class TaskSize(Args):
    """Size of a task: CPU units (1024 for each vCPU), memory in MiB, disk in GiB."""

    cpu: Annotated[int, Plain(_PAIRS)]
    memory_mb: Annotated[int, Plain(_PAIRS)]
    ephemeral_storage_gib: Annotated[int, Plain(_PAIRS)]


def memory_rule(cpu: int) -> str:
    """The memory that Fargate allows for `cpu` units, in words."""
    allowed = MEMORY_FOR_CPU[cpu]
    steps = {after - before for before, after in itertools.pairwise(allowed)}
    if len(steps) == 1:
        return f"{allowed[0]} to {allowed[-1]} MiB in steps of {steps.pop()}"
    return ", ".join(str(size) for size in allowed) + " MiB"
