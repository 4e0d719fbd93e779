"""The AWS provider of local runs: how each resource is created with boto3, and what it gives.

The table is in `aws_resources`. A type that is not in it gets a synthetic id.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import threading
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from ..engine import AWS_PROVIDER, UNKNOWN, integers
from ..project import check_region
from ..zones import zones_of
from .kind import Aws, Inputs, ProviderError
from .resources import KINDS

# Arguments of function calls that have an effect; all zones here are available and need no opt-in.
_ANSWERED = {"id", "region", "state"}
_NO_OPT_IN = [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]
ACCOUNT = "123456789012"
"""The account of a preview that names none, as it has no cloud to ask."""


class AwsProvider:
    """Creates AWS resources at the endpoint that the environment names.

    Without a cloud it is good for previews only: it answers function calls with constants.

    Attributes:
        not_emulated: What had no effect, a type or a type and its property, and the names of the
            resources.
    """

    def __init__(self, region: str, *, cloud: bool, account: str = ACCOUNT) -> None:
        self._region, self._cloud, self._account = region, cloud, account
        self._regions: dict[str, Aws] = {}
        self._subnets: dict[str, int] = {}
        self._lock = threading.Lock()
        self.not_emulated: dict[str, list[str]] = {}

    def configured(self, settings: Mapping[str, Any], name: str) -> Self:
        """The same provider in the region of a provider resource of this name."""
        for key, value in settings.items():
            # Nothing is validated here, so there is nothing to skip.
            if key != "region" and not key.startswith("skip") and value not in (None, "", UNKNOWN):
                self._note(f"{AWS_PROVIDER} {key}", name)
        other = copy.copy(self)
        other._region = self._region_of(settings)
        return other

    def _region_of(self, inputs: Mapping[str, Any]) -> str:
        """The region that inputs name, or else the provider's."""
        region = inputs.get("region")
        if not isinstance(region, str) or region in ("", UNKNOWN):
            return self._region
        check_region(region)
        return region

    @property
    def _aws(self) -> Aws:
        """Clients of the provider's own region."""
        return self._clients({})

    def _clients(self, inputs: Mapping[str, Any]) -> Aws:
        region = self._region_of(inputs)
        with self._lock:
            return self._regions.setdefault(region, Aws(region))

    def _note(self, what: str, name: str) -> None:
        with self._lock:
            names = self.not_emulated.setdefault(what, [])
            if name not in names:
                names.append(name)

    def check(
        self, type_: str, urn: str, inputs: Mapping[str, Any], instead_of: str = ""
    ) -> dict[str, Any]:
        """A name for what has none: the prefix, or the logical name, and 7 hex digits.

        It is the same in each run; by a file system's creation token its directory is found again.
        What replaces another has another.
        """
        named = KINDS[type_].named if type_ in KINDS else ""
        if not named or inputs.get(named):
            return {}
        start = inputs.get(f"{named}Prefix") or f"{urn.rpartition('::')[2]}-"
        if start == UNKNOWN:
            return {named: UNKNOWN}
        return {named: start + hashlib.sha256(f"{urn}{instead_of}".encode()).hexdigest()[:7]}

    def replaces(self, type_: str, changed: Collection[str], asked: Collection[str]) -> bool:
        """Whether one is made beside the old one: only of types that the table says it of."""
        own = KINDS[type_].replaced_by.split() if type_ in KINDS else []
        return bool(own) and not {*own, *asked}.isdisjoint(changed)

    def computed(self, type_: str) -> Collection[str]:
        """Outputs that AWS makes up."""
        return KINDS[type_].computed if type_ in KINDS else ("id",)

    def planned(self, type_: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs before creation: what AWS makes up is unknown."""
        unknown = {name: UNKNOWN for name in self.computed(type_) if name not in inputs}
        return {**unknown, **self._place(type_, self._region_of(inputs))}

    def _place(self, type_: str, region: str) -> dict[str, str]:
        regional = type_ in KINDS and KINDS[type_].service != "iam"
        return {"region": region} if regional else {}

    def create(self, type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the resource.

        Raises:
            ProviderError: AWS refused; the message is `<code>: <message>`.
        """
        if type_ in KINDS:
            return self._make(type_, name, inputs, again=False)
        if type_ == AWS_PROVIDER:
            self.configured(inputs, name)
        elif not type_.startswith("pulumi:providers:"):
            self._note(type_, name)
        digits = hashlib.sha256(f"{type_} {name}".encode()).hexdigest()[:17]
        return f"{name}-{digits}", {}

    def update(
        self, type_: str, inputs: dict[str, Any], changed: Collection[str]
    ) -> tuple[str, dict[str, Any]]:
        """Bring the resource to new inputs.

        Raises:
            ProviderError: This type is only created here, or AWS refused.
        """
        if type_ not in KINDS or KINDS[type_].update is None:
            able = ", ".join(token.rpartition(":")[2] for token, k in KINDS.items() if k.update)
            raise ProviderError(
                f"{', '.join(changed)} changed; within a run only these are updated: {able}. "
                "Remedy: a new run"
            )
        return self._make(type_, "update", inputs, again=True)

    def _make(
        self, type_: str, name: str, inputs: dict[str, Any], *, again: bool
    ) -> tuple[str, dict[str, Any]]:
        aws, given = self._clients(inputs), Inputs(integers(inputs))
        with _errors():
            id_, outputs = KINDS[type_].make(aws, given, again=again)
        known = {"region", f"{KINDS[type_].named}Prefix"}
        for unread in given.unread:
            if unread not in known:
                self._note(f"{type_} {unread}", name)
        return id_, {**outputs, **self._place(type_, aws.region)}

    def puts(self, type_: str) -> bool:
        """Whether one call makes a resource and updates it, such as a role's policy."""
        return type_ in KINDS and KINDS[type_].update == KINDS[type_].call

    def read(self, type_: str, id_: str) -> dict[str, Any]:
        """Inputs and outputs of a resource that is there already; unknown without a cloud.

        Raises:
            ProviderError: This type is only created here, or AWS refused.
        """
        if type_ not in KINDS or not KINDS[type_].found:
            able = ", ".join(token.rpartition(":")[2] for token, k in KINDS.items() if k.found)
            raise ProviderError(f"reading one is not emulated here; these are read: {able}")
        if not self._cloud:
            names = {*KINDS[type_].taken, *KINDS[type_].computed}
            return {**dict.fromkeys(names, UNKNOWN), "id": id_}
        aws = self._clients({})
        with _errors():
            return {**KINDS[type_].read(aws, id_), **self._place(type_, aws.region)}

    def invoke(self, token: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one of the few functions that need no account of its own.

        Raises:
            ProviderError: The function is not among them.
        """
        answers = {
            "aws:index/getAvailabilityZones:getAvailabilityZones": self._zones,
            "aws:index/getCallerIdentity:getCallerIdentity": self._identity,
            "aws:index/getPartition:getPartition": self._partition,
            "aws:index/getRegion:getRegion": self._region_names,
            "aws:ec2/getSubnet:getSubnet": self._subnet,
        }
        if token not in answers:
            raise ProviderError(
                f"this function is not emulated here; those that are: {', '.join(sorted(answers))}"
            )
        for name in sorted(n for n in args.keys() - _ANSWERED if args[n] != _NO_OPT_IN):
            self._note(f"{token.rpartition(':')[2]} {name}", "a function call")
        return {**args, **answers[token](args)}

    def _zones(self, args: Mapping[str, Any]) -> dict[str, Any]:
        region = self._region_of(args)
        if self._cloud:
            found = self._clients(args).client("ec2").describe_availability_zones()
            zones = [(zone["ZoneName"], zone["ZoneId"]) for zone in found["AvailabilityZones"]]
        else:
            zones = zones_of(region)
        return {
            "id": region,
            "names": [name for name, _ in zones],
            "zoneIds": [id_ for _, id_ in zones],
            "groupNames": [region],
        }

    def _subnet(self, args: Mapping[str, Any]) -> dict[str, Any]:
        id_ = args.get("id")
        if not isinstance(id_, str):
            raise ProviderError("a subnet is found by its id only")
        if not self._cloud:
            # One in each zone, as nobody knows better before there is a cloud.
            with self._lock:
                self._subnets.setdefault(id_, len(self._subnets))
            zone = f"{self._region_of(args)}{'abcdef'[self._subnets[id_] % 6]}"
            return {"vpcId": "vpc-00000000000000000", "availabilityZone": zone}
        try:
            found = (
                self._clients(args).client("ec2").describe_subnets(SubnetIds=[id_])["Subnets"][0]
            )
        except ClientError as error:
            raise ProviderError(
                f"{refusal(error)}. The embedded cloud is new in each run. Remedy: name no "
                "subnets for this run, such as --config subnetIds=[]"
            ) from error
        names = {"vpcId": "VpcId", "availabilityZone": "AvailabilityZone", "cidrBlock": "CidrBlock"}
        return {name: found[key] for name, key in names.items()}

    def _identity(self, args: Mapping[str, Any]) -> dict[str, Any]:
        account = self._clients(args).account if self._cloud else self._account
        return {
            "id": account,
            "accountId": account,
            "arn": f"arn:aws:iam::{account}:root",
            "userId": account,
        }

    def _partition(self, _args: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": "aws",
            "partition": "aws",
            "dnsSuffix": "amazonaws.com",
            "reverseDnsPrefix": "com.amazonaws",
        }

    def _region_names(self, args: Mapping[str, Any]) -> dict[str, Any]:
        region = self._region_of(args)
        names = dict.fromkeys(("id", "region", "name", "description"), region)
        return {**names, "endpoint": f"ec2.{region}.amazonaws.com"}


def refusal(error: ClientError) -> str:
    """What AWS said: `<code>: <message>`."""
    answer = error.response.get("Error", {})
    message = answer.get("Message") or f"no message, in answer to {error.operation_name}"
    return f"{answer.get('Code') or 'Error'}: {message}"


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise ProviderError(refusal(error)) from error
    except BotoCoreError as error:
        raise ProviderError(f"{type(error).__name__}: {error}") from error
