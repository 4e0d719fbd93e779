"""What a stack without internet cannot have: images and packages that lie outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .. import commands
from ..account import Account
from ..container import artifacts_out_of_reach, why_no_image, why_no_source
from ..contract import RUNTIMES, Artifacts, Target
from ..errors import ConfigurationError, Problem
from . import problems

_IMAGE = "123456789012.dkr.ecr.{region}.amazonaws.com/lambda/python:{python}"
_COPY = "copy it there, see docs/no-internet.md, and then "


def out_of_reach(
    parsed: Mapping[str, Any],
    urls: Sequence[str],
    artifacts: Artifacts | None,
    region: str = "",
) -> list[Problem]:
    """Problems of a configuration with `egress` none; empty with another.

    Args:
        parsed: The values that are right by themselves.
        urls: Where packages of the lock come from beside indexUrl.
        artifacts: The application's, if it has some.
        region: The stack's; empty, where it is not known yet.
    """
    if parsed.get("egress") != "none":
        return []
    found = list(_image(parsed, region))
    own = not parsed.get("subnet_ids", True)
    if not parsed.get("wheel_cache", True):
        # With a cache, none is asked.
        sources = dict.fromkeys(urls, "the lock") | {parsed.get("index_url", ""): "indexUrl"}
        for url, subject in sorted(sources.items(), key=lambda item: item[1] != "indexUrl"):
            if url and (rule := why_no_source(url, region, own_vpc=own)):
                found.append(_moved(subject, url, rule))
    fetched = artifacts.artifacts if artifacts else ()
    found += artifacts_out_of_reach(fetched, region, own_vpc=own)
    return [replace(each, rule=f"egress is none: {each.rule}") for each in found]


def _image(parsed: Mapping[str, Any], region: str) -> Iterator[Problem]:
    if not {"populator_image", "runtime"} <= set(parsed):
        return
    image = Target(runtime=parsed["runtime"], image=parsed["populator_image"]).image
    if rule := why_no_image(image, region):
        python = RUNTIMES[parsed["runtime"]].python
        example = _IMAGE.format(region=region or "us-east-1", python=python)
        command = problems.set_command("populatorImage", example)
        yield Problem(
            subject="populatorImage",
            value=repr(image),
            rule=rule,
            remedy=_COPY + command,
        )


def _moved(subject: str, url: str, rule: str) -> Problem:
    command = problems.set_command("wheelCache", "s3://<bucket>/<prefix>")
    remedy = f"{command}, and then {commands.WHEELS}, which fills it"
    return Problem(subject=subject, value=repr(url), rule=rule, remedy=remedy)


def refuse_another_region(
    parsed: Mapping[str, Any],
    urls: Sequence[str],
    artifacts: Artifacts | None,
    account: Account,
) -> None:
    """Refuse what lies in another region than the stack, as an endpoint leads to its own.

    Raises:
        ConfigurationError: With every problem.
    """
    found = out_of_reach(parsed, urls, artifacts, account.region)
    secret = "" if parsed["wheel_cache"] else parsed["index_secret_arn"]
    if parsed["egress"] == "none" and secret and secret.split(":")[3] != account.region:
        rule = f"egress is none: without internet Secrets Manager is reached in {account.region}"
        found.append(
            Problem(
                subject="indexSecretArn",
                value=secret,
                rule=f"{rule} alone",
                remedy="replicate the secret to that region, and name the replica's ARN",
            )
        )
    if parsed["egress"] == "none" and account.partition == "aws-cn":
        found.append(
            problems.problem(
                "egress",
                "none",
                "services of China have other names for endpoints, which are not built in",
                "nat",
            )
        )
    if found:
        raise ConfigurationError(found)
