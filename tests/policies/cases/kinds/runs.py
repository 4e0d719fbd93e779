"""What runs a task: platform versions, borrowed volumes, revisions, overrides."""

from typing import Any

from ..building import (
    ACCOUNT,
    ANYWHERE,
    INSTALL,
    MOUNT,
    NGINX,
    PYTHON,
    WRITE,
    Build,
    Json,
    Net,
    R,
    Store,
    client,
    command_run,
    container,
    function,
    group,
    network,
    placed,
    rule,
    run,
    schedule,
    service,
    store,
    task,
    volume,
)
from ..table import LOADS, MOUNTS, REACH, Cases, unproven, wrong, yet
from . import sources

CASES = Cases()


# Platform versions


def on_platform(p: Build, version: str, **props: Any) -> None:
    net = network(p)
    s = store(p, net)
    web = container("web", NGINX, "/usr/share/nginx/html")
    of = task(p, "web", [web], [volume(s)], client(p, "web", s, service="ecs-tasks"))
    service(p, "web", of, net, platformVersion=version, **props)


@CASES.wrong(sources.ECS_EFS, wrong(MOUNTS, "web", "web", "1.3.0"))
def platform_before_1_4(p: Build) -> None:
    on_platform(p, "1.3.0")


@CASES.sound(sources.ECS_EFS)
def platform_1_4(p: Build) -> None:
    on_platform(p, "1.4.0")


@CASES.sound(sources.ECS_EFS)
def latest_platform(p: Build) -> None:
    on_platform(p, "LATEST")


