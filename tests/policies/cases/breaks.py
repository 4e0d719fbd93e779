"""What may be wrong with a random program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from .building import (
    ACCOUNT,
    ANYWHERE,
    AWS_POLICY,
    MOUNT,
    READ_WRITE,
    WRITE,
    Json,
    R,
    Store,
    access_point,
    allow,
    attach,
    function,
    grant,
    group,
    role,
    rule,
    target,
)
from .random_programs import PYTHONS, Draw, Random

Break = Callable[[Random, Draw], bool]
"""Makes one thing wrong; False where the program has nothing of that kind."""


def _one(draw: Draw, things: list[R]) -> R | None:
    return draw(st.sampled_from(things)) if things else None


def closed_port(program: Random, draw: Draw) -> bool:
    clients = program.functions or program.services
    program.net.clients.props["egress"] = [rule(443, blocks=[ANYWHERE])]
    return bool(clients)


def missing_mount_target(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.stores))
    program.remove(draw(st.sampled_from(one.targets)))
    return _has_clients(program, one)


def _has_clients(program: Random, s: Store) -> bool:
    number = program.stores.index(s)
    names = (f"function{number}", f"service{number}", f"load{number}")
    return any(one.name.startswith(names) for one in [*program.functions, *program.services])


def no_network(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.functions)) is not None:
        del one.props["vpcConfig"]
    return one is not None


def no_rights(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.grants)) is not None:
        program.remove(one)
    return one is not None


def no_order(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.functions)) is not None:
        one.after = []
    return one is not None


def no_order_of_the_run(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.runs)) is not None:
        one.after = []
    return one is not None


def deep_root(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.stores)).ap
    one.props["rootDirectory"]["path"] = "/a/b/c/d/e"
    return True


def closed_directory(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.stores)).ap
    mode = draw(st.sampled_from(["0077", "0600", "000"]))
    one.props["rootDirectory"]["creationInfo"]["permissions"] = mode
    return True


def nobody_makes_the_directory(program: Random, draw: Draw) -> bool:
    del draw(st.sampled_from(program.stores)).ap.props["rootDirectory"]["creationInfo"]
    return True


def root_user(program: Random, draw: Draw) -> bool:
    number = draw(st.integers(0, len(program.stores) - 1))
    program.stores[number].ap.props["posixUser"] = {"uid": 0, "gid": 0}
    names = (f"function{number}", f"service{number}")
    return any(one.name.startswith(names) for one in [*program.functions, *program.services])


def _volume(program: Random, draw: Draw, **change: Any) -> bool:
    if (one := _one(draw, program.tasks)) is not None:
        one.props["volumes"][0]["efsVolumeConfiguration"] |= change
    return one is not None


def plain_text_volume(program: Random, draw: Draw) -> bool:
    return _volume(program, draw, transitEncryption="DISABLED")


def root_beside_access_point(program: Random, draw: Draw) -> bool:
    return _volume(program, draw, rootDirectory="/www")


def windows(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.tasks)) is not None:
        one.props["runtimePlatform"] = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
    return one is not None


def task_without_a_role(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.tasks)) is not None:
        del one.props["taskRoleArn"]
    return one is not None


def old_platform(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.services)) is not None:
        one.props["platformVersion"] = "1.3.0"
    return one is not None


def another_python(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.loading)) is not None:
        others = [f"python{v}" for v in PYTHONS if f"python{v}" != one.props["runtime"]]
        one.props["runtime"] = draw(st.sampled_from(others))
    return one is not None


def another_architecture(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.loading)) is not None:
        swapped = {"x86_64": "arm64", "arm64": "x86_64"}
        one.props["architectures"] = [swapped[one.props["architectures"][0]]]
    return one is not None


def another_directory(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.loading)) is not None:
        one.props["environment"] = {"variables": {"PYTHONPATH": "/mnt/data/elsewhere"}}
    return one is not None


def another_path(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.loading)) is not None:
        one.props["fileSystemConfig"]["localMountPath"] = "/mnt/other"
    return one is not None


def reader_that_may_write(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.loading)) is not None:
        number = one.name.removeprefix("load")
        reader = next(r for r in program.build.resources if r.name == f"reader{number}")
        attach(program.build, f"{reader.name}-more", reader, READ_WRITE)
    return one is not None


def writer_on_the_same_root(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.loading)) is not None:
        number = int(one.name.removeprefix("load"))
        base = program.stores[number]
        again = access_point(program.build, "again", base.fs, f"/libs{number}")
        s = Store(base.fs, again, base.targets)
        function(program.build, "intruder", program.net, s, after=one.after, runtime="nodejs22.x")
    return one is not None


def in_plain_text_at_rest(program: Random, draw: Draw) -> bool:
    draw(st.sampled_from(program.stores)).fs.props["encrypted"] = False
    return True


def no_policy(program: Random, draw: Draw) -> bool:
    program.remove(draw(st.sampled_from(program.policies)))
    return True


def policy_without_tls(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.policies))
    one.props["policy"].value["Statement"][0]["Action"] = "elasticfilesystem:ClientRootAccess"
    return True


def policy_for_everybody(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.policies))
    anybody = {**allow([MOUNT, WRITE]), "Principal": "*"}
    one.props["policy"].value["Statement"].append(anybody)
    return True


def policy_that_denies_all(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.policies))
    everybody = {"Effect": "Deny", "Principal": "*", "Action": MOUNT, "Resource": "*"}
    one.props["policy"].value["Statement"].append(everybody)
    return _has_clients(program, program.stores[program.policies.index(one)])


def port_open_to_the_internet(program: Random, draw: Draw) -> bool:
    ways = [[ANYWHERE], ["0.0.0.0/1", "128.0.0.0/1"], ["128.0.0.0/1", "0.0.0.0/2", "64.0.0.0/2"]]
    group(program.build, "ssh", program.net.vpc, rule(22, blocks=draw(st.sampled_from(ways))))
    return True


def all_rights(program: Random, draw: Draw) -> bool:
    one = role(program.build, "admin", service="ec2")
    attach(program.build, "admin", one, AWS_POLICY + "AdministratorAccess")
    return True


def every_object(program: Random, draw: Draw) -> bool:
    one = role(program.build, "objects", service="ec2")
    grant(program.build, "objects", one, allow(["s3:GetObject"]))
    return True


def second_mount_target(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.stores))
    places = [*program.net.private, *program.net.public]
    target(program.build, "second", one.fs, draw(st.sampled_from(places)), program.net.nfs)
    return True


def batch_job(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.stores))
    volumes = [{"name": "efs", "efsVolumeConfiguration": {"fileSystemId": one.fs.id}}]
    given = {"type": "container", "containerProperties": Json({"volumes": volumes})}
    program.build.add("aws:batch/jobDefinition:JobDefinition", "train", given)
    return True


def user_data(program: Random, draw: Draw) -> bool:
    one = draw(st.sampled_from(program.stores))
    given = {"userData": Json({"mount": one.fs.id}), "instanceType": "t3.small"}
    program.build.add("aws:ec2/instance:Instance", "lab", given)
    return True


def old_runtime(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.functions)) is not None:
        one.props["runtime"] = draw(st.sampled_from(["python3.8", "nodejs16.x", "go1.x"]))
    return one is not None


def role_of_somebody_else(program: Random, draw: Draw) -> bool:
    if (one := _one(draw, program.functions)) is not None:
        one.props["role"] = f"arn:aws:iam::{ACCOUNT}:role/somebody"
    return one is not None


BREAKS: tuple[Break, ...] = (
    closed_port,
    missing_mount_target,
    no_network,
    no_rights,
    no_order,
    no_order_of_the_run,
    deep_root,
    closed_directory,
    nobody_makes_the_directory,
    root_user,
    plain_text_volume,
    root_beside_access_point,
    windows,
    task_without_a_role,
    old_platform,
    another_python,
    another_architecture,
    another_directory,
    another_path,
    reader_that_may_write,
    writer_on_the_same_root,
    in_plain_text_at_rest,
    no_policy,
    policy_without_tls,
    policy_for_everybody,
    policy_that_denies_all,
    port_open_to_the_internet,
    all_rights,
    every_object,
    second_mount_target,
    batch_job,
    user_data,
    old_runtime,
    role_of_somebody_else,
)
