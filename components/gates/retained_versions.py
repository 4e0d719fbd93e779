"""RetainedVersions: which versions of a function stay when its alias has moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pulumi
from botocore.exceptions import ClientError
from pulumi.dynamic import CheckFailure, CheckResult, DiffResult, Resource, UpdateResult

from ..errors import GateError
from ..inputs import Texts
from .aws import AwsError
from .diagnosis import cause_of
from .gate import GateArgs, GateProvider, diagnosed
from .versions import Version, Versions

_HOLDS = ("subnet_ids", "security_group_ids")
_CHANGES = ("live_version", *_HOLDS)
_RIGHTS = (
    "allow lambda:ListVersionsByFunction, lambda:ListAliases and lambda:DeleteFunction to whoever "
    "runs `pulumi up`"
)


class RetainedVersionsProvider(GateProvider):
    """Deletes versions of a function; a preview says which, where they matter."""

    replaced_by = ("function_name", "account_id", "region")

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse a change that deletes what a version holds that has to stay."""
        checked = super().check(olds, news)
        if not (gone := _gone(olds, news)):
            return checked
        try:
            versions = self._versions(olds)
            routes = versions.routes()
            holders = [v for v in versions.published() if v.holds & gone]
        except (*AwsError, GateError) as error:
            pulumi.log.warn(
                f"{_listed(gone)} will be deleted, and whether a version of function "
                f"{olds['function_name']} holds them could not be read: {error}"
            )
            return checked
        own = olds["alias"]
        failures = [
            CheckFailure("alias", _pinned(olds["function_name"], alias, version, gone))
            for version in holders
            for alias, by_weight in routes.get(version.number, ())
            # The stack's own alias is about to move.
            if alias != own or by_weight
        ]
        return CheckResult(checked.inputs, [*checked.failures, *failures])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """A new live version, or another network, looks again which versions stay."""
        found = super().diff(_id, _olds, _news)
        changed = any(_olds.get(key) != _news.get(key) for key in _CHANGES)
        if changed and not found.replaces and (gone := _gone(_olds, _news)):
            self._announce(_olds, gone)
        return DiffResult(
            changes=found.changes or changed, replaces=found.replaces, stables=found.stables
        )

    def _announce(self, olds: Mapping[str, Any], gone: frozenset[str]) -> None:
        """Say which versions go, and with them the way back."""
        try:
            holders = [v for v in self._versions(olds).published() if v.holds & gone]
        except (*AwsError, GateError):
            return  # `check` has said it
        if holders:
            numbers = ", ".join(str(version.number) for version in holders)
            pulumi.log.warn(
                f"{_listed(gone)} will be deleted, and these versions of function "
                f"{olds['function_name']} hold network interfaces there: {numbers}. They are "
                "deleted when the alias has moved, so no alias can be set back to them; "
                "`git revert` and `pulumi up` go back. Lambda takes up to 45 minutes to free the "
                "interfaces, and Pulumi waits for it"
            )

    def complete(self, props: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Delete what the function has from before this resource, but for the newest."""
        live = int(props["live_version"])
        with _readable(props["function_name"]):
            older = [v.number for v in self._versions(props).published() if v.number < live]
            return props["function_name"], self._keep(props, max(older, default=0), frozenset())

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Delete what neither serves nor leads back."""
        moved = _olds.get("live_version") != _news["live_version"]
        before = int(_olds["live_version"] if moved else _olds.get("previous_version") or 0)
        with diagnosed(lambda: self.failed(_news)), _readable(_news["function_name"]):
            return UpdateResult(outs={**_news, **self._keep(_news, before, _gone(_olds, _news))})

    def failed(self, props: dict[str, Any]) -> str:
        """The alias has moved, so callers are served by the new version."""
        return f"old versions of function {props['function_name']} were not deleted"

    def _versions(self, props: Mapping[str, Any]) -> Versions:
        return Versions(self.aws(dict(props)).lambda_, props["function_name"])

    def _keep(self, props: Mapping[str, Any], before: int, gone: frozenset[str]) -> dict[str, Any]:
        """Delete the versions that do not stay; what is in the state of them."""
        versions, live = self._versions(props), int(props["live_version"])
        routed = versions.routes()
        going = [
            version.number
            for version in versions.published()
            if version.number < live
            and version.number not in routed
            and (version.number != before or version.holds & gone)
        ]
        for number in going:
            if versions.delete(number):
                pulumi.log.info(f"deleted version {number} of function {props['function_name']}")
            else:
                pulumi.log.warn(
                    f"version {number} of function {props['function_name']} stays: AWS says that "
                    "something still refers to it"
                )
        return {"previous_version": "" if before in going or not before else str(before)}


def _gone(olds: Mapping[str, Any], news: Mapping[str, Any]) -> frozenset[str]:
    """Subnets and security groups of the stack that this update deletes, as far as it is known."""
    return frozenset(
        name
        for key in _HOLDS
        if isinstance(olds.get(key), list) and isinstance(news.get(key), list)
        # An id that is unknown in a preview is that of something new.
        for name in set(olds[key]) - set(news[key])
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _pinned(function: str, alias: str, version: Version, gone: frozenset[str]) -> str:
    return (
        f"alias {alias} of function {function} routes to version {version.number}, which holds "
        f"{_listed(version.holds & gone)}. This update deletes that, and AWS would refuse after 45 "
        f"minutes. Remedy: let the alias route elsewhere (`aws lambda update-alias "
        f"--function-name {function} --name {alias} --function-version <another> "
        "--routing-config AdditionalVersionWeights={}`) or delete it, then `pulumi up`"
    )


@contextmanager
def _readable(function: str) -> Iterator[None]:
    """Errors of AWS as those of a gate."""
    try:
        yield
    except AwsError as error:
        cause = cause_of(error)
        denied = isinstance(error, ClientError) and "Denied" in error.response["Error"]["Code"]
        raise GateError(
            cause.what,
            subject=f"function {function}",
            account=str(error),
            remedy=_RIGHTS if denied else cause.remedy,
        ) from error


@dataclass(frozen=True, kw_only=True)
class RetainedVersionsArgs(GateArgs):
    """Arguments of `RetainedVersions`, see also `GateArgs`.

    Attributes:
        function_name: The function.
        alias: Name of the alias that has moved.
        live_version: The version that it routes to now; take it from the alias.
        subnet_ids: Subnets of the function that this stack deletes when it no longer uses them.
        security_group_ids: The same of its security groups.
    """

    function_name: pulumi.Input[str]
    alias: pulumi.Input[str]
    live_version: pulumi.Input[str]
    subnet_ids: Texts
    security_group_ids: Texts


class RetainedVersions(Resource, module="efs-inference", name="RetainedVersions"):
    """The versions of a function that stay once its alias has moved.

    These are: what any alias routes to, by weight too; the version that was live before, which is
    the way back; and what is newer than the live one. The others are deleted, since a published
    version holds network interfaces in its subnets and security groups as long as it is there. So
    the way back goes too when this update deletes what it holds; a preview says so, and refuses
    the update when another alias routes to such a version.

    To keep a version, let an alias of your own route to it.

    Attributes:
        previous_version: The version that an alias can be set back to; empty where there is none.
    """

    previous_version: pulumi.Output[str]

    def __init__(
        self, name: str, args: RetainedVersionsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        inputs = {**args.inputs, "previous_version": None}
        super().__init__(RetainedVersionsProvider(), name, inputs, opts)
