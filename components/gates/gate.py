"""What the gates share: dynamic resources that do a thing once, and exist when it went well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from ..account import Account
from ..errors import GateError
from ..inputs import Args, Plain
from .aws import (
    CREDENTIALS,
    AwsCalls,
    Credentials,
    Login,
    as_input,
    problems_of,
    refuse_other_account,
    roles_of,
    unknown_settings,
)

# Where the SDK keeps the pickled provider, among the inputs and the outputs.
_REFERENCE = "__provider"


@dataclass(frozen=True, kw_only=True)
class GateArgs(Args):
    """What the arguments of each gate have.

    Attributes:
        account: The AWS account in which its thing is done; another one is refused.
        credentials: As whom AWS is called; default: as the stack's aws provider.
    """

    account: Annotated[Account, Plain("the gate compares it with that of its credentials")]
    credentials: Annotated[Credentials | None, Plain("it is what the gate begins with")] = None

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs of the resource: its own, the account's, and as whom AWS is called."""
        own = {key: value for key, value in vars(self).items() if key != CREDENTIALS}
        account = own.pop("account")
        place = {"account_id": account.id, "region": account.region}
        return {**own, **place, **as_input(self.credentials)}


class GateProvider(ResourceProvider):
    """Runs in Pulumi's dynamic provider; holds nothing, because it is pickled into the state.

    Attributes:
        replaced_by: The inputs whose change makes it do its thing again.
    """

    replaced_by: tuple[str, ...] = ()
    # Not a value: the provider is pickled into the state before it is configured.
    _get: Callable[[str], Any] = staticmethod(lambda _key: None)

    def configure(self, req: ConfigureRequest) -> None:
        """Take over the settings of the aws provider."""
        self._get = req.config.get

    def as_whom(self, props: dict[str, Any]) -> dict[str, Any]:
        """`profile` and `assume_roles`: those of the resource, or of the stack's aws provider."""
        if given := props.get(CREDENTIALS):
            return {"profile": given["profile"], "assume_roles": tuple(given["assume_roles"])}
        return {
            "profile": self._get("aws:profile"),
            "assume_roles": roles_of(self._get),
        }

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse, in a preview already, credentials that would not be the aws provider's."""
        problems = problems_of(self.as_whom(news)["assume_roles"])
        if not news.get(CREDENTIALS):
            problems += unknown_settings(self._get)
        return CheckResult(
            news, [CheckFailure(problem.subject, str(problem)) for problem in problems]
        )

    def aws(self, props: dict[str, Any]) -> AwsCalls:
        """Clients for the region of a resource.

        Raises:
            GateError: The credentials belong to another account than the resource.
            BotoCoreError, ClientError, ResponseParserError: They cannot be used.
        """
        whom = self.as_whom(props)
        login = Login(region=props["region"], profile=whom["profile"], roles=whom["assume_roles"])
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
        reference into the state, and no later step needs the old module. Other credentials are one
        too: a later step logs in with those in the state.
        """
        replaces = [key for key in self.replaced_by if _olds.get(key) != _news.get(key)]
        renewed = any(_olds.get(key) != _news.get(key) for key in (_REFERENCE, CREDENTIALS))
        return DiffResult(
            changes=bool(replaces) or renewed, replaces=replaces, stables=[*self.replaced_by]
        )

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Nothing to do but to keep the credentials; the SDK renews the reference."""
        return UpdateResult(outs={**_olds, CREDENTIALS: _news.get(CREDENTIALS)})

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
