"""The part of the table of AWS resource types by which a function is called and kept ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .kind import Kind, Made, Properties, tagged

_SCALED = "ServiceNamespace ResourceId ScalableDimension"
_API = "arn:aws:apigateway:{region}::/apis/{ApiId}"
# By pulumi-aws's names those of SQS.
_QUEUE = {
    "delaySeconds": "DelaySeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


def _queue(properties: Properties) -> dict[str, Any]:
    given = {name: properties[own] for own, name in _QUEUE.items() if properties.get(own)}
    texts = {name: "true" if value is True else str(value) for name, value in given.items()}
    return {"Attributes": texts, "tags": properties.get("tags", {})}


def function_active(made: Made) -> None:
    """Wait until a function is active, and reserve its concurrency, as terraform does."""
    made.aws.client("lambda").get_waiter("function_active_v2").wait(FunctionName=made.id)
    reserved = made.properties.get("reservedConcurrentExecutions")
    if reserved is not None and reserved >= 0:
        made.aws.client("lambda").put_function_concurrency(
            FunctionName=made.id, ReservedConcurrentExecutions=reserved
        )


def _function_url(client: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Its id is that of pulumi-aws: the function's name, and the alias where it has one."""
    made: dict[str, Any] = client.create_function_url_config(**arguments)
    names = (arguments["FunctionName"], arguments.get("Qualifier"))
    return {**made, "Id": "/".join(filter(None, names))}


# fmt: off
SERVING_KINDS: Mapping[str, Kind] = {
    "aws:lambda/permission:Permission": Kind(
        "lambda.add_permission", "{StatementId}",
        "FunctionName=function Qualifier StatementId Action Principal SourceArn SourceAccount "
        "PrincipalOrgID=principalOrgId FunctionUrlAuthType InvokedViaFunctionUrl",
        named="statementId"),
    "aws:lambda/functionUrl:FunctionUrl": Kind(
        "lambda.create_function_url_config", "Id",
        "FunctionName Qualifier AuthType=authorizationType Cors InvokeMode", by=_function_url,
        gives={"functionUrl": "FunctionUrl", "functionArn": "FunctionArn"}),
    "aws:appautoscaling/target:Target": Kind(
        "application-autoscaling.register_scalable_target", "{ResourceId}",
        f"{_SCALED} MinCapacity MaxCapacity RoleARN=roleArn Tags",
        update="application-autoscaling.register_scalable_target",
        gives={"arn": "ScalableTargetARN"}),
    "aws:appautoscaling/policy:Policy": Kind(
        "application-autoscaling.put_scaling_policy", "{PolicyName}",
        f"{_SCALED} PolicyName=name PolicyType TargetTrackingScalingPolicyConfiguration",
        named="name", update="application-autoscaling.put_scaling_policy",
        gives={"arn": "PolicyARN"}),
    "aws:sqs/queue:Queue": Kind(
        "sqs.create_queue", "QueueUrl", "QueueName=name", also=_queue, named="name",
        gives={"url": "QueueUrl", "arn": "arn:aws:sqs:{region}:{account}:{QueueName}"}),
    "aws:apigatewayv2/api:Api": Kind(
        "apigatewayv2.create_api", "ApiId", "Name ProtocolType Description Tags", named="name",
        gives={"apiEndpoint": "ApiEndpoint", "arn": _API,
               "executionArn": "arn:aws:execute-api:{region}:{account}:{ApiId}"}),
    "aws:apigatewayv2/integration:Integration": Kind(
        "apigatewayv2.create_integration", "IntegrationId",
        "ApiId IntegrationType IntegrationUri IntegrationMethod PayloadFormatVersion "
        "TimeoutInMillis=timeoutMilliseconds"),
    "aws:apigatewayv2/route:Route": Kind(
        "apigatewayv2.create_route", "RouteId", "ApiId RouteKey Target AuthorizationType"),
    "aws:apigatewayv2/stage:Stage": Kind(
        "apigatewayv2.create_stage", "{StageName}", "ApiId StageName=name AutoDeploy",
        named="name",
        gives={"arn": _API + "/stages/{StageName}",
               "invokeUrl": "https://{ApiId}.execute-api.{region}.amazonaws.com/{StageName}",
               "executionArn": "arn:aws:execute-api:{region}:{account}:{ApiId}/{StageName}"}),
    "aws:sfn/stateMachine:StateMachine": Kind(
        "stepfunctions.create_state_machine", "stateMachineArn",
        "name definition roleArn type", also=tagged("tags", "key", "value"), named="name",
        gives={"arn": "stateMachineArn"}),
}
