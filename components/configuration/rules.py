"""One parser per kind of configuration value: text in, value out, or the rule that it breaks."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from ..contract import WheelCache, mount

_ZONE = re.compile(r"[a-z]{2}(-[a-z]+)+-\d[a-z]")
_IMAGE = re.compile(
    r"[a-z0-9][a-z0-9._:-]*(/[a-z0-9._-]+)*(:[\w.-]{1,128})?(@sha256:[0-9a-f]{64})?"
)
# RFC 1918, and the shared address space of RFC 6598.
_PRIVATE = [
    ipaddress.IPv4Network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
]
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MAX_ZONES = 6
# AWS allows 50 tags on a resource; one of them is the Name that the components set.
_MAX_TAGS = 49
_FULL_ARN = r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}"


class BreaksRuleError(ValueError):
    """A value breaks a rule; the text of the error is the rule.

    Attributes:
        shown: What to show instead of the value, where it holds a secret.
    """

    def __init__(self, rule: str, shown: str | None = None) -> None:
        super().__init__(rule)
        self.shown = shown


def one_of(*allowed: str) -> Callable[[str], str]:
    """A parser for one of the `allowed` words."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise BreaksRuleError(f"it is one of {', '.join(allowed)}")
        return text

    return parse


def integer(least: int, most: int) -> Callable[[str], int]:
    """A parser for a whole number from `least` to `most`."""

    def parse(text: str) -> int:
        rule = f"it is a whole number from {least} to {most}"
        if re.fullmatch(r"[0-9]{1,9}", text) is None or not least <= int(text) <= most:
            raise BreaksRuleError(rule)
        return int(text)

    return parse


def integer_of(*allowed: int) -> Callable[[str], int]:
    """A parser for one of the `allowed` whole numbers."""
    word = one_of(*(str(number) for number in allowed))
    return lambda text: int(word(text))


def word(most: int) -> Callable[[str], str]:
    """A parser for up to `most` letters, digits, periods, hyphens and underscores."""

    rule = f"it is up to {most} letters, digits, periods, hyphens and underscores"
    return matching(rf"[A-Za-z0-9._-]{{0,{most}}}", rule)


