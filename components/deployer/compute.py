"""The table's rows of what runs: roles, functions, tasks, and how many run."""

from __future__ import annotations

from collections.abc import Mapping

from .calls import Calls

_ROLE = {"iam": ("arn:{partition}:iam::{account}:role{path}{name}",)}
_OF_ROLE = {"iam": ("arn:{partition}:iam::{account}:role{path}{role}",)}
_FUNCTION = "arn:{partition}:lambda:{region}:{account}:function:{%s}"
_OF_FUNCTION = {"lambda": (_FUNCTION % "functionName", f"{_FUNCTION % 'functionName'}:*")}
_TASK = "arn:{partition}:ecs:{region}:{account}:"
_TAGS = "ecs: TagResource UntagResource"
_SCALED = "application-autoscaling: TagResource UntagResource ListTagsForResource"
_SCALING_PAGE = (
    "https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy"
    "-examples.html"
)
_ALARMS = {"cloudwatch": ("arn:{partition}:cloudwatch:{region}:{account}:alarm:TargetTracking-*",)}

ROWS: Mapping[str, Calls] = {
    "aws:iam/role:Role": Calls(
        source="iam/role.go",
        create="iam: CreateRole TagRole",
        read="iam: GetRole ListRolePolicies GetRolePolicy ListAttachedRolePolicies",
        update="iam: UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription TagRole UntagRole "
        "PutRolePermissionsBoundary",
        delete="iam: DeleteRole ListInstanceProfilesForRole",
        on=_ROLE,
    ),
    "aws:iam/rolePolicy:RolePolicy": Calls(
        source="iam/role_policy.go",
        create="iam: PutRolePolicy",
        read="iam: GetRolePolicy",
        update="iam: PutRolePolicy",
        delete="iam: DeleteRolePolicy",
        on=_OF_ROLE,
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Calls(
        source="iam/role_policy_attachment.go",
        create="iam: AttachRolePolicy",
        read="iam: ListAttachedRolePolicies",
        delete="iam: DetachRolePolicy",
        on=_OF_ROLE,
    ),
    "aws:lambda/function:Function": Calls(
        source="lambda/function.go",
        create="lambda: CreateFunction TagResource",
        read="lambda: GetFunction GetFunctionConfiguration ListVersionsByFunction ListTags "
        "GetFunctionCodeSigningConfig",
        update="lambda: UpdateFunctionConfiguration UpdateFunctionCode PublishVersion TagResource "
        "UntagResource PutFunctionConcurrency DeleteFunctionConcurrency",
        delete="lambda: DeleteFunction GetFunction",
        also="ec2: DescribeSecurityGroups DescribeSubnets DescribeVpcs "
        "elasticfilesystem: DescribeMountTargets s3: GetObject",
        because="https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html",
        on={
            "lambda": (_FUNCTION % "name", f"{_FUNCTION % 'name'}:*"),
            "lambda:GetLayerVersion": ("{*layers}",),
            "s3": ("arn:{partition}:s3:::{s3Bucket}/*",),
        },
        given={
            "layers": "lambda: GetLayerVersion",
            "reservedConcurrentExecutions": "lambda: PutFunctionConcurrency",
        },
    ),
    "aws:lambda/alias:Alias": Calls(
        source="lambda/alias.go",
        create="lambda: CreateAlias",
        read="lambda: GetAlias",
        update="lambda: UpdateAlias",
        delete="lambda: DeleteAlias",
        on=_OF_FUNCTION,
    ),
    "aws:lambda/functionUrl:FunctionUrl": Calls(
        source="lambda/function_url.go",
        create="lambda: CreateFunctionUrlConfig",
        read="lambda: GetFunctionUrlConfig",
        update="lambda: UpdateFunctionUrlConfig",
        delete="lambda: DeleteFunctionUrlConfig",
        on=_OF_FUNCTION,
    ),
    "aws:lambda/permission:Permission": Calls(
        source="lambda/permission.go",
        create="lambda: AddPermission",
        read="lambda: GetPolicy",
        delete="lambda: RemovePermission GetPolicy",
        on={"lambda": (_FUNCTION % "function", f"{_FUNCTION % 'function'}:*")},
    ),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": Calls(
        source="lambda/provisioned_concurrency_config.go",
        create="lambda: PutProvisionedConcurrencyConfig",
        read="lambda: GetProvisionedConcurrencyConfig",
        update="lambda: PutProvisionedConcurrencyConfig",
        delete="lambda: DeleteProvisionedConcurrencyConfig",
        on=_OF_FUNCTION,
    ),
    "aws:appautoscaling/target:Target": Calls(
        source="appautoscaling/target.go",
        create="application-autoscaling: RegisterScalableTarget TagResource",
        read="application-autoscaling: DescribeScalableTargets ListTagsForResource",
        update=f"application-autoscaling: RegisterScalableTarget {_SCALED}",
        delete="application-autoscaling: DeregisterScalableTarget DescribeScalableTargets",
        also="lambda: GetProvisionedConcurrencyConfig PutProvisionedConcurrencyConfig "
        "DeleteProvisionedConcurrencyConfig",
        because=_SCALING_PAGE,
        on={"lambda": ("arn:{partition}:lambda:{region}:{account}:{resourceId}",)},
        linked="lambda.application-autoscaling.amazonaws.com",
    ),
    "aws:appautoscaling/policy:Policy": Calls(
        source="appautoscaling/policy.go",
        create="application-autoscaling: PutScalingPolicy",
        read="application-autoscaling: DescribeScalingPolicies",
        update="application-autoscaling: PutScalingPolicy",
        delete="application-autoscaling: DeleteScalingPolicy DescribeScalingPolicies "
        "cloudwatch: DeleteAlarms",
        also="cloudwatch: PutMetricAlarm DescribeAlarms DeleteAlarms",
        because=_SCALING_PAGE,
        on=_ALARMS,
    ),
    "aws:ecs/cluster:Cluster": Calls(
        source="ecs/cluster.go",
        create="ecs: CreateCluster TagResource",
        read="ecs: DescribeClusters",
        update=f"ecs: UpdateCluster {_TAGS}",
        delete="ecs: DeleteCluster DescribeClusters",
        linked="ecs.amazonaws.com",
        on={"ecs": (f"{_TASK}cluster/{{name}}",)},
    ),
    "aws:ecs/taskDefinition:TaskDefinition": Calls(
        source="ecs/task_definition.go",
        create="ecs: RegisterTaskDefinition TagResource",
        read="ecs: DescribeTaskDefinition",
        update=_TAGS,
        delete="ecs: DeregisterTaskDefinition",
        on={"ecs": (f"{_TASK}task-definition/{{family}}:*",)},
        named="family",
    ),
}
