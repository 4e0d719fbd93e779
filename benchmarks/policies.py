"""How long the policy packs take: `python -m benchmarks policies`.

The stack is the program's own preview, as many times as it takes. Each pack runs in its real
process and is asked over gRPC, as Pulumi does it; starting the process is not counted.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from local import engine
from local.engine import Pack, stack_request
from local.engine.sdk import analyzer_pb2
from local.project import Project
from local.provider import AwsProvider

ROOT = Path(__file__).resolve().parents[1]
PACKS = ("mounts", "guardrails")
SIZES = (250, 500, 1000, 2000)


class _Silent:
    def log(self, severity: str, message: str) -> None:
        if severity == "error":
            print(message, file=sys.stderr)

    def created(self, resource: engine.Resource, seconds: float) -> None:
        """Nothing to say."""


def stack_of(size: int) -> analyzer_pb2.AnalyzeStackRequest:
    """A stack of `size` resources: copies of the program that do not know of each other."""
    project = Project.load(ROOT, "dev")
    result = engine.preview(project, AwsProvider("us-east-1", cloud=False), _Silent())
    whole = stack_request(result.resources)
    request = analyzer_pb2.AnalyzeStackRequest()
    copy = 0
    while len(request.resources) < size:
        copy += 1
        for resource in whole.resources[: size - len(request.resources)]:
            _rename(request.resources.add(), resource, f"-{copy}")
    return request


def _rename(
    added: analyzer_pb2.AnalyzerResource, resource: analyzer_pb2.AnalyzerResource, suffix: str
) -> None:
    added.CopyFrom(resource)  # type: ignore[no-untyped-call]
    added.name, added.urn = resource.name + suffix, resource.urn + suffix
    added.parent = resource.parent + suffix if resource.parent else ""
    for urns in (added.dependencies, *(p.urns for p in added.propertyDependencies.values())):
        urns[:] = [urn + suffix for urn in urns]


def seconds(pack: str, requests: list[analyzer_pb2.AnalyzeStackRequest]) -> list[float]:
    """For each stack how long the pack takes, the best of three."""
    with Pack.start(ROOT / "policies" / pack) as process:
        return [min(_ask(process, request) for _ in range(3)) for request in requests]


def _ask(pack: Pack, request: analyzer_pb2.AnalyzeStackRequest) -> float:
    analyzer = pack.stub
    start = time.perf_counter()
    analyzer.AnalyzeStack(request, timeout=120)
    return time.perf_counter() - start


def main(arguments: list[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks policies", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="N")
    sizes = parser.parse_args(arguments).sizes
    requests = [stack_of(size) for size in sizes]
    times = {pack: seconds(pack, requests) for pack in PACKS}
    print("resources  " + "  ".join(f"{pack:>10}" for pack in PACKS) + "        both")
    for number, size in enumerate(sizes):
        row = [times[pack][number] for pack in PACKS]
        print(f"{size:>9}  " + "  ".join(f"{s:>8.2f} s" for s in row) + f"  {sum(row):>8.2f} s")
    return 0