def matching(pattern: str, rule: str) -> Callable[[str], str]:
    """A parser for a text of this pattern."""

    def parse(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise BreaksRuleError(rule)
        return text

    return parse


def boolean(text: str) -> bool:
    """`true` or `false`."""
    return one_of("true", "false")(text) == "true"


def mount_path(text: str) -> str:
    """A path that Lambda accepts, see `mount.py`."""
    if mount.breaks_rule(text):
        raise BreaksRuleError(mount.RULE)
    return text


def image(text: str) -> str:
    """An image reference, or nothing."""
    if text and _IMAGE.fullmatch(text) is None:
        raise BreaksRuleError(
            "it is an image reference: registry/repository:tag or registry/repository@sha256:digest"
        )
    return text


def index_url(text: str) -> str:
    """An https URL without credentials; http only to this machine."""
    rule = "it is an https URL of a package index, without credentials"
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError as error:
        raise BreaksRuleError(f"{rule} ({error})") from error
    if "@" in url.netloc:
        shown = repr(text.replace(url.netloc.rpartition("@")[0], "***"))
        raise BreaksRuleError(
            f"{rule}: they would stand in the task definition for everyone to read", shown
        )
    if re.search(r"\s", text) or not host or url.query or url.fragment:
        raise BreaksRuleError(rule)
    if url.scheme != "https" and not (url.scheme == "http" and host in _LOOPBACK):
        raise BreaksRuleError(rule)
    return text


def secret_arn(text: str) -> str:
    """The full ARN of a secret, or nothing.

    Secrets Manager ends each ARN with six random characters, and ECS takes none without them.
    """
    if text and re.fullmatch(_FULL_ARN, text) is None:
        raise BreaksRuleError(
            "it is the full ARN of a Secrets Manager secret, with the six characters at its end"
        )
    return text


def wheel_cache(text: str) -> str:
    """A prefix in a bucket, `s3://<bucket>/<prefix>`, or nothing."""
    try:
        return str(WheelCache.parse(text)) if text else ""
    except ValueError as error:
        raise BreaksRuleError(str(error)) from error


def network_cidr(text: str) -> str:
    """A private IPv4 block from /16 to /24: a VPC's, with room for two subnets in each zone."""
    rule = "it is a private IPv4 block from /16 to /24 without host bits"
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise BreaksRuleError(f"{rule} ({error})") from error
    private = any(network.subnet_of(block) for block in _PRIVATE)
    if "/" not in text or not private or not 16 <= network.prefixlen <= 24:
        raise BreaksRuleError(rule)
    return text


def availability_zones(text: str) -> tuple[str, ...]:
    """A JSON array of zone names; an empty one leaves the choice to the program."""
    rule = f"it is a list of at most {MAX_ZONES} different zones of one region, such as us-east-1a"
    zones = strings(text, rule)
    regions = {zone[:-1] for zone in zones}
    if not all(_ZONE.fullmatch(zone) for zone in zones) or len(regions) > 1:
        raise BreaksRuleError(rule)
    if len(set(zones)) != len(zones) or len(zones) > MAX_ZONES:
        raise BreaksRuleError(rule)
    return tuple(zones)


def subnet_ids(text: str) -> tuple[str, ...]:
    """A JSON array of ids of subnets; an empty one where none is there already."""
    rule = f"it is a list of at most {MAX_ZONES} different ids such as subnet-0123456789abcdef0"
    ids = strings(text, rule)
    if not all(re.fullmatch(r"subnet-[0-9a-f]{8,17}", id_) for id_ in ids):
        raise BreaksRuleError(rule)
    if len(set(ids)) != len(ids) or len(ids) > MAX_ZONES:
        raise BreaksRuleError(rule)
    return tuple(ids)


def arn(service: str) -> Callable[[str], str]:
    """A parser for an ARN of this service, or nothing."""

    def parse(text: str) -> str:
        if text and re.fullmatch(rf"arn:aws[a-z-]*:{service}:\S+", text) is None:
            raise BreaksRuleError(f"it is an ARN, arn:aws:{service}:...")
        return text

    return parse


def alarms(text: str) -> str:
    """`none`, `own`, or the ARN of a topic."""
    # EventBridge publishes to no FIFO topic without a message group.
    topic = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}"
    if text not in {"none", "own"} and re.fullmatch(topic, text) is None:
        raise BreaksRuleError(
            "it is none, own, or the ARN of an SNS topic that is no FIFO topic, arn:aws:sns:..."
        )
    return text


def iam_path(text: str) -> str:
    """A path of IAM, or nothing. Source: IAM API Reference, CreateRole."""
    if (text and re.fullmatch(r"/([!-.0-~]+/)*", text) is None) or len(text) > 512:
        raise BreaksRuleError("it is a path such as /inference/, which begins and ends with /")
    return text


def tags(text: str) -> Mapping[str, str]:
    """A JSON array of `Key=Value`."""
    rule = (
        f"it is a list of at most {_MAX_TAGS} entries Key=Value: different keys of at most 128 "
        "characters other than Name and aws:..., values of at most 256"
    )
    parsed: dict[str, str] = {}
    for entry in strings(text, rule):
        key, equals, value = entry.partition("=")
        if not (equals and 1 <= len(key) <= 128 and len(value) <= 256):
            raise BreaksRuleError(rule)
        if key in parsed or key == "Name" or key.lower().startswith("aws:"):
            raise BreaksRuleError(rule)
        parsed[key] = value
    if len(parsed) > _MAX_TAGS:
        raise BreaksRuleError(rule)
    return MappingProxyType(parsed)


def entries_of_mapping(text: str) -> list[str]:
    """`Key=Value` of each entry of a JSON object, as `config set --path tags.key` makes it."""
    try:
        content = json.loads(text)
    except ValueError:
        return []
    return [f"{key}={value}" for key, value in content.items()] if isinstance(content, dict) else []


def strings(text: str, rule: str) -> list[str]:
    """A JSON array of texts."""
    try:
        items = json.loads(text)
    except ValueError as error:
        raise BreaksRuleError(rule) from error
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise BreaksRuleError(rule)
    return items
