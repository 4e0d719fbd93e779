"""Security, cost and sanity: file system policies, lifecycle, logs, images, runtimes."""

from typing import Any

from . import sources
from .aws import (
    FUNCTION,
    MOUNT,
    ROOT,
    TLS_ONLY,
    WRITE,
    allow,
    client,
    container,
    file_system,
    file_system_policy,
    function,
    network,
    populated,
    role,
    service,
    store,
    target,
    task,
    volume,
)
from .build import ACCOUNT, Build
from .table import (
    ENCRYPTED,
    FAST,
    NAME_AND_TLS,
    RETENTION,
    RUNTIME,
    SIZES,
    URL,
    Cases,
    note,
    wrong,
    yet,
)

CASES = Cases()
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}


def closing(actions: Any, condition: Any = None, principal: Any = "*") -> dict[str, Any]:
    who = {"Principal": principal if principal == "*" else {"AWS": principal}}
    return {
        "Effect": "Deny",
        **who,
        "Action": actions,
        "Resource": "*",
        "Condition": condition or PLAIN,
    }


def under(p: Build, *statements: Any) -> None:
    net = network(p)
    function(p, "app", net, store(p, net, policy=statements))


# Plain text


@CASES.wrong(sources.EFS_TLS, wrong(NAME_AND_TLS, "data", "data", "plain text"))
def deny_of_root_access_only(p: Build) -> None:
    under(p, closing(ROOT))


@CASES.wrong(sources.EFS_TLS, wrong(NAME_AND_TLS, "data", "data", "plain text"))
def deny_of_writing_only(p: Build) -> None:
    under(p, closing([WRITE, ROOT]))


@CASES.sound(sources.EFS_TLS)
def deny_of_mounting(p: Build) -> None:
    under(p, closing([MOUNT]))


@CASES.sound(sources.EFS_TLS)
def deny_of_all_client_actions(p: Build) -> None:
    under(p, closing([MOUNT, WRITE, ROOT]))


@CASES.sound(sources.EFS_TLS)
def deny_by_a_wildcard(p: Build) -> None:
    under(p, closing("elasticfilesystem:Client*"))


@CASES.sound(sources.EFS_TLS)
def deny_of_the_service(p: Build) -> None:
    under(p, closing("elasticfilesystem:*", principal="*"))


@CASES.sound(sources.EFS_TLS)
def deny_with_a_truth_value(p: Build) -> None:
    under(p, closing("*", {"Bool": {"aws:SecureTransport": False}}))


@CASES.wrong(sources.EFS_TLS, wrong(NAME_AND_TLS, "data", "data", "plain text"))
def deny_of_tls_instead(p: Build) -> None:
    net = network(p)
    fs = file_system(p, policy=(closing("*", {"Bool": {"aws:SecureTransport": "true"}}),))
    target(p, "data-a", fs, net.private[0], net.nfs)


@CASES.wrong(sources.EFS_TLS, wrong(NAME_AND_TLS, "data", "data", "plain text"))
def deny_to_one_role_only(p: Build) -> None:
    under(p, closing("*", principal=f"arn:aws:iam::{ACCOUNT}:role/batch"))


@CASES.sound(sources.IAM_CONDITIONS, may_note=True)
def deny_with_a_second_key(p: Build) -> None:
    """Mount targets are the only way in, so the second key always holds."""
    keys = {"aws:SecureTransport": "false", "elasticfilesystem:AccessedViaMountTarget": "true"}
    under(p, closing("*", {"Bool": keys}))


@CASES.doubtful(sources.IAM_CONDITIONS, note("data"))
def deny_with_the_organization_as_second_key(p: Build) -> None:
    other = {"StringNotEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    under(p, closing("*", {**PLAIN, **other}))


@CASES.sound(sources.EFS_TLS, may_note=True)
def two_denies_of_which_one_is_for_the_organization(p: Build) -> None:
    other = {"StringNotEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    under(p, TLS_ONLY, closing([MOUNT], other))


@CASES.sound(sources.EFS_TLS, may_note=True)
def allow_that_demands_tls(p: Build) -> None:
    net = network(p)
    s = store(p, net, policy=None)
    rights = role(p, "app")
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    statement = {"Principal": {"AWS": rights.arn}, **allow([MOUNT, WRITE], Condition=condition)}
    file_system_policy(p, "data", s.fs, statement)
    function(p, "app", net, s, role=rights)


@CASES.wrong(
    sources.EFS_POLICY,
    wrong(NAME_AND_TLS, "data", "data"),
    preview=yet("data", "policy"),
)
def file_system_without_a_policy(p: Build) -> None:
    net = network(p)
    function(p, "app", net, store(p, net, policy=None))


@CASES.wrong(sources.EFS_IAM, wrong(NAME_AND_TLS, "data", "data", "everybody"))
def allow_to_everybody(p: Build) -> None:
    anybody = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [MOUNT, WRITE],
        "Resource": "*",
    }
    under(p, TLS_ONLY, anybody)


@CASES.sound(sources.EFS_IAM, may_note=True)
def allow_to_everybody_of_the_organization(p: Build) -> None:
    own = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    who = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [MOUNT],
        "Resource": "*",
        "Condition": own,
    }
    under(p, TLS_ONLY, who)


@CASES.sound(sources.PULUMI_REFERENCE, may_note=True)
def policy_of_a_file_system_made_elsewhere(p: Build) -> None:
    file_system_policy(p, "shared", "fs-0123456789abcdef0", TLS_ONLY)


# Lifecycle


TO_IA = [{"transitionToIa": "AFTER_30_DAYS"}]


@CASES.sound(sources.EFS_LIFECYCLE)
def lifecycle_of_uploads(p: Build) -> None:
    net = network(p)
    s = store(p, net, lifecyclePolicies=TO_IA)
    app = container("app", "acme/app:1", "/data")
    of = task(p, "app", [app], [volume(s)], client(p, "app", s, service="ecs-tasks"))
    service(p, "app", of, net)


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


@CASES.sound(sources.LOGS_RETENTION)
def log_group_with_retention(p: Build) -> None:
    logs(p, retentionInDays=365)


# Images: house advice, and a remedy that keeps the name


def imaged(p: Build, image: str) -> None:
    task(p, "app", [container("app", image)], None, None)


@CASES.sound(sources.IMAGE_NAME, note("registry.acme.example:5000/team/app@sha256:"))
def image_on_a_host_with_a_port_and_a_tag(p: Build) -> None:
    imaged(p, "registry.acme.example:5000/team/app:2.1")


@CASES.sound(sources.IMAGE_NAME, note("localhost:5000/app@sha256:"))
def image_on_a_host_with_a_port(p: Build) -> None:
    imaged(p, "localhost:5000/app")


@CASES.sound(sources.IMAGE_NAME, note("111122223333.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:"))
def image_of_the_private_registry(p: Build) -> None:
    imaged(p, "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1")


@CASES.sound(sources.IMAGE_NAME, note("nginx", "@sha256:"))
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