@CASES.wrong(sources.ECS_EFS, wrong(MOUNTS, ("job", "nightly"), "1.3.0"))
def schedule_on_a_platform_before_1_4(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    rights = client(p, "job", s, service="ecs-tasks")
    of = task(p, "job", [container("job", "acme/job:1", "/data")], [volume(s)], rights)
    schedule(p, "nightly", of, net, launchType="FARGATE", platformVersion="1.3.0")


@CASES.sound(sources.ECS_EFS)
def old_platform_without_a_file_system(p: Build) -> None:
    net = network(p)
    service(
        p,
        "web",
        task(p, "web", [container("web", NGINX)], None, None),
        net,
        platformVersion="1.3.0",
    )


# volumesFrom


def borrowing(p: Build, lender: Any, *borrowers: Any, **function_props: Any) -> None:
    net = network(p)
    s = store(p, net)
    of = task(
        p, "install", [lender, *borrowers], [volume(s)], client(p, "w", s, service="ecs-tasks")
    )
    once = run(p, "install", of, net, after=s.targets)
    rights = client(p, "reader", s, *function_props.pop("actions", (MOUNT,)))
    names = {"PYTHONPATH": "/mnt/data/python"}
    function(
        p, "infer", net, s, role=rights, after=[*s.targets, once], variables=names, **function_props
    )


def borrowed(name: str, image: str, source: str, *, read_only: bool = False, **more: Any) -> Any:
    return container(
        name, image, volumesFrom=[{"sourceContainer": source, "readOnly": read_only}], **more
    )


PAUSE = container("pause", "public.ecr.aws/docker/library/busybox:1", "/mnt/data", command=["true"])


@CASES.sound(sources.ECS_VOLUMES_FROM)
def installed_by_who_borrows_the_volume(p: Build) -> None:
    borrowing(p, PAUSE, borrowed("install", PYTHON, "pause", command=list(INSTALL)))


@CASES.wrong(sources.ECS_VOLUMES_FROM, wrong(LOADS, "infer", "infer", "install", "3.11", "3.12"))
def installed_for_another_python_by_who_borrows_the_volume(p: Build) -> None:
    other = PYTHON.replace("3.12", "3.11")
    borrowing(p, PAUSE, borrowed("install", other, "pause", command=list(INSTALL)))


@CASES.wrong(sources.ECS_VOLUMES_FROM, wrong(LOADS, "infer", "infer", "install", "3.11", "3.12"))
def installed_for_another_python_by_who_borrows_from_who_borrows(p: Build) -> None:
    other = PYTHON.replace("3.12", "3.11")
    middle = borrowed(
        "middle", "public.ecr.aws/docker/library/busybox:1", "pause", command=["true"]
    )
    borrowing(p, PAUSE, middle, borrowed("install", other, "middle", command=list(INSTALL)))


@CASES.sound(sources.ECS_VOLUMES_FROM, may_note=True)
def another_python_that_only_reads_what_it_borrows(p: Build) -> None:
    lender = container("install", PYTHON, "/mnt/data", command=list(INSTALL))
    check = ["python", "-m", "compileall", "-q", "/mnt/data/python"]
    other = PYTHON.replace("3.12", "3.11")
    borrowing(p, lender, borrowed("check", other, "install", read_only=True, command=check))


@CASES.sound(sources.ECS_VOLUMES_FROM)
def paths_of_the_borrowed_volume(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    app = container("app", "acme/app:1", "/mnt/data")
    ship = borrowed(
        "ship", "fluent/fluent-bit:3", "app", read_only=True, command=["-i", "/mnt/data/log"]
    )
    of = task(p, "app", [app, ship], [volume(s)], client(p, "app", s, service="ecs-tasks"))
    service(p, "app", of, net)


# Revisions


def revision(p: Build, name: str, number: int, s: Store, rights: R, image: str) -> R:
    installs = container("install", image, "/mnt/data", command=list(INSTALL))
    one = task(p, name, [installs], [volume(s)], rights, family="install")
    one.made["revision"] = number
    one.made["arn"] = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/install:{number}"
    return one


def two_revisions(p: Build, *, used: int) -> None:
    net = network(p)
    s = store(p, net)
    rights = client(p, "w", s, service="ecs-tasks")
    old = revision(p, "old", 1, s, rights, PYTHON.replace("3.12", "3.11"))
    new = revision(p, "new", 2, s, rights, PYTHON)
    once = run(p, "install", (old, new)[used], net, after=s.targets)
    names = {"PYTHONPATH": "/mnt/data/python"}
    reader = client(p, "reader", s, MOUNT)
    function(p, "infer", net, s, role=reader, after=[*s.targets, once], variables=names)


@CASES.sound(sources.ECS_REVISION, may_note=True)
def newer_revision_is_the_one_that_runs(p: Build) -> None:
    two_revisions(p, used=1)


@CASES.wrong(sources.ECS_REVISION, wrong(LOADS, "infer", "infer", "install", "3.11"))
def older_revision_is_the_one_that_runs(p: Build) -> None:
    two_revisions(p, used=0)


@CASES.wrong(
    sources.ECS_REVISION,
    wrong(REACH, "second", "second", "closed", "2049"),
    preview=unproven(wrong(REACH, "second", "closed", "2049")),
)
def services_of_two_revisions_in_two_networks(p: Build) -> None:
    """The first revision's service is sound, the second's is not: each is judged for itself."""
    net = network(p)
    s = store(p, net)
    rights = client(p, "app", s, service="ecs-tasks")
    closed = group(p, "closed", net.vpc, egress=[rule(443, blocks=[ANYWHERE])])
    for number, name in enumerate(("first", "second"), 1):
        one = task(
            p, name, [container("app", "acme/app:1", "/data")], [volume(s)], rights, family="app"
        )
        one.made["arn"] = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/app:{number}"
        who = net.clients if number == 1 else closed
        where = placed(net, securityGroups=[who.id])
        service(p, name, one, net, networkConfiguration=where)


@CASES.sound(sources.ECS_REVISION)
def service_by_the_family(p: Build) -> None:
    """A family without a revision is the latest active one."""
    net = network(p)
    s = store(p, net)
    rights = client(p, "app", s, service="ecs-tasks")
    of = task(p, "app", [container("app", "acme/app:1", "/data")], [volume(s)], rights)
    service(p, "app", of, net, taskDefinition=of.out("family"))


@CASES.wrong(
    sources.ECS_REVISION,
    wrong(REACH, "app", "app", "closed", "2049"),
    preview=unproven(wrong(REACH, "app", "closed", "2049")),
)
def service_by_the_family_in_a_closed_network(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    rights = client(p, "app", s, service="ecs-tasks")
    of = task(p, "app", [container("app", "acme/app:1", "/data")], [volume(s)], rights)
    closed = group(p, "closed", net.vpc, egress=[rule(443, blocks=[ANYWHERE])])
    where = placed(net, securityGroups=[closed.id])
    service(p, "app", of, net, taskDefinition=of.out("family"), networkConfiguration=where)


@CASES.sound(sources.ECS_REVISION)
def schedule_by_the_arn_without_revision(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    rights = client(p, "job", s, service="ecs-tasks")
    of = task(p, "job", [container("job", "acme/job:1", "/data")], [volume(s)], rights)
    of.made["arnWithoutRevision"] = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/job"
    schedule(p, "nightly", of, net, taskDefinitionArn=of.out("arnWithoutRevision"))


# Overrides


def overridden(
    p: Build, base: list[str], command: list[str], *, image: str = PYTHON, **props: Any
) -> None:
    net = network(p)
    s = store(p, net)
    job = container("job", image, "/mnt/data", command=base)
    of = task(p, "job", [job], [volume(s)], client(p, "w", s, service="ecs-tasks"))
    events = schedule(p, "nightly", of, net, launchType="FARGATE")
    events.props["input"] = Json({"containerOverrides": [{"name": "job", "command": command}]})
    rights = client(p, "reader", s, *props.pop("actions", (MOUNT,)))
    names = {"PYTHONPATH": "/mnt/data/python"}
    function(p, "infer", net, s, role=rights, variables=names, **props)


@CASES.sound(sources.ECS_OVERRIDES, may_note=True)
def override_that_installs_for_the_same_python(p: Build) -> None:
    overridden(p, ["true"], list(INSTALL))


@CASES.wrong(sources.ECS_OVERRIDES, wrong(LOADS, "infer", "infer", "job", "3.11", "3.12"))
def override_that_installs_for_another_python(p: Build) -> None:
    overridden(p, ["true"], list(INSTALL), image=PYTHON.replace("3.12", "3.11"))


@CASES.sound(sources.ECS_OVERRIDES, may_note=True)
def override_that_replaces_the_install(p: Build) -> None:
    """What runs nightly cleans up; nothing here runs the definition's own command."""
    clean = ["find", "/mnt/data/tmp", "-mtime", "+7", "-delete"]
    other = PYTHON.replace("3.12", "3.11")
    overridden(p, list(INSTALL), clean, image=other, actions=(MOUNT, WRITE))


@CASES.either(
    sources.ECS_OVERRIDES,
    wrong((LOADS, *MOUNTS), ("infer", "install"), "install", "3.11"),
    preview=yet("'install'"),
)
def override_of_a_command_line_run(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    job = container("install", PYTHON.replace("3.12", "3.11"), "/mnt/data", command=["true"])
    of = task(p, "install", [job], [volume(s)], client(p, "w", s, service="ecs-tasks"))
    words = ", ".join(f'"{word}"' for word in INSTALL)
    more = (
        f' --overrides \'{{"containerOverrides": [{{"name": "install", "command": [{words}]}}]}}\''
    )
    once = command_run(p, "install", of, net, after=s.targets, more=more)
    names = {"PYTHONPATH": "/mnt/data/python"}
    reader = client(p, "reader", s, MOUNT)
    function(p, "infer", net, s, role=reader, after=[*s.targets, once], variables=names)


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
    net = network(p)
    s = store(p, net)
    rights = client(p, "job", s, service="ecs-tasks")
    of = task(p, "job", [container("job", "acme/job:1", "/data")], [volume(s)], rights)
    by_the_scheduler(p, of, net, ecs={"platformVersion": "1.3.0"})


@CASES.wrong(sources.ECS_OVERRIDES, wrong(LOADS, "infer", "infer", "job", "3.11", "3.12"))
def override_of_the_scheduler_that_installs_for_another_python(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    job = container("job", PYTHON.replace("3.12", "3.11"), "/mnt/data", command=["true"])
    of = task(p, "job", [job], [volume(s)], client(p, "w", s, service="ecs-tasks"))
    text = Json({"containerOverrides": [{"name": "job", "command": list(INSTALL)}]})
    by_the_scheduler(p, of, net, input=text)
    names = {"PYTHONPATH": "/mnt/data/python"}
    function(p, "infer", net, s, role=client(p, "reader", s, MOUNT), variables=names)


@CASES.either(
    sources.ECS_OVERRIDES, wrong((LOADS, *MOUNTS), ("infer", "install"), "install", "3.11")
)
def override_of_a_run_by_a_dynamic_resource(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    job = container("install", PYTHON.replace("3.12", "3.11"), "/mnt/data", command=["true"])
    of = task(p, "install", [job], [volume(s)], client(p, "w", s, service="ecs-tasks"))
    more = {"containerOverrides": [{"name": "install", "command": list(INSTALL)}]}
    once = run(p, "install", of, net, after=s.targets, overrides=more)
    names = {"PYTHONPATH": "/mnt/data/python"}
    reader = client(p, "reader", s, MOUNT)
    function(p, "infer", net, s, role=reader, after=[*s.targets, once], variables=names)
