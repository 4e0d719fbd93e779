"""How one resource of AWS is made: a boto3 call, and what becomes of its answer."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import boto3
from botocore.config import Config

Properties = Mapping[str, Any]

# They concern a deletion, and a run deletes nothing.
_FOR_DELETION = {
    "deletionWindowInDays",
    "forceDestroy",
    "forceDetachPolicies",
    "replaceSecurityGroupsOnDestroy",
    "replacementSecurityGroupIds",
    "revokeRulesOnDelete",
    "skipDestroy",
}


class ProviderError(Exception):
    """AWS, or the emulation, refused; the message starts with AWS's error code where it was AWS."""


class Aws:
    """boto3 clients of a region, one for each service; making one is not safe in several threads.

    Attributes:
        region: The region.
    """

    def __init__(self, region: str) -> None:
        self.region = region
        self._lock = threading.RLock()
        self._session: Any = None
        self._clients: dict[str, Any] = {}

    @functools.cached_property
    def account(self) -> str:
        """Twelve digits."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def client(self, service: str) -> Any:
        """The client of a service."""
        with self._lock:
            if service not in self._clients:
                config = Config(max_pool_connections=32, retries={"total_max_attempts": 2})
                self._session = self._session or boto3.Session(region_name=self.region)
                self._clients[service] = self._session.client(service, config=config)
            return self._clients[service]


class Inputs(Properties):
    """The inputs of one resource; it notes which of them were looked at."""

    def __init__(self, given: Properties) -> None:
        self._given, self._read = given, set(_FOR_DELETION)
        self._left_out: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self._read.add(name)
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def leave_out(self, parts: set[str]) -> None:
        """Note parts of an input that were looked at and have no effect."""
        self._left_out |= parts

    @property
    def unread(self) -> list[str]:
        """Names of the inputs that had no effect; one without a value has none anywhere."""
        without: tuple[Any, ...] = (None, "", [], {})
        whole = {n for n, v in self._given.items() if n not in self._read and v not in without}
        return sorted(whole | self._left_out)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A resource that was just created.

    Attributes:
        aws: Where.
        id: Its id.
        properties: The inputs.
    """

    aws: Aws
    id: str
    properties: Properties


@dataclass(frozen=True)
class Kind:
    """How resources of one type are made.

    Attributes:
        call: `<service>.<operation>` as boto3 names them.
        id: A key of the answer, or `<part>.<key>` where the resource is a part of the answer, or a
            template over arguments and answer.
        takes: Arguments, each from the property of the same name with a small first letter, or from
            the one after `=`.
        gives: Outputs, each a key of the answer or a template over arguments, answer, region,
            account and id.
        named: The property for which pulumi-aws generates a name.
        also: Further arguments.
        then: Further calls; what it returns are further outputs.
        later: Names of the outputs that `then` returns.
        update: The call that brings one to new inputs, with the arguments of `call`; None where a
            run only creates.
        replaced_by: Properties whose change makes another beside it; the old one stays, because a
            run deletes nothing.
        found: How one that is there is read: `<operation> <argument> <key of the answer>`.
        by: What makes one, where that takes more than `call`.
    """

    call: str
    id: str
    takes: str = ""
    _: KW_ONLY
    gives: Mapping[str, str] = field(default_factory=dict)
    named: str = ""
    also: Callable[[Properties], dict[str, Any]] | None = None
    then: Callable[[Made], dict[str, Any] | None] | None = None
    later: tuple[str, ...] = ()
    update: str | Callable[[Any, dict[str, Any]], dict[str, Any]] | None = None
    replaced_by: str = ""
    found: str = ""
    by: Callable[[Any, dict[str, Any]], dict[str, Any]] | None = None

    @property
    def computed(self) -> tuple[str, ...]:
        """Outputs that are not known before creation."""
        return ("id", *self.gives, *self.later)

    @property
    def service(self) -> str:
        """As boto3 names it."""
        return self.call.partition(".")[0]

    @property
    def taken(self) -> dict[str, str]:
        """Arguments of the call by the names of their properties."""
        pairs = (taken.partition("=")[::2] for taken in self.takes.split())
        return {name or argument[0].lower() + argument[1:]: argument for argument, name in pairs}

    def make(
        self, aws: Aws, properties: Properties, *, again: bool = False
    ) -> tuple[str, dict[str, Any]]:
        """Create one, or update it: its id, and its outputs beside the inputs."""
        service = self.service
        call = (again and self.update) or self.by or self.call
        arguments = self._arguments(properties)
        if isinstance(call, str):
            answer = getattr(aws.client(service), call.partition(".")[2])(**arguments)
        else:
            answer = call(aws.client(service), arguments)
        part, _, key = self.id.rpartition(".") if "{" not in self.id else ("", "", "")
        answer = answer[part] if part else answer
        known = {"region": aws.region, "account": aws.account, **arguments, **answer}
        known["id"] = id_ = known[key] if key else self.id.format_map(known)
        outputs = self._given(known)
        if service == "ec2" and properties.get("tags"):
            tags = tagged("Tags", "Key", "Value")(properties)
            aws.client("ec2").create_tags(Resources=[id_], **tags)
        if self.then is not None:
            outputs.update(self.then(Made(aws=aws, id=id_, properties=properties)) or {})
        return id_, outputs

    def read(self, aws: Aws, id_: str) -> dict[str, Any]:
        """Inputs and outputs of one that is there, as far as the table has them.

        Raises:
            ProviderError: There is none of this id.
        """
        operation, argument, key = self.found.split()
        wanted = [id_] if argument[-1] == "s" else id_
        answer = getattr(aws.client(self.service), operation)(**{argument: wanted})
        items = answer[key] if isinstance(answer[key], list) else [answer[key]]
        if not items:
            raise ProviderError("it does not exist")
        known = {"region": aws.region, "account": aws.account, "id": id_, **items[0]}
        inputs = {name: camel(known[a]) for name, a in self.taken.items() if a in known}
        return {**inputs, **self._given(known)}

    def _given(self, known: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: given.format_map(known) if "{" in given else known.get(given)
            for name, given in self.gives.items()
        }

    def _arguments(self, properties: Properties) -> dict[str, Any]:
        arguments = {}
        for name, argument in self.taken.items():
            value = properties.get(name)
            if value is not None:
                arguments[argument] = pascal(value) if argument[0].isupper() else value
        return {**arguments, **(self.also(properties) if self.also else {})}


def camel(value: Any) -> Any:
    """What an answer says, with the small letters of pulumi-aws; a document as text."""
    if isinstance(value, dict):
        if "Statement" in value:
            return json.dumps(value)
        return {key[0].lower() + key[1:]: camel(item) for key, item in value.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value


def pascal(value: Any) -> Any:
    """A nested block with the capital letters of most AWS services."""
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: pascal(item) for key, item in value.items()}
    return [pascal(item) for item in value] if isinstance(value, list) else value


def tagged(argument: str, key: str, value: str) -> Callable[[Properties], dict[str, Any]]:
    def tags(properties: Properties) -> dict[str, Any]:
        return {argument: [{key: k, value: v} for k, v in properties.get("tags", {}).items()]}

    return tags
