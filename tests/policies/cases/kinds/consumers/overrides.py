"""Commands that a run gives a container instead of its own."""

from typing import Any

from ...building import (
    INSTALL,
    MOUNT,
    OLD,
    PYTHON,
    WRITE,
    Build,
    Json,
    Net,
    R,
    client,
    command_run,
    container,
    installer,
    loading,
    mounting,
    placed,
    run,
    schedule,
    stored,
)
from ...table import LOADS, MOUNTS, Cases, wrong, yet
from .. import sources

CASES = Cases()


# Overrides


def overridden(
    p: Build, base: list[str], command: list[str], *, image: str = PYTHON, **props: Any
) -> None:
    net, s = stored(p)
    job = container("job", image, "/mnt/data", command=base)
    of = mounting(p, s, job, role=client(p, "w", s, service="ecs-tasks"))
    events = schedule(p, "nightly", of, net, launchType="FARGATE")
    events.props["input"] = Json({"containerOverrides": [{"name": "job", "command": command}]})
    loading(p, net, s, **props)


@CASES.sound(sources.ECS_OVERRIDES, may_note=True)
def override_that_installs_for_the_same_python(p: Build) -> None:
    overridden(p, ["true"], list(INSTALL))


@CASES.wrong(sources.ECS_OVERRIDES, wrong(LOADS, "infer", "infer", "job", "3.11", "3.12"))
def override_that_installs_for_another_python(p: Build) -> None:
    overridden(p, ["true"], list(INSTALL), image=OLD)


@CASES.sound(sources.ECS_OVERRIDES, may_note=True)
def override_that_replaces_the_install(p: Build) -> None:
    """What runs nightly cleans up; nothing here runs the definition's own command."""
    clean = ["find", "/mnt/data/tmp", "-mtime", "+7", "-delete"]
    overridden(p, list(INSTALL), clean, image=OLD, actions=(MOUNT, WRITE))


@CASES.either(
    sources.ECS_OVERRIDES,
    wrong((LOADS, *MOUNTS), ("infer", "install"), "install", "3.11"),
    preview=yet("'install'"),
)
def override_of_a_command_line_run(p: Build) -> None:
    net, s = stored(p)
    of = installer(p, s, OLD, command=["true"])
    words = ", ".join(f'"{word}"' for word in INSTALL)
    more = (
        f' --overrides \'{{"containerOverrides": [{{"name": "install", "command": [{words}]}}]}}\''
    )
    once = command_run(p, "install", of, net, after=s.targets, more=more)
    loading(p, net, s, once)


def by_the_scheduler(p: Build, of: R, net: Net, **target_props: Any) -> R:
    ecs = {
        "taskDefinitionArn": of.arn,
        "networkConfiguration": placed(net),
        "launchType": "FARGATE",
    }
    ecs |= target_props.pop("ecs", {})
    given = {
        "scheduleExpression": "rate(1 day)",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {"arn": "arn:aws:ecs:::cluster/main", "ecsParameters": ecs, **target_props},
    }
    return p.add("aws:scheduler/schedule:Schedule", "nightly", given)


@CASES.wrong(sources.ECS_EFS, wrong(MOUNTS, ("job", "nightly"), "1.3.0"))
def scheduler_on_a_platform_before_1_4(p: Build) -> None:
    net, s = stored(p)
    of = mounting(p, s, container("job", "acme/job:1", "/data"))
    by_the_scheduler(p, of, net, ecs={"platformVersion": "1.3.0"})


@CASES.wrong(sources.ECS_OVERRIDES, wrong(LOADS, "infer", "infer", "job", "3.11", "3.12"))
def override_of_the_scheduler_that_installs_for_another_python(p: Build) -> None:
    net, s = stored(p)
    job = container("job", OLD, "/mnt/data", command=["true"])
    of = mounting(p, s, job, role=client(p, "w", s, service="ecs-tasks"))
    text = Json({"containerOverrides": [{"name": "job", "command": list(INSTALL)}]})
    by_the_scheduler(p, of, net, input=text)
    loading(p, net, s)


@CASES.either(
    sources.ECS_OVERRIDES, wrong((LOADS, *MOUNTS), ("infer", "install"), "install", "3.11")
)
def override_of_a_run_by_a_dynamic_resource(p: Build) -> None:
    net, s = stored(p)
    of = installer(p, s, OLD, command=["true"])
    more = {"containerOverrides": [{"name": "install", "command": list(INSTALL)}]}
    once = run(p, "install", of, net, after=s.targets, overrides=more)
    loading(p, net, s, once)
