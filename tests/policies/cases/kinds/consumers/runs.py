"""What runs a task: platform versions, borrowed volumes, revisions."""

from typing import Any

from ...building import (
    ACCOUNT,
    ANYWHERE,
    INSTALL,
    NGINX,
    OLD,
    PYTHON,
    Build,
    R,
    Store,
    client,
    container,
    group,
    loading,
    mounting,
    network,
    placed,
    rule,
    run,
    schedule,
    serve,
    service,
    stored,
    task,
    volume,
)
from ...table import LOADS, MOUNTS, REACH, Cases, unproven, wrong
from .. import sources

CASES = Cases()


# Platform versions


def on_platform(p: Build, version: str, **props: Any) -> None:
    net, s = stored(p)
    web = container("web", NGINX, "/usr/share/nginx/html")
    serve(p, net, s, web, platformVersion=version, **props)


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
    net, s = stored(p)
    of = mounting(p, s, container("job", "acme/job:1", "/data"))
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


def borrowing(p: Build, lender: Any, *borrowers: Any) -> None:
    net, s = stored(p)
    of = mounting(p, s, lender, *borrowers, role=client(p, "w", s, service="ecs-tasks"))
    loading(p, net, s, run(p, "install", of, net, after=s.targets))


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
    borrowing(p, PAUSE, borrowed("install", OLD, "pause", command=list(INSTALL)))


@CASES.wrong(sources.ECS_VOLUMES_FROM, wrong(LOADS, "infer", "infer", "install", "3.11", "3.12"))
def installed_for_another_python_by_who_borrows_from_who_borrows(p: Build) -> None:
    middle = borrowed(
        "middle", "public.ecr.aws/docker/library/busybox:1", "pause", command=["true"]
    )
    borrowing(p, PAUSE, middle, borrowed("install", OLD, "middle", command=list(INSTALL)))


@CASES.sound(sources.ECS_VOLUMES_FROM, may_note=True)
def another_python_that_only_reads_what_it_borrows(p: Build) -> None:
    lender = container("install", PYTHON, "/mnt/data", command=list(INSTALL))
    check = ["python", "-m", "compileall", "-q", "/mnt/data/python"]
    borrowing(p, lender, borrowed("check", OLD, "install", read_only=True, command=check))


@CASES.sound(sources.ECS_VOLUMES_FROM)
def paths_of_the_borrowed_volume(p: Build) -> None:
    net, s = stored(p)
    app = container("app", "acme/app:1", "/mnt/data")
    ship = borrowed(
        "ship", "fluent/fluent-bit:3", "app", read_only=True, command=["-i", "/mnt/data/log"]
    )
    serve(p, net, s, app, ship)


# Revisions


def revision(p: Build, name: str, number: int, s: Store, rights: R, image: str) -> R:
    installs = container("install", image, "/mnt/data", command=list(INSTALL))
    one = task(p, name, [installs], [volume(s)], rights, family="install")
    one.made["revision"] = number
    one.made["arn"] = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/install:{number}"
    return one


def two_revisions(p: Build, *, used: int) -> None:
    net, s = stored(p)
    rights = client(p, "w", s, service="ecs-tasks")
    old = revision(p, "old", 1, s, rights, OLD)
    new = revision(p, "new", 2, s, rights, PYTHON)
    once = run(p, "install", (old, new)[used], net, after=s.targets)
    loading(p, net, s, once)


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
    net, s = stored(p)
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
    net, s = stored(p)
    of = mounting(p, s, container("app", "acme/app:1", "/data"))
    service(p, "app", of, net, taskDefinition=of.out("family"))


@CASES.wrong(
    sources.ECS_REVISION,
    wrong(REACH, "app", "app", "closed", "2049"),
    preview=unproven(wrong(REACH, "app", "closed", "2049")),
)
def service_by_the_family_in_a_closed_network(p: Build) -> None:
    net, s = stored(p)
    of = mounting(p, s, container("app", "acme/app:1", "/data"))
    closed = group(p, "closed", net.vpc, egress=[rule(443, blocks=[ANYWHERE])])
    where = placed(net, securityGroups=[closed.id])
    service(p, "app", of, net, taskDefinition=of.out("family"), networkConfiguration=where)


@CASES.sound(sources.ECS_REVISION)
def schedule_by_the_arn_without_revision(p: Build) -> None:
    net, s = stored(p)
    of = mounting(p, s, container("job", "acme/job:1", "/data"))
    of.made["arnWithoutRevision"] = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/job"
    schedule(p, "nightly", of, net, taskDefinitionArn=of.out("arnWithoutRevision"))
