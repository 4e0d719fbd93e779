"""PopulateTasks: what ends the populate tasks of a stack before its cluster and network go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from botocore.exceptions import ClientError, WaiterError
from pulumi.dynamic import Resource

from ..errors import PopulateError
from .aws import AwsCalls, AwsError
from .diagnosis import cause_of
from .gate import GateArgs, GateProvider, diagnosed
from .task import tasks_of

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import TaskTypeDef

# A task gets SIGTERM, up to 120 s later SIGKILL, and loses its network interface.
_POLL_SECONDS, _POLLS = 5, 60
_AT_ONCE = 100  # DescribeTasks' limit


class PopulateTasksProvider(GateProvider):
    """Creates nothing; deleting it stops the tasks and waits until they have stopped."""

    replaced_by = ("cluster_arn", "family", "account_id", "region")

    def complete(self, props: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Nothing: the tasks are started by a `PopulatorRun`."""
        return props["family"], {}

    def failed(self, props: dict[str, Any]) -> str:
        """Cluster, subnets and groups would be refused next."""
        return f"the tasks of family {props['family']} were not stopped"

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Stop them.

        Raises:
            GateError: AWS refuses, or a task does not stop.
        """
        with diagnosed(lambda: self.failed(props)):
            try:
                _stop(self.aws(props), props["cluster_arn"], props["family"])
            except WaiterError as error:
                raise PopulateError(
                    f"a task of family {props['family']} was asked to stop, and has not within "
                    f"{_POLL_SECONDS * _POLLS // 60} minutes",
                    remedy="run it again; AWS forces a task to stop by itself, mostly within "
                    "minutes",
                    details=[f"AWS says: {error}"],
                ) from error
            except AwsError as error:
                if not _without_cluster(error):
                    raise PopulateError(
                        cause_of(error).what,
                        account=str(error),
                        remedy="correct what AWS says (it takes ecs:ListTasks, ecs:DescribeTasks "
                        "and ecs:StopTask), then run it again",
                    ) from error


def _stop(aws: AwsCalls, cluster: str, family: str) -> None:
    left = [task["taskArn"] for task in _not_stopped(aws, cluster, family)]
    for arn in left:
        pulumi.log.info(f"stopping populate task {arn.rpartition('/')[2]}")
        aws.ecs.stop_task(cluster=cluster, task=arn, reason="its stack no longer needs it")
    for first in range(0, len(left), _AT_ONCE):
        aws.ecs.get_waiter("tasks_stopped").wait(
            cluster=cluster,
            tasks=left[first : first + _AT_ONCE],
            WaiterConfig={"Delay": _POLL_SECONDS, "MaxAttempts": _POLLS},
        )


def _not_stopped(aws: AwsCalls, cluster: str, family: str) -> list[TaskTypeDef]:
    """Also those that are about to stop: until then they hold cluster and network interface."""
    return [
        task
        for status in ("RUNNING", "STOPPED")
        for task in tasks_of(aws, cluster, family=family, desiredStatus=status)
        if task["lastStatus"] != "STOPPED"
    ]


def _without_cluster(error: Exception) -> bool:
    """Whether there can be no task because the cluster is gone."""
    if not isinstance(error, ClientError):
        return False
    return error.response["Error"]["Code"] == "ClusterNotFoundException"


@dataclass(frozen=True, kw_only=True)
class PopulateTasksArgs(GateArgs):
    """Arguments of `PopulateTasks`, see also `GateArgs`.

    Attributes:
        cluster_arn: Cluster of the tasks; on one that others use too, only the family's are ended.
        family: Family of their task definition, which no other stack has.
    """

    cluster_arn: pulumi.Input[str]
    family: pulumi.Input[str]


class PopulateTasks(Resource, module="efs-inference", name="PopulateTasks"):
    """The populate tasks of a publication, as far as something has to end them.

    An `up` that is cut off leaves its task running, and the `PopulatorRun` that started it is then
    not in the state. So this resource is made before any run, and a destroy deletes it after them
    and before what a running task would hold: cluster, subnets and security groups.
    """

    def __init__(
        self, name: str, args: PopulateTasksArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(PopulateTasksProvider(), name, args.inputs, opts)
