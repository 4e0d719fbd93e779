"""What has to be created before what."""

from typing import Any

from ...building import (
    INGRESS_RULE,
    MOUNT,
    NGINX,
    PYTHON,
    Build,
    Net,
    R,
    Store,
    access_point,
    client,
    command_run,
    container,
    file_system,
    function,
    group,
    installer,
    loading,
    network,
    run,
    serve,
    store,
    stored,
    target,
    task,
    volume,
    zone_of,
)
from ...table import ORDER, Cases, unproven, wrong
from .. import sources

CASES = Cases()


@CASES.wrong(
    sources.LAMBDA_AVAILABLE, wrong(ORDER, "app", "app", "data-a"), wrong(ORDER, "app", "data-b")
)
def function_before_its_mount_targets(p: Build) -> None:
    net = network(p)
    function(p, "app", net, store(p, net), after=[])


@CASES.wrong(sources.LAMBDA_AVAILABLE, wrong(ORDER, "app", "app", "data-b"))
def function_before_one_of_its_mount_targets(p: Build) -> None:
    net, s = stored(p)
    function(p, "app", net, s, after=s.targets[:1])


@CASES.sound(sources.LAMBDA_AVAILABLE)
def function_after_the_mount_target_of_its_only_zone(p: Build) -> None:
    net, s = stored(p)
    function(p, "app", net, s, subnets=net.ids[:1], after=s.targets[:1])


@CASES.sound(sources.LAMBDA_AVAILABLE)
def access_point_after_the_mount_targets(p: Build) -> None:
    net, s = stored(p)
    s.ap.after.extend(s.targets)
    function(p, "app", net, s, after=[])


@CASES.sound(sources.LAMBDA_AVAILABLE)
def function_after_the_component_of_the_mount_targets(p: Build) -> None:
    net = network(p)
    storage = p.add("acme:index:Storage", "storage")
    s = store(p, net)
    for one in (s.fs, s.ap, *s.targets):
        one.parent = storage
    function(p, "app", net, s, after=[storage])


@CASES.sound(sources.LAMBDA_AVAILABLE)
def parent_after_the_mount_targets(p: Build) -> None:
    net, s = stored(p)
    app = p.add("acme:index:App", "app", after=s.targets)
    function(p, "app", net, s, after=[]).parent = app


@CASES.sound(sources.LAMBDA_AVAILABLE)
def path_by_an_output_of_a_mount_target(p: Build) -> None:
    """A value that comes from a resource is a dependency as good as any."""
    net, s = stored(p)
    names = {f"MOUNT_{n}": one.id for n, one in enumerate(s.targets)}
    function(p, "app", net, s, after=[], variables=names)


@CASES.sound(sources.ECS_EFS)
def service_before_its_mount_targets(p: Build) -> None:
    """A service starts its tasks again until they run."""
    net, s = stored(p)
    serve(p, net, s, container("web", NGINX, "/data"))


def installing(p: Build, *, after: bool = True, by: Any = run) -> tuple[Net, Store, R]:
    net, s = stored(p)
    of = installer(p, s)
    return net, s, by(p, "once", of, net, after=s.targets if after else ())


@CASES.wrong(sources.ECS_EFS, wrong(ORDER, "once", "once", "data-a"))
def one_off_run_before_its_mount_targets(p: Build) -> None:
    installing(p, after=False)


@CASES.wrong(
    sources.ECS_EFS,
    wrong(ORDER, "once", "once", "data-a"),
    preview=unproven(wrong(ORDER, "once", "once")),
)
def one_off_command_before_its_mount_targets(p: Build) -> None:
    installing(p, after=False, by=command_run)


@CASES.wrong(sources.LAMBDA_ENVIRONMENT, wrong(ORDER, "infer", "infer", "once"))
def function_before_what_installs_its_libraries(p: Build) -> None:
    net, s, _ = installing(p)
    loading(p, net, s)


