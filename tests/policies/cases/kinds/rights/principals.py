"""Whom a file system policy speaks of."""

from typing import Any

from ...building import (
    ACCOUNT,
    MOUNT,
    TLS_ONLY,
    WRITE,
    Build,
    Store,
    allow,
    file_system_policy,
    function,
    role,
    stored,
)
from ...table import RIGHTS, Cases, note, unproven, wrong
from .. import sources

CASES = Cases()
OTHER = "999988887777"


def reading(p: Build, *statements: Any, own: Any = None, **role_props: Any) -> Store:
    """A function that mounts by the statements of the file system policy and of its own role."""
    net, s = stored(p, policy=None)
    file_system_policy(p, "data", s.fs, TLS_ONLY, *statements)
    rights = role(p, "reader", *([own] if own else []), name="reader", **role_props)
    function(p, "app", net, s, role=rights)
    return s


def to(principal: Any, actions: Any = (MOUNT, WRITE), effect: str = "Allow", **more: Any) -> Any:
    who = {"AWS": principal}
    return {"Effect": effect, "Principal": who, "Action": actions, "Resource": "*", **more}


FILE_SYSTEMS = f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:file-system/*"
OWN = allow([MOUNT, WRITE], FILE_SYSTEMS)
NO_RIGHTS = wrong(RIGHTS, "app", "role 'reader'", "access point 'data'", "ClientMount")


# Principals


@CASES.sound(sources.IAM_PRINCIPAL)
def deny_to_a_role_of_another_account(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{OTHER}:role/reader", MOUNT, "Deny"), own=OWN)


@CASES.sound(sources.IAM_PRINCIPAL)
def deny_to_a_user_of_the_same_name(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:user/reader", MOUNT, "Deny"), own=OWN)


@CASES.sound(sources.IAM_PRINCIPAL)
def deny_to_a_role_whose_path_ends_alike(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:role/reader/admin", MOUNT, "Deny"), own=OWN)


@CASES.wrong(sources.IAM_PRINCIPAL, NO_RIGHTS, preview=unproven(NO_RIGHTS))
def allow_to_a_role_of_another_account(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{OTHER}:role/reader"))


@CASES.wrong(sources.IAM_PRINCIPAL, NO_RIGHTS, preview=unproven(NO_RIGHTS))
def allow_to_a_user_of_the_same_name(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:user/reader"))


@CASES.sound(sources.EFS_IAM)
def allow_to_the_role_by_its_output(p: Build) -> None:
    net, s = stored(p, policy=None)
    rights = role(p, "reader")
    file_system_policy(p, "data", s.fs, TLS_ONLY, to(rights.arn))
    function(p, "app", net, s, role=rights)


@CASES.sound(sources.EFS_IAM)
def allow_to_the_role_by_its_text(p: Build) -> None:
    reading(p, to([f"arn:aws:iam::{OTHER}:role/ops", f"arn:aws:iam::{ACCOUNT}:role/reader"]))


@CASES.sound(sources.EFS_IAM)
def allow_to_a_role_with_a_path(p: Build) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/service/reader"
    net, s = stored(p, policy=None)
    rights = role(p, "reader", name="reader", path="/service/")
    rights.made["arn"] = arn
    file_system_policy(p, "data", s.fs, TLS_ONLY, to(arn))
    function(p, "app", net, s, role=rights)


@CASES.sound(sources.IAM_PRINCIPAL, may_note=True)
def allow_to_the_session_of_the_role(p: Build) -> None:
    """Lambda names the session after the function."""
    net, s = stored(p, policy=None)
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/app"
    file_system_policy(p, "data", s.fs, TLS_ONLY, to(session))
    function(p, "app", net, s, role=role(p, "reader", name="reader"), name="app")


@CASES.wrong(sources.IAM_PRINCIPAL, NO_RIGHTS, preview=unproven(NO_RIGHTS))
def allow_to_a_session_of_another_account(p: Build) -> None:
    reading(p, to(f"arn:aws:sts::{OTHER}:assumed-role/reader/app"))


@CASES.wrong(sources.IAM_ACCOUNT, NO_RIGHTS, preview=unproven(NO_RIGHTS))
def allow_to_the_account_and_nothing_of_its_own(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:root"))


@CASES.sound(sources.IAM_ACCOUNT)
def allow_to_the_account_and_its_own_policy(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:root"), own=OWN)


@CASES.wrong(
    sources.EFS_IAM,
    wrong(RIGHTS, "app", "denies"),
    preview=unproven(wrong(RIGHTS, "app", "ClientMount")),
)
def deny_to_the_role_itself(p: Build) -> None:
    """A preview knows the role's name, but not yet its account."""
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:role/reader", MOUNT, "Deny"), own=OWN)


@CASES.sound(sources.IAM_PRINCIPAL)
def deny_to_another_account_as_a_whole(p: Build) -> None:
    reading(p, to([OTHER, f"arn:aws:iam::{OTHER}:root"], "*", "Deny"), own=OWN)


@CASES.doubtful(sources.IAM_PRINCIPAL, note("reader"))
def allow_to_a_unique_id(p: Build) -> None:
    reading(p, to("AROAEXAMPLEEXAMPLE1"))


@CASES.sound(sources.IAM_PRINCIPAL, may_note=True)
def allow_to_the_unique_id_of_the_role(p: Build) -> None:
    net, s = stored(p, policy=None)
    rights = role(p, "reader")
    rights.made["uniqueId"] = "AROAEXAMPLEEXAMPLE1"
    file_system_policy(p, "data", s.fs, TLS_ONLY, to(rights.out("uniqueId")))
    function(p, "app", net, s, role=rights)


@CASES.sound(sources.IAM_PRINCIPAL)
def allow_to_a_service_beside(p: Build) -> None:
    service_ = {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}}
    reading(p, {**service_, "Action": "*", "Resource": "*"}, own=OWN)


@CASES.sound(sources.IAM_PRINCIPAL, may_note=True)
def deny_to_all_but_the_role(p: Build) -> None:
    condition = {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/reader"}}
    reading(p, to("*", [MOUNT], "Deny", Condition=condition), own=OWN)


@CASES.sound(sources.EFS_ACCESS_POINTS)
def deny_to_whoever_comes_without_the_access_point(p: Build) -> None:
    net, s = stored(p, policy=None)
    key = {"StringNotEquals": {"elasticfilesystem:AccessPointArn": s.ap.arn}}
    file_system_policy(p, "data", s.fs, TLS_ONLY, to("*", [MOUNT], "Deny", Condition=key))
    function(p, "app", net, s)


@CASES.sound(sources.IAM_PRINCIPAL, may_note=True)
def deny_by_not_principal(p: Build) -> None:
    """Whom it spares is not among what the packs compare."""
    who = {"NotPrincipal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/reader"]}}
    reading(p, {"Effect": "Deny", **who, "Action": MOUNT, "Resource": "*"}, own=OWN)


@CASES.sound(sources.IAM_PRINCIPAL)
def deny_of_everything_but_client_actions(p: Build) -> None:
    who = {"Effect": "Deny", "Principal": "*", "NotAction": "elasticfilesystem:Client*"}
    reading(p, {**who, "Resource": "*"}, own=OWN)


@CASES.wrong(
    sources.EFS_IAM,
    wrong(RIGHTS, "app", "denies"),
    preview=unproven(wrong(RIGHTS, "app", "ClientMount")),
)
def deny_to_the_account_as_a_whole(p: Build) -> None:
    reading(p, to(f"arn:aws:iam::{ACCOUNT}:root", MOUNT, "Deny"), own=OWN)
