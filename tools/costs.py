"""What a stack costs a month, beside a container image and beside provisioned concurrency.

The parts of docs/costs.md are made from the prices below. Prices change: each has its source and
the month in which that was read.
"""

from __future__ import annotations

from dataclasses import dataclass

from .tables import table

_LAMBDA = "[AWS Lambda pricing](https://aws.amazon.com/lambda/pricing/), as quoted in 2025"
_EFS = (
    "[Amazon EFS pricing, explained]"
    "(https://www.factualminds.com/blog/amazon-efs-pricing-throughput-modes-storage-classes/), "
    "2026-06"
)
_ECR = "[Amazon ECR pricing, explained](https://cloudburn.io/blog/amazon-ecr-pricing), 2026-03"
_FARGATE = "[AWS Fargate pricing](https://aws.amazon.com/fargate/pricing/), as quoted in 2026-06"

HOURS = 730
"""Hours of a month."""


@dataclass(frozen=True)
class Price:
    """A price in us-east-1.

    Attributes:
        what: Of what.
        dollars: In US dollars.
        unit: For what.
        source: Where it was read, and when.
    """

    what: str
    dollars: float
    unit: str
    source: str


STORAGE = Price("EFS storage, Standard", 0.30, "GB and month", _EFS)
READ = Price("EFS, elastic throughput, read", 0.03, "GB", _EFS)
WRITTEN = Price("EFS, elastic throughput, written", 0.06, "GB", _EFS)
CALL = Price("Lambda, a request", 0.20 / 1e6, "request", _LAMBDA)
DURATION = Price("Lambda on x86, duration", 0.0000166667, "GB-second", _LAMBDA)
READY = Price("provisioned concurrency, ready", 0.0000041667, "GB-second", _LAMBDA)
READY_DURATION = Price("provisioned concurrency, duration", 0.0000097222, "GB-second", _LAMBDA)
IMAGE = Price("ECR storage", 0.10, "GB and month", _ECR)
VCPU = Price("Fargate, vCPU", 0.04048, "hour", _FARGATE)
TASK_MEMORY = Price("Fargate, memory", 0.004445, "GB and hour", _FARGATE)
PRICES = (
    *(STORAGE, READ, WRITTEN, CALL, DURATION, READY, READY_DURATION, IMAGE, VCPU, TASK_MEMORY),
)


@dataclass(frozen=True, kw_only=True)
class Use:
    """A month of a stack.

    Attributes:
        calls: Requests.
        cold: Cold starts among them.
        releases: Releases that are published in it.
        call_seconds: Duration of a warm call.
        cold_seconds: How much longer a cold one takes.
        memory_gb: Of the function.
        release_gb: Size of a release.
        cold_gb: What a cold start reads from EFS.
        kept: Releases that lie on the file system, and images in the registry.
        image_gb: Size of an image in the registry, where layers are compressed.
        task_hours: Of a populate task, with 2 vCPU and 8 GB.
    """

    calls: int
    cold: int
    releases: int = 4
    call_seconds: float = 0.1
    cold_seconds: float = 4.0
    memory_gb: float = 3008 / 1024
    release_gb: float = 1.36
    cold_gb: float = 0.31
    kept: int = 3
    image_gb: float = 0.7
    task_hours: float = 0.1


USES = (
    Use(calls=1_000, cold=200),
    Use(calls=100_000, cold=2_000),
    Use(calls=1_000_000, cold=5_000),
)


def _calls(use: Use) -> float:
    seconds = use.calls * use.call_seconds + use.cold * use.cold_seconds
    return use.calls * CALL.dollars + seconds * use.memory_gb * DURATION.dollars


def on_efs(use: Use) -> float:
    """Dollars a month of this project's stack, with `egress: public-ip`."""
    task = use.task_hours * (2 * VCPU.dollars + 8 * TASK_MEMORY.dollars)
    published = use.releases * (use.release_gb * WRITTEN.dollars + task)
    stored = use.kept * use.release_gb * STORAGE.dollars
    return _calls(use) + use.cold * use.cold_gb * READ.dollars + published + stored


def in_an_image(use: Use) -> float:
    """Dollars a month of a container image with the same libraries, cold starts as long as here."""
    return _calls(use) + use.kept * use.image_gb * IMAGE.dollars


def always_ready(use: Use) -> float:
    """Dollars a month of this project's stack with one environment that is always ready.

    It takes every call, so there is no cold start but that of each release.
    """
    ready = HOURS * 3600 * use.memory_gb * READY.dollars
    seconds = use.calls * use.call_seconds * use.memory_gb * READY_DURATION.dollars
    without = Use(calls=0, cold=use.releases)
    return use.calls * CALL.dollars + seconds + ready + on_efs(without)


def price_table() -> str:
    """The prices as a Markdown table."""
    rows = [(p.what, _plain(p.dollars), p.unit, p.source) for p in PRICES]
    return table(("What", "$", "for a", "Source"), rows)


def cost_table() -> str:
    """Months of different use as a Markdown table."""
    ways = {
        "Libraries on EFS": on_efs,
        "Container image": in_an_image,
        "On EFS, one environment always ready": always_ready,
    }
    rows = [
        (f"{use.calls:,}", f"{use.cold:,}", *(f"{way(use):,.2f} $" for way in ways.values()))
        for use in USES
    ]
    return table(("Calls a month", "Cold starts", *ways), rows)


def _plain(dollars: float) -> str:
    return f"{dollars:.10f}".rstrip("0")
