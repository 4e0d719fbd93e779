"""What a first run costs: usually, and at most, each part at its limit."""

from __future__ import annotations

from .steps import MINUTES, STEPS

# US dollars in us-east-1, AWS's price pages as others quoted them in 2026; elsewhere up to twice.
_FARGATE = 0.5 * 0.04048 + 1.0 * 0.004445 + 1 * 0.000111  # 0.5 vCPU, 1 GB, 1 GiB of disk over 20
_PUBLIC_IPV4, _EFS_WRITTEN, _EFS_READ, _EFS_KEPT = 0.005, 0.06, 0.03, 0.30 / 730
_LAMBDA, _METRIC, _LOGS = 0.0000166667, 0.30 / 730, 0.50
_TASKS, _TASK_MINUTES, _TASK_LIMIT = 3, 3, 10
_CALLS, _CALL_SECONDS, _CALL_LIMIT = 4 * len(STEPS), 5, 60
_GIGABYTES, _METRICS = 0.05, 6
_HOURS, _HOURS_LIMIT = 0.75, MINUTES / 60 + 1.5  # destroy waits up to 45 minutes, twice


def breakdown() -> list[tuple[str, float, float]]:
    """Each part with its usual and its largest cost in dollars."""
    return [
        (
            f"{_TASKS} populate tasks on Fargate, {_TASK_MINUTES} minutes each (at most "
            f"{2 * _TASKS}, {_TASK_LIMIT} minutes), with a public IPv4 address",
            _TASKS * _TASK_MINUTES / 60 * (_FARGATE + _PUBLIC_IPV4),
            2 * _TASKS * _TASK_LIMIT / 60 * (_FARGATE + _PUBLIC_IPV4),
        ),
        (
            f"{_CALLS} calls of the function at 1 GB, {_CALL_SECONDS} s each (at most "
            f"{_CALL_LIMIT} s)",
            _CALLS * _CALL_SECONDS * _LAMBDA,
            _CALLS * _CALL_LIMIT * _LAMBDA,
        ),
        (
            f"EFS: {_GIGABYTES} GB written, read and kept (at most ten times that)",
            _GIGABYTES * (_EFS_WRITTEN + _EFS_READ + _EFS_KEPT * _HOURS),
            10 * _GIGABYTES * (_EFS_WRITTEN + _EFS_READ + _EFS_KEPT * _HOURS_LIMIT),
        ),
        (
            f"CloudWatch: {_METRICS} metrics for {_HOURS} h (at most {_HOURS_LIMIT} h), 0.01 GB "
            "of logs",
            _METRICS * _METRIC * _HOURS + 0.01 * _LOGS,
            _METRICS * _METRIC * _HOURS_LIMIT + 0.1 * _LOGS,
        ),
        ("VPC, roles, cluster, task definitions, mount targets", 0.0, 0.0),
    ]


def total() -> tuple[float, float]:
    """The usual and the largest sum in dollars."""
    parts = breakdown()
    return sum(usual for _, usual, _ in parts), sum(most for *_, most in parts)


def shown() -> str:
    """The breakdown for a reader."""
    usual, most = total()
    lines = [f"  {usual:6.3f} $ {most:6.3f} $  {what}" for what, usual, most in breakdown()]
    head = "  usually  at most   (US dollars, prices of us-east-1 in 2026; elsewhere up to twice)"
    return "\n".join([head, *lines, f"  {usual:6.3f} $ {most:6.3f} $  in all"])
