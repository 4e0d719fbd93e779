"""Cost and sanity: lifecycle, logs, images, runtimes."""

from typing import Any

from ..building import (
    ACCOUNT,
    FUNCTION,
    MOUNT,
    Build,
    allow,
    container,
    file_system,
    function,
    network,
    populated,
    role,
    serve,
    store,
    stored,
    target,
    task,
)
from ..table import ENCRYPTED, FAST, RETENTION, RUNTIME, SIZES, URL, Cases, advice, wrong
from . import sources

CASES = Cases()


# Lifecycle


TO_IA = [{"transitionToIa": "AFTER_30_DAYS"}]


@CASES.sound(sources.EFS_LIFECYCLE)
def lifecycle_of_uploads(p: Build) -> None:
    net, s = stored(p, lifecyclePolicies=TO_IA)
    app = container("app", "acme/app:1", "/data")
    serve(p, net, s, app)


@CASES.sound(sources.EFS_LIFECYCLE)
def lifecycle_beside_the_libraries(p: Build) -> None:
    pair = populated(p)
    store(
        p, pair.net, "archive", lifecyclePolicies=[*TO_IA, {"transitionToArchive": "AFTER_90_DAYS"}]
    )


@CASES.sound(sources.EFS_LIFECYCLE, may_note=True)
def lifecycle_beside_a_function_that_loads_elsewhere(p: Build) -> None:
    net = network(p)
    store(p, net, "archive", lifecyclePolicies=TO_IA)
    arn = f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:access-point/fsap-0123456789abcdef0"
    rights = role(
        p,
        "app",
        allow(
            [MOUNT],
            f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:file-system/fs-0123456789abcdef0",
        ),
    )
    function(p, "app", net, None, ap=arn, role=rights)


@CASES.sound(sources.EFS_LIFECYCLE)
def lifecycle_of_a_file_system_that_nothing_here_mounts(p: Build) -> None:
    net = network(p)
    fs = file_system(p, "archive", lifecyclePolicies=TO_IA)
    target(p, "archive-a", fs, net.private[0], net.nfs)


@CASES.sound(sources.EFS_LIFECYCLE)
def lifecycle_back_to_the_fast_class(p: Build) -> None:
    pair = populated(p)
    pair.s.fs.props["lifecyclePolicies"] = [{"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"}]


@CASES.wrong(sources.EFS_LIFECYCLE, wrong(FAST, "data", "data", "AFTER_30_DAYS"))
def lifecycle_of_the_libraries(p: Build) -> None:
    populated(p).s.fs.props["lifecyclePolicies"] = TO_IA


# Logs


def logs(p: Build, **props: Any) -> None:
    p.add("aws:cloudwatch/logGroup:LogGroup", "app", {"name": "/acme/app", **props})


@CASES.sound(sources.LOGS_DELIVERY)
def log_group_for_delivery(p: Build) -> None:
    logs(p, logGroupClass="DELIVERY")


@CASES.sound(sources.LOGS_DELIVERY)
def log_group_for_delivery_as_it_is_read_back(p: Build) -> None:
    logs(p, logGroupClass="DELIVERY", retentionInDays=2)


@CASES.wrong(sources.LOGS_RETENTION, wrong(RETENTION, "app", "app"))
def log_group_of_infrequent_access_without_retention(p: Build) -> None:
    logs(p, logGroupClass="INFREQUENT_ACCESS")


@CASES.wrong(sources.LOGS_RETENTION, wrong(RETENTION, "app", "app"))
def log_group_without_retention(p: Build) -> None:
    logs(p)


@CASES.wrong(sources.LOGS_RETENTION, wrong(RETENTION, "app", "app"))
def log_group_with_a_retention_of_nothing(p: Build) -> None:
    logs(p, retentionInDays=0)


@CASES.sound(sources.LOGS_RETENTION)
def log_group_with_retention(p: Build) -> None:
    logs(p, retentionInDays=365)


# Images: house advice, and a remedy that keeps the name


def imaged(p: Build, image: str) -> None:
    task(p, "app", [container("app", image)], None, None)


@CASES.sound(sources.IMAGE_NAME, advice("registry.acme.example:5000/team/app@sha256:"))
def image_on_a_host_with_a_port_and_a_tag(p: Build) -> None:
    imaged(p, "registry.acme.example:5000/team/app:2.1")


@CASES.sound(sources.IMAGE_NAME, advice("localhost:5000/app@sha256:"))
def image_on_a_host_with_a_port(p: Build) -> None:
    imaged(p, "localhost:5000/app")


@CASES.sound(sources.IMAGE_NAME, advice("111122223333.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:"))
def image_of_the_private_registry(p: Build) -> None:
    imaged(p, "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1")


@CASES.sound(sources.IMAGE_NAME, advice("nginx", "@sha256:"))
def image_with_a_name_only(p: Build) -> None:
    imaged(p, "nginx:1.27")


@CASES.sound(sources.IMAGE_NAME)
def image_with_a_digest(p: Build) -> None:
    imaged(p, "registry.acme.example:5000/team/app@sha256:" + "0" * 64)


# The rest


@CASES.wrong(sources.EFS_ENCRYPTION, wrong(ENCRYPTED, "data", "data"))
def file_system_in_plain_text(p: Build) -> None:
    file_system(p, encrypted=None)


@CASES.wrong(sources.LAMBDA_RUNTIMES, wrong(RUNTIME, "old", "python3.9"))
def runtime_without_support(p: Build) -> None:
    p.add(FUNCTION, "old", {"runtime": "python3.9", "timeout": 3})


@CASES.sound(sources.LAMBDA_RUNTIMES)
def runtime_of_one_s_own(p: Build) -> None:
    p.add(FUNCTION, "go", {"runtime": "provided.al2023", "timeout": 3, "handler": "bootstrap"})


@CASES.wrong(sources.LAMBDA_URL, wrong(URL, "app", "app", "NONE"))
def function_that_anybody_calls(p: Build) -> None:
    one = p.add(FUNCTION, "app", {"runtime": "python3.13", "timeout": 3})
    given = {"functionName": one.out("name"), "authorizationType": "NONE"}
    p.add("aws:lambda/functionUrl:FunctionUrl", "app", given)


@CASES.wrong(sources.LAMBDA_EFS, wrong(SIZES, "app", "timeout", "3"))
def function_that_has_no_time_to_import(p: Build) -> None:
    net = network(p)
    function(p, "app", net, store(p, net), timeout=3)
