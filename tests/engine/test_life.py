"""The life of a stack, driven as its user drives it: with every kind of change, and to its end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.chain import MODEL, TINY, TRIPLE
from tests.engine.conftest import PACKS, Pulumi, kill, left
from tests.local.conftest import refusal
from tests.processes import eventually

pytestmark = pytest.mark.whole

TICKING = """
import threading, time, tiny

ticks, gap = 0, 0.0

def tick():
    global ticks, gap
    before = time.monotonic()
    while True:
        time.sleep(0.01)
        now = time.monotonic()
        ticks, gap, before = ticks + 1, max(gap, now - before), now

def load():
    threading.Thread(target=tick, daemon=True).start()

def predict(instances):
    global gap
    begin = ticks
    time.sleep(0.2)
    still, gap = gap, 0.0  # the longest time without a tick since the last call
    return [{"value": tiny.double(x), "ticks": ticks - begin, "still": still} for x in instances]
"""


def ask(alias: str) -> Any:
    """What the alias answers to one instance."""
    answer = boto3.client("lambda").invoke(FunctionName=alias, Payload='{"instances": [1]}')
    assert "FunctionError" not in answer
    return json.loads(answer["Payload"].read())["predictions"][0]


def subnets_by_version(function: str) -> dict[str, int]:
    """In how many subnets each published version has its network interfaces."""
    listed = boto3.client("lambda").list_versions_by_function(FunctionName=function)["Versions"]
    return {
        found["Version"]: len(found["VpcConfig"]["SubnetIds"])
        for found in listed
        if found["Version"] != "$LATEST"
    }


def test_every_change_serves_while_versions_pin_their_network_and_a_destroy_leaves_nothing(
    pulumi: Pulumi,
) -> None:
    """Processes are frozen between calls, as on Lambda."""
    changes: list[tuple[Callable[[], None], int, str]] = [
        (lambda: pulumi.write_model(TICKING), 2, "published"),
        (lambda: pulumi.configure(memoryMb=1024), 2, "published"),
        (lambda: pulumi.write_model(TICKING.replace("tiny.d", "-tiny.d")), -2, "published"),
        (lambda: pulumi.chain.lock(TRIPLE.pin), -3, "published"),
        (lambda: pulumi.chain.lock(TINY.pin), -2, "already-published"),
    ]
    for version, (change, value, populated) in enumerate(changes, 1):
        change()
        pulumi.up()
        function, alias = pulumi.outputs("Function"), pulumi.outputs("Alias")
        assert alias["functionVersion"] == str(version)
        assert pulumi.outputs("PopulatorRun")["outcome"] == populated
        first = ask(alias["arn"])
        time.sleep(2)
        again = ask(alias["arn"])
        assert (first["value"], again["value"]) == (value, value)
        assert first["ticks"] > 0  # it runs within a call,
        assert again["still"] > 1  # and not between two
        pinned = {str(kept): 2 for kept in (version - 1, version) if kept}
        assert subnets_by_version(function["name"]) == pinned
        for group in function["vpcConfig"]["securityGroupIds"]:
            said = refusal(boto3.client("ec2").delete_security_group, GroupId=group)
            assert said.startswith("DependencyViolation")

    # A zone less: what the way back pins has to go, so it goes too.
    zone = min(found["outputs"]["availabilityZone"] for found in of_kind(pulumi, "Subnet"))
    pulumi.configure(availabilityZones=[zone])
    said = pulumi.up()
    assert "will be deleted, and these versions of function" in said
    assert "hold network interfaces there: 4, 5. " in said
    assert subnets_by_version(function["name"]) == {"6": 1}
    # One for the function, one for the populate task.
    assert [len(of_kind(pulumi, kind)) for kind in ("Subnet", "MountTarget")] == [2, 1]
    assert len(left()["subnet"]) == 2
    assert ask(alias["arn"])["value"] == -2

    pulumi.destroy()
    assert pulumi.resources() == []
    assert left() == {}


def of_kind(pulumi: Pulumi, kind: str) -> list[dict[str, Any]]:
    return [found for found in pulumi.resources() if found["type"].endswith(f":{kind}")]


def test_a_destroy_after_an_up_that_was_killed_stops_its_task_and_leaves_nothing(
    pulumi: Pulumi,
) -> None:
    pulumi.configure(egress="nat")  # the other change runs with a public address
    pulumi.write_model(f"import time\ntime.sleep(600)\n{MODEL}")
    up = pulumi.start("up", "--yes", *PACKS, "--stack", "dev")
    try:
        eventually(tasks, by=up)
    finally:
        kill(up)
    assert of_kind(pulumi, "PopulatorRun") == []
    ((cluster, task),) = tasks()
    pulumi.run("cancel", "dev", "--yes", fails=None)
    pulumi.destroy()
    ecs = boto3.client("ecs")
    stopped = ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"][0]
    assert stopped["stoppedReason"] == "its stack no longer needs it"
    assert pulumi.resources() == []
    assert left() == {}


def tasks() -> list[tuple[str, str]]:
    """Cluster and ARN of each task that runs."""
    ecs = boto3.client("ecs")
    clusters = ecs.list_clusters()["clusterArns"]
    return [(name, task) for name in clusters for task in ecs.list_tasks(cluster=name)["taskArns"]]
