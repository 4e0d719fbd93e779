"""File system policies: plain text and everybody."""

from typing import Any

from ...building import (
    ACCOUNT,
    MOUNT,
    ROOT,
    TLS_ONLY,
    WRITE,
    Build,
    allow,
    file_system,
    file_system_policy,
    function,
    network,
    role,
    store,
    stored,
    target,
)
from ...table import NAME_AND_TLS, Cases, note, wrong, yet
from .. import sources

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
    net, s = stored(p, policy=None)
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
