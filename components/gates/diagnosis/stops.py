"""Why ECS, or somebody, stopped a task, and what ended its container."""

from __future__ import annotations

from .cause import Cause

DEADLINE = "the timeout of the populate task"
"""With this the reason begins that the gate gives to StopTask."""

_UP = "then run `pulumi up` again"

# Texts of ECS: its documentation of stopped task error codes.
STOPPED = (
    Cause(
        what="the task was stopped because its time was over",
        remedy="look in the log where the time went, raise populatorTimeoutMinutes or "
        f"populatorCpu, {_UP}",
        signs=f"^{DEADLINE}",
    ),
    Cause(
        what="somebody stopped the task",
        remedy="`pulumi up` starts it again; CloudTrail's event StopTask says who it was",
        stop_codes=frozenset({"UserInitiated"}),
    ),
    Cause(
        what="Fargate Spot took its capacity back",
        remedy="`pulumi up` starts another task; a cluster whose default is FARGATE instead of "
        "FARGATE_SPOT is not interrupted",
        stop_codes=frozenset({"SpotInterruption"}),
    ),
    Cause(
        what="AWS ended the task for maintenance of its host",
        remedy="`pulumi up` starts the task on another host, nothing else is to do",
        stop_codes=frozenset({"TerminationNotice"}),
    ),
    Cause(
        what="the host of the task has failed",
        remedy="`pulumi up` starts the task elsewhere; if that repeats itself, choose other "
        "availabilityZones",
        stop_codes=frozenset({"InfrastructureHealth"}),
    ),
    Cause(
        what="an ECS service stopped the task",
        remedy=f"take the cluster of the populator away from services and schedulers, {_UP}",
        stop_codes=frozenset({"ServiceSchedulerInitiated"}),
    ),
)
FAILED = (
    Cause(
        what="the container ran out of memory",
        remedy=f"raise populatorMemoryMb, {_UP}",
        signs="OutOfMemoryError",
    ),
    Cause(
        what="the container was killed (SIGKILL)",
        remedy="mostly that is a lack of memory too: see what the log did last, raise "
        f"populatorMemoryMb, {_UP}",
        exit_codes=frozenset({137}),
    ),
    Cause(
        what="the container's program crashed (SIGSEGV)",
        remedy="a library in machine code does not fit the image or the processor: see that "
        "architecture, runtime and populatorImage belong together, and change the version that "
        "the log names last",
        exit_codes=frozenset({139}),
    ),
)
