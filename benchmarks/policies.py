"""How long the policy packs take: `python -m benchmarks.policies`.

The stack is the program's own preview, as many times as it takes. Each pack runs in its real
process and is asked over gRPC, as Pulumi does it; starting the process is not counted.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from local import engine
from local.project import Project
from local.provider import AwsProvider

ROOT = Path(__file__).resolve().parents[1]
PACKS = ("mounts", "guardrails")
SIZES = (250, 500, 1000, 2000)
_LIMIT = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
_connect: Callable[..., Any] = grpc.insecure_channel


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
    request = analyzer_pb2.AnalyzeStackRequest()
    copy = 0
    while len(request.resources) < size:
        copy += 1
        for resource in result.resources[: size - len(request.resources)]:
            _add(request, resource, f"-{copy}")
    return request


def _add(request: analyzer_pb2.AnalyzeStackRequest, resource: engine.Resource, suffix: str) -> None:
    added = request.resources.add(
        type=resource.type, name=resource.name + suffix, urn=resource.urn + suffix
    )
    added.parent = resource.parent + suffix if resource.parent else ""
    added.dependencies.extend(urn + suffix for urn in resource.dependencies)
    added.properties.update(resource.outputs)
    for name, urns in resource.property_dependencies.items():
        added.propertyDependencies[name].urns.extend(urn + suffix for urn in urns)


def seconds(pack: str, requests: list[analyzer_pb2.AnalyzeStackRequest]) -> list[float]:
    """For each stack how long the pack takes, the best of three."""
    folder = ROOT / "policies" / pack
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(folder)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            with _connect(f"127.0.0.1:{port}", options=_LIMIT) as channel:
                analyzer = analyzer_pb2_grpc.AnalyzerStub(channel)
                return [min(_ask(analyzer, request) for _ in range(3)) for request in requests]
        finally:
            process.kill()


def _ask(analyzer: Any, request: analyzer_pb2.AnalyzeStackRequest) -> float:
    start = time.perf_counter()
    analyzer.AnalyzeStack(request, timeout=120)
    return time.perf_counter() - start


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policies", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="N")
    sizes = parser.parse_args(arguments).sizes
    requests = [stack_of(size) for size in sizes]
    times = {pack: seconds(pack, requests) for pack in PACKS}
    print("resources  " + "  ".join(f"{pack:>10}" for pack in PACKS) + "        both")
    for number, size in enumerate(sizes):
        row = [times[pack][number] for pack in PACKS]
        print(f"{size:>9}  " + "  ".join(f"{s:>8.2f} s" for s in row) + f"  {sum(row):>8.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