@CASES.wrong(sources.LAMBDA_ENVIRONMENT, wrong(ORDER, "infer", "infer", "weights"))
def function_before_one_of_two_runs(p: Build) -> None:
    net, s, libraries = installing(p)
    fetches = ["python3", "-m", "pip", "install", "--target", "/mnt/data/weights", "acme-weights"]
    of = task(
        p,
        "weights",
        [container("fetch", PYTHON, "/mnt/data", command=fetches)],
        [volume(s)],
        client(p, "w-2", s, service="ecs-tasks"),
    )
    run(p, "weights", of, net, after=s.targets)
    names = {"PYTHONPATH": "/mnt/data/python:/mnt/data/weights"}
    rights = client(p, "reader", s, MOUNT)
    function(p, "infer", net, s, role=rights, variables=names, after=[*s.targets, libraries])


@CASES.sound(sources.LAMBDA_ENVIRONMENT, may_note=True)
def run_that_waits_for_the_function(p: Build) -> None:
    net, s, once = installing(p)
    one = function(p, "infer", net, s, role=client(p, "reader", s, MOUNT))
    once.after.append(one)
    p.resources.remove(once)
    p.resources.append(once)


def by_rules(p: Build) -> tuple[Net, Store, list[R]]:
    net = network(p)
    closed = group(p, "opened", net.vpc)
    given = {"securityGroupId": closed.id, "referencedSecurityGroupId": net.clients.id}
    port = {"ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049}
    opening = p.add(INGRESS_RULE, "opening", {**given, **port})
    fs = file_system(p)
    targets = [target(p, f"data-{zone_of(one)}", fs, one, closed) for one in net.private]
    return net, Store(fs, access_point(p, "data", fs), targets), [opening]


@CASES.either(sources.LAMBDA_AVAILABLE, wrong(ORDER, "app", "app", "opening"))
def function_before_the_rule_that_lets_it_in(p: Build) -> None:
    net, s, _ = by_rules(p)
    function(p, "app", net, s)


@CASES.sound(sources.LAMBDA_AVAILABLE)
def function_after_the_rule_that_lets_it_in(p: Build) -> None:
    net, s, rules = by_rules(p)
    function(p, "app", net, s, after=[*s.targets, *rules])


@CASES.sound(sources.LAMBDA_AVAILABLE)
def mount_targets_after_the_rule_that_lets_in(p: Build) -> None:
    net, s, rules = by_rules(p)
    for one in s.targets:
        one.after.extend(rules)
    function(p, "app", net, s)


@CASES.either(sources.ECS_EFS, wrong(ORDER, "once", "once", "opening"))
def one_off_run_before_the_rule_that_lets_it_in(p: Build) -> None:
    net, s, _ = by_rules(p)
    of = installer(p, s)
    run(p, "once", of, net, after=s.targets)


@CASES.sound(sources.LAMBDA_AVAILABLE)
def rules_of_groups_that_do_not_matter(p: Build) -> None:
    net, s = stored(p)
    web = group(p, "web", net.vpc)
    given = {"securityGroupId": web.id, "cidrIpv4": "10.0.0.0/16", "ipProtocol": "tcp"}
    p.add(INGRESS_RULE, "web", {**given, "fromPort": 443, "toPort": 443})
    function(p, "app", net, s)


@CASES.sound(sources.LAMBDA_AVAILABLE)
def circle_of_components(p: Build) -> None:
    """Two components that wait for each other's parts, in a way that can be created."""
    net = network(p)
    one, other = p.add("acme:index:One", "one"), p.add("acme:index:Other", "other")
    s = store(p, net)
    for part in (s.fs, *s.targets):
        part.parent = one
    s.ap.parent = other
    s.ap.after.extend(s.targets)
    bucket = p.add("aws:s3/bucket:Bucket", "b", {"bucket": "acme"}, parent=one, after=[s.ap])
    function(p, "app", net, s, after=[bucket]).parent = other
