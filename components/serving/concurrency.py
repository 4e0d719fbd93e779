"""Concurrency: reserved for the function, and provisioned on its alias, with or without scaling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from ..errors import Problem
from ..inputs import Args, Tags, checked, comes_later

_DIMENSION = "lambda:function:ProvisionedConcurrency"
_METRIC = "LambdaProvisionedConcurrencyUtilization"
_NAMES = ("ConcurrencyArgs.reserved", "ConcurrencyArgs.provisioned", "ConcurrencyArgs.maximum")


def concurrency_problems(
    reserved: object,
    provisioned: object,
    maximum: object,
    names: tuple[str, str, str],
) -> Iterator[Problem]:
    """What does not fit together, as far as the numbers are plain; None is none.

    Args:
        reserved: Environments that are the function's alone, and its most.
        provisioned: Environments that are kept ready.
        maximum: To how many scaling may raise these.
        names: What the three are called.
    """
    given = dict(zip(names, (reserved, provisioned, maximum), strict=True))
    for name, number in given.items():
        if number is not None and not comes_later(number) and not _is_whole(number):
            stops = "; 0 would stop every call, also the one that tries a new version"
            rule = f"it is a whole number from 1{stops if name == names[0] else ''}"
            remedy = "leave it out for none"
            yield Problem(subject=name, value=repr(number), rule=rule, remedy=remedy)
    if maximum is not None and provisioned is None:
        rule = f"scaling begins at {names[1]}, and there is none"
        remedy = f"set {names[1]} to the least that is kept ready, or leave it out"
        yield Problem(subject=names[2], value=str(_shown(maximum)), rule=rule, remedy=remedy)
    least, most = _number(provisioned), _number(maximum)
    if 0 < most < least:
        rule = f"it is at least {names[1]}, {least}"
        remedy = f"set it to {least} or more, or leave it out: then nothing scales"
        yield Problem(subject=names[2], value=str(most), rule=rule, remedy=remedy)
    if 1 <= _number(reserved) <= max(least, most):
        yield Problem(
            subject=names[0],
            value=str(reserved),
            rule="it includes what is provisioned for the version that serves, up to "
            f"{max(least, most)}, and the first call of a new version needs one more: Lambda would "
            "throttle that, and nothing could be deployed",
            remedy=f"set it to {max(least, most) + 1} or more",
        )


def _number(value: Any) -> int:
    """A whole number as it is, and 0 for what is none or comes late."""
    return int(value) if _is_whole(value) else 0


def _is_whole(value: object) -> bool:
    """Whether it is a whole number from 1, perhaps as Pulumi's engine hands one on: a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value >= 1 and value == int(value)


def _shown(value: object) -> object:
    return "an Output" if comes_later(value) else value


@dataclass(frozen=True, kw_only=True)
class ConcurrencyArgs(Args):
    """How many environments a function has, and how many are kept ready.

    An account has 1,000 in a region unless AWS has set another quota, and 100 of them have to stay
    unreserved; Lambda refuses a reservation that leaves fewer.

    Attributes:
        reserved: Environments that no other function can take, and the most that this one has.
            None: as many as the account has left.
        provisioned: Environments that are kept ready on the alias, with the model loaded. They
            cost as long as they are kept. None: none.
        maximum: To how many application auto scaling raises these while they are in use, and back
            to `provisioned` afterwards. None: nothing scales.
        utilization: Share of them that scaling lets be in use, 0.1 to 0.9.
    """

    reserved: pulumi.Input[int] | None = None
    provisioned: pulumi.Input[int] | None = None
    maximum: pulumi.Input[int] | None = None
    utilization: pulumi.Input[float] = 0.7

    def wrong(self) -> Iterator[Problem]:
        yield from concurrency_problems(self.reserved, self.provisioned, self.maximum, _NAMES)
        if isinstance(self.utilization, int | float) and not 0.1 <= self.utilization <= 0.9:
            yield Problem(
                subject="ConcurrencyArgs.utilization",
                value=str(self.utilization),
                rule="it is a share from 0.1 to 0.9",
                remedy="leave it out for 0.7",
            )


def provision(
    name: str,
    args: ConcurrencyArgs,
    alias: aws.lambda_.Alias,
    tags: Tags,
    opts: pulumi.ResourceOptions,
) -> None:
    """Keep environments ready on the alias; nothing where none are asked for.

    They follow the alias: when it moves, Lambda makes as many of the new version, and sends calls
    to the old one until they are ready.
    """
    if args.provisioned is None:
        return
    numbers: pulumi.Output[Any] = checked(
        pulumi.Output.all(args.reserved, args.provisioned, args.maximum),
        lambda known: concurrency_problems(known[0], known[1], known[2], _NAMES),
    )
    # Scaling changes the number, and an update would change it back in the middle of the load.
    scaled = ["provisionedConcurrentExecutions"] if args.maximum is not None else []
    ready = aws.lambda_.ProvisionedConcurrencyConfig(
        f"{name}-provisioned",
        function_name=alias.function_name,
        qualifier=alias.name,
        provisioned_concurrent_executions=numbers.apply(lambda known: known[1]),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=scaled)),
    )
    if args.maximum is None:
        return
    target = aws.appautoscaling.Target(
        f"{name}-provisioned",
        service_namespace="lambda",
        scalable_dimension=_DIMENSION,
        resource_id=pulumi.Output.concat("function:", alias.function_name, ":", alias.name),
        min_capacity=args.provisioned,
        max_capacity=args.maximum,
        tags=tags,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[ready])),
    )
    aws.appautoscaling.Policy(
        f"{name}-provisioned",
        policy_type="TargetTrackingScaling",
        service_namespace=target.service_namespace,
        scalable_dimension=target.scalable_dimension,
        resource_id=target.resource_id,
        target_tracking_scaling_policy_configuration={
            "target_value": args.utilization,
            "predefined_metric_specification": {"predefined_metric_type": _METRIC},
        },
        opts=opts,
    )
