"""A program with one resource of every type that the provider knows."""

from __future__ import annotations

TRUST = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]}}]}"""

# One resource of each type that the program uses.
EVERYTHING = f"""
import json, pulumi, pulumi_aws as aws

vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", enable_dns_support=True,
                  enable_dns_hostnames=True, tags={{"Name": "v"}})
aws.ec2.DefaultSecurityGroup("default", vpc_id=vpc.id, ingress=[], egress=[])
subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24",
                        availability_zone="us-east-1a", map_public_ip_on_launch=True)
gateway = aws.ec2.InternetGateway("gateway", vpc_id=vpc.id)
table = aws.ec2.RouteTable("table", vpc_id=vpc.id)
aws.ec2.Route("route", route_table_id=table.id, destination_cidr_block="0.0.0.0/0",
              gateway_id=gateway.id)
aws.ec2.RouteTableAssociation("association", route_table_id=table.id, subnet_id=subnet.id)
address = aws.ec2.Eip("address", domain="vpc")
aws.ec2.NatGateway("nat", allocation_id=address.id, subnet_id=subnet.id)
group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, description="d")
inward = aws.vpc.SecurityGroupIngressRule(
    "in", security_group_id=group.id, referenced_security_group_id=group.id,
    ip_protocol="tcp", from_port=2049, to_port=2049)
outward = aws.vpc.SecurityGroupEgressRule(
    "out", security_group_id=group.id, cidr_ipv4="10.0.0.0/16",
    ip_protocol="tcp", from_port=2049, to_port=2049)
aws.ec2.VpcEndpoint("s3", vpc_id=vpc.id, service_name="com.amazonaws.us-east-1.s3",
                    vpc_endpoint_type="Gateway", route_table_ids=[table.id])
system = aws.efs.FileSystem("system", encrypted=True, throughput_mode="elastic")
point = aws.efs.AccessPoint("point", file_system_id=system.id,
    posix_user={{"uid": 1000, "gid": 1000}}, root_directory={{"path": "/a", "creation_info":
                     {{"owner_uid": 1000, "owner_gid": 1000, "permissions": "0755"}}}})
target = aws.efs.MountTarget("target", file_system_id=system.id, subnet_id=subnet.id,
                             security_groups=[group.id])
aws.efs.FileSystemPolicy("policy", file_system_id=system.id, policy=system.arn.apply(
    lambda arn: json.dumps({{"Version": "2012-10-17", "Statement": [{{
        "Effect": "Deny", "Principal": {{"AWS": "*"}}, "Resource": arn,
        "Action": "elasticfilesystem:ClientRootAccess"}}]}})))
log = aws.cloudwatch.LogGroup("log", name="/small/log", retention_in_days=14)
role = aws.iam.Role("role", assume_role_policy={TRUST!r})
rights = aws.iam.RolePolicy("rights", role=role.id, policy=system.arn.apply(lambda arn: json.dumps(
    {{"Version": "2012-10-17", "Statement": [
        {{"Effect": "Allow", "Action": ["elasticfilesystem:ClientMount"], "Resource": arn}},
        {{"Effect": "Allow", "Action": ["ec2:*"], "Resource": "*"}}]}})))
attached = aws.iam.RolePolicyAttachment("attached", role=role.name, policy_arn=
    "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole")
cluster = aws.ecs.Cluster("cluster")
task = aws.ecs.TaskDefinition("task", family="small", cpu="256", memory="512",
    network_mode="awsvpc", requires_compatibilities=["FARGATE"],
    execution_role_arn=role.arn, task_role_arn=role.arn, ephemeral_storage={{"size_in_gib": 30}},
    container_definitions=json.dumps([{{"name": "c", "image": "i", "essential": True}}]),
    volumes=[{{"name": "efs", "efs_volume_configuration": {{
        "file_system_id": system.id, "transit_encryption": "ENABLED",
        "authorization_config": {{"access_point_id": point.id, "iam": "ENABLED"}}}}}}])
function = aws.lambda_.Function("function", role=role.arn, runtime="python3.11", handler="app.main",
    publish=True, memory_size=256, timeout=9, architectures=["x86_64"],
    ephemeral_storage={{"size": 600}}, environment={{"variables": {{"lower_case": "x"}}}},
    code=pulumi.AssetArchive({{"app.py": pulumi.StringAsset("def main(event, _): return event")}}),
    file_system_config={{"arn": point.arn, "local_mount_path": "/mnt/a"}},
    vpc_config={{"subnet_ids": [subnet.id], "security_group_ids": [group.id]}},
    logging_config={{"log_format": "JSON", "log_group": log.name}},
    reserved_concurrent_executions=7,
    opts=pulumi.ResourceOptions(depends_on=[target, rights, attached]))
