"""What the gates share: dynamic resources that do a thing once, and exist when it went well."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pulumi
from pulumi.dynamic import (
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from ..errors import GateError
from .aws_calls import AwsCalls, Login

# Where the SDK keeps the pickled provider, among the inputs and the outputs.
_REFERENCE = "__provider"


class GateProvider(ResourceProvider):
    """Runs in Pulumi's dynamic provider; holds nothing, because it is pickled into the state.

    Attributes:
        replaced_by: The inputs whose change makes it do its thing again.
        profile: The profile that the aws provider was given, if any.
        assume_roles: The roles that it assumes, one after the other.
    """

    replaced_by: tuple[str, ...] = ()
    profile: str | None = None
    assume_roles: tuple[dict[str, str], ...] = ()

    def configure(self, req: ConfigureRequest) -> None:
        """Take over the settings of the aws provider."""
        self.profile = req.config.get("aws:profile")
        # A JSON list; before version 7 of the provider it was one object.
        written = req.config.get("aws:assumeRoles") or req.config.get("aws:assumeRole") or "[]"
        roles = json.loads(written) if isinstance(written, str) else written
        self.assume_roles = tuple(roles) if isinstance(roles, list) else (roles,)

    def aws(self, props: dict[str, Any]) -> AwsCalls:
        """Clients for the region of a resource.

        Raises:
            GateError: The credentials belong to another account than the resource.
            BotoCoreError, ClientError, ResponseParserError: They cannot be used.
        """
        login = Login(region=props["region"], profile=self.profile, roles=self.assume_roles)
        aws = AwsCalls(login)
        refuse_other_account(aws.account(), props["account_id"], GateError)
        return aws

    def complete(self, props: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Do it: the id, and the outputs beside the inputs. Raises GateError."""
        raise NotImplementedError

    def failed(self, props: dict[str, Any]) -> str:
        """What a failure means, in a few words."""
        raise NotImplementedError

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Do it.

        Raises:
            GateError: It did not go well. The message is one line that says what, why and what to
                do; the log has the evidence.
        """
        with diagnosed(lambda: self.failed(props)):
            id_, outputs = self.complete(props)
        return CreateResult(id_=id_, outs={**props, **outputs})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Only what is named in `replaced_by` makes it run again.

        A provider whose module or name has changed is an update: the SDK then writes the new
        reference into the state, and no later step needs the old module.
        """
        replaces = [key for key in self.replaced_by if _olds.get(key) != _news.get(key)]
        renewed = _olds.get(_REFERENCE) != _news.get(_REFERENCE)
        return DiffResult(
            changes=bool(replaces) or renewed, replaces=replaces, stables=[*self.replaced_by]
        )

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Nothing to do: every change that counts replaces, and the SDK renews the reference."""
        return UpdateResult(outs=_olds)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What was done is a fact of the past, so it reads as it was."""
        return ReadResult(id_, props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave what was done."""


@contextmanager
def diagnosed(outcome: Callable[[], str]) -> Iterator[None]:
    """Show the whole diagnosis of a GateError, and raise one line instead of it.

    Pulumi shows an exception of a dynamic provider with its stack trace, and diagnostics by
    resource: each stands alone, so none refers to the other.
    """
    try:
        yield
    except GateError as error:
        if error.details:
            pulumi.log.error(str(error))
        raise type(error)(error.sentence(outcome())) from None


def refuse_other_account(found: str, planned: str, error: type[GateError]) -> None:
    """Raise the error if the account of the credentials is not that of the stack."""
    if found != planned:
        raise error(
            f"the credentials belong to account {found}, but the stack was planned for {planned}: "
            "nothing was done",
            remedy="set AWS_PROFILE or `pulumi config set aws:profile` to the account of the stack",
        )
