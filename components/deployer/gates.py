"""The table's rows of the gates, and of what the program asks while it plans."""

from __future__ import annotations

from collections.abc import Mapping

from .calls import Calls

_FUNCTION = {
    "lambda": tuple(
        f"arn:{{partition}}:lambda:{{region}}:{{account}}:function:{{function_name}}{end}"
        for end in ("", ":*")
    )
}
_TASKS = {
    "ecs": ("arn:{partition}:ecs:{region}:{account}:task/{cluster_arn}/*",),
    # IAM knows no tasks that are listed, only instances; ECS's guide narrows by the cluster.
    "ecs:ListTasks": ("*",),
}
_WHO = "sts: GetCallerIdentity"
_VERSIONS = "lambda: ListVersionsByFunction ListAliases"

PLANNING = Calls(
    source="components/account.py",
    plan=f"{_WHO} ec2: DescribeAvailabilityZones DescribeSubnets",
    create=_WHO,
    delete=_WHO,
)
"""What a stack asks, whatever it is made of: who it is, and which zones and subnets there are."""

ROWS: Mapping[str, Calls] = {
    "efs-inference:Placement": Calls(source="components/gates/placement.py"),
    "efs-inference:PopulateTasks": Calls(
        source="components/gates/populate_tasks.py",
        delete="ecs: ListTasks DescribeTasks StopTask",
        on=_TASKS,
    ),
    "efs-inference:PopulatorRun": Calls(
        source="components/gates/task/run.py",
        create="ecs: RunTask TagResource DescribeTasks StopTask ListTasks DescribeTaskDefinition "
        "logs: GetLogEvents lambda: ListFunctions",
        on={
            **_TASKS,
            "ecs:RunTask": (
                "arn:{partition}:ecs:{region}:{account}:task-definition/{task_definition_arn}:*",
            ),
            "logs": ("arn:{partition}:logs:{region}:{account}:log-group:{log_group}:*",),
        },
    ),
    "efs-inference:SmokeInvocation": Calls(
        source="components/gates/call/first_call.py",
        create="lambda: InvokeFunction GetFunctionConfiguration",
        on=_FUNCTION,
    ),
    "efs-inference:RetainedVersions": Calls(
        source="components/gates/retained_versions.py",
        plan=_VERSIONS,
        create=f"{_VERSIONS} DeleteFunction",
        update=f"{_VERSIONS} DeleteFunction",
        on=_FUNCTION,
    ),
}