bucket = aws.s3.Bucket("bucket", force_destroy=True, tags={{"Team": "a"}})
aws.s3.BucketOwnershipControls("bucket", bucket=bucket.id,
                               rule={{"object_ownership": "BucketOwnerEnforced"}})
aws.s3.BucketPublicAccessBlock("bucket", bucket=bucket.id, block_public_acls=True,
    block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True)
aws.s3.BucketServerSideEncryptionConfiguration("bucket", bucket=bucket.id, rules=[{{
    "apply_server_side_encryption_by_default": {{"sse_algorithm": "AES256"}}}}])
aws.s3.BucketPolicy("bucket", bucket=bucket.id, policy=bucket.arn.apply(lambda arn: json.dumps(
    {{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Principal": "*",
      "Action": "s3:*", "Resource": [arn, arn + "/*"],
      "Condition": {{"Bool": {{"aws:SecureTransport": "false"}}}}}}]}})))
aws.s3.BucketObjectv2("object", bucket=bucket.id, key="a/b.txt", content_type="text/plain",
                      source=pulumi.StringAsset("hello"))
aws.lambda_.Alias("alias", name="live", function_name=function.name,
                  function_version=function.version)
aws.lambda_.Permission("call", function=function.name, action="lambda:InvokeFunction",
                       principal="123456789012")
aws.lambda_.FunctionUrl("url", function_name=function.name, authorization_type="AWS_IAM",
                        qualifier="live")
aws.lambda_.FunctionUrl("plain", function_name=function.name, authorization_type="AWS_IAM")
scaled = aws.appautoscaling.Target("scaled", service_namespace="lambda", min_capacity=1,
    max_capacity=2, scalable_dimension="lambda:function:ProvisionedConcurrency",
    resource_id=pulumi.Output.concat("function:", function.name, ":live"))
aws.appautoscaling.Policy("scaled", policy_type="TargetTrackingScaling",
    service_namespace=scaled.service_namespace, resource_id=scaled.resource_id,
    scalable_dimension=scaled.scalable_dimension, target_tracking_scaling_policy_configuration={{
        "target_value": 0.7, "predefined_metric_specification": {{
            "predefined_metric_type": "LambdaProvisionedConcurrencyUtilization"}}}})
aws.sqs.Queue("queue", message_retention_seconds=60, sqs_managed_sse_enabled=True)
api = aws.apigatewayv2.Api("api", protocol_type="HTTP")
way = aws.apigatewayv2.Integration("api", api_id=api.id, integration_type="AWS_PROXY",
    integration_uri=function.arn, payload_format_version="2.0", timeout_milliseconds=5000)
aws.apigatewayv2.Route("api", api_id=api.id, route_key="POST /",
                       target=pulumi.Output.concat("integrations/", way.id))
aws.apigatewayv2.Stage("api", api_id=api.id, name="$default", auto_deploy=True)
aws.sfn.StateMachine("machine", role_arn=role.arn, definition=json.dumps(
    {{"StartAt": "A", "States": {{"A": {{"Type": "Succeed"}}}}}}))
key = aws.kms.Key("key", enable_key_rotation=True, tags={{"Team": "a"}})
topic = aws.sns.Topic("topic", kms_master_key_id=key.arn)
aws.sns.TopicPolicy("topic", arn=topic.arn, policy=topic.arn.apply(lambda arn: json.dumps(
    {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Resource": arn,
      "Action": "sns:Publish", "Principal": {{"Service": "cloudwatch.amazonaws.com"}}}}]}})))
part = {{"namespace": "AWS/EFS", "dimensions": {{"FileSystemId": system.id}}, "period": 60}}
aws.cloudwatch.MetricAlarm("alarm", comparison_operator="GreaterThanThreshold", threshold=1,
    evaluation_periods=1, alarm_actions=[topic.arn], ok_actions=[topic.arn], metric_queries=[
        {{"id": "m", "metric": {{**part, "metric_name": "MeteredIOBytes", "stat": "Sum"}}}},
        {{"id": "e", "expression": "m / PERIOD(m)", "label": "rate", "return_data": True}}])
aws.cloudwatch.Dashboard("shown", dashboard_name="shown", dashboard_body='{{"widgets": []}}')
rule = aws.cloudwatch.EventRule("rule", event_pattern='{{"source": ["aws.ecs"]}}')
aws.cloudwatch.EventTarget("rule", rule=rule.name, arn=topic.arn, input_transformer={{
    "input_paths": {{"task": "$.detail.taskArn"}}, "input_template": '"<task> failed"'}})
"""
