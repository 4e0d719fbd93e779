"""A destroy after an `up` that was cut off: the task that it left is stopped before its cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from components.gates import PopulateTasksProvider
from local.cloud import Cloud
from tests.deployments import point_clients_at
from tests.processes import eventually
from tests.protocol import Dynamic, running

from ..conftest import Stack, refusal

pytestmark = pytest.mark.whole

WAITS = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
print("ready", flush=True)
time.sleep(1000)
"""


@pytest.fixture
def provider(cloud: Cloud, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    point_clients_at(cloud, monkeypatch)
    with running(**{"aws:region": cloud.region}) as stub:
        yield stub


@pytest.fixture
def tasks(provider: Any, cloud: Cloud, stack: Stack) -> Dynamic:
    """The populate tasks of a family on the cluster `main`, created before any has run."""
    made = Dynamic(
        provider,
        PopulateTasksProvider(),
        cluster_arn=f"arn:aws:ecs:{cloud.region}:{cloud.account_id}:cluster/main",
        family="ours",
        account_id=cloud.account_id,
        region=cloud.region,
    )
    made.create()
    return made


def start(stack: Stack, family: str) -> str:
    """Run a task of this family that ends on request; its ARN."""
    defined = stack.ecs.register_task_definition(**{**stack.definition(WAITS), "family": family})
    run = stack.ecs.run_task(
        cluster="main",
        taskDefinition=defined["taskDefinition"]["taskDefinitionArn"],
        startedBy="0123456789abcdef",
        networkConfiguration=stack.placed,
    )
    return str(run["tasks"][0]["taskArn"])


def status(stack: Stack, arn: str) -> str:
    return str(stack.ecs.describe_tasks(cluster="main", tasks=[arn])["tasks"][0]["lastStatus"])


def test_a_destroy_stops_the_task_that_a_cut_off_up_left(tasks: Dynamic, stack: Stack) -> None:
    """No run of it is in the state, and until it has stopped AWS deletes nothing that it holds."""
    left = start(stack, "ours")
    eventually(lambda: status(stack, left) == "RUNNING")
    said = refusal(stack.ecs.delete_cluster, cluster="main")
    assert said.startswith("ClusterContainsTasksException")
    said = refusal(stack.ec2.delete_security_group, GroupId=stack.client_group)
    assert said.startswith("DependencyViolation")
    tasks.delete()
    assert status(stack, left) == "STOPPED"
    stack.ecs.delete_cluster(cluster="main")


def test_tasks_of_others_on_a_shared_cluster_go_on(tasks: Dynamic, stack: Stack) -> None:
    ours, theirs = start(stack, "ours"), start(stack, "theirs")
    eventually(lambda: status(stack, theirs) == "RUNNING")
    tasks.delete()
    assert (status(stack, ours), status(stack, theirs)) == ("STOPPED", "RUNNING")


def test_a_task_that_is_about_to_stop_is_waited_for(tasks: Dynamic, stack: Stack) -> None:
    left = start(stack, "ours")
    eventually(lambda: status(stack, left) == "RUNNING")
    stack.ecs.stop_task(cluster="main", task=left)
    tasks.delete()
    assert status(stack, left) == "STOPPED"


def test_a_cluster_without_tasks_and_one_that_is_gone_are_no_trouble(
    tasks: Dynamic, cloud: Cloud
) -> None:
    tasks.delete()
    tasks.inputs["cluster_arn"] = f"arn:aws:ecs:{cloud.region}:{cloud.account_id}:cluster/gone"
    tasks.create()
    tasks.delete()


def test_another_account_is_refused(tasks: Dynamic, stack: Stack) -> None:
    left = start(stack, "ours")
    tasks.inputs["account_id"] = "000000000000"
    tasks.create()
    with pytest.raises(grpc.RpcError, match="the stack was planned for 000000000000"):
        tasks.delete()
    assert status(stack, left) != "STOPPED"
