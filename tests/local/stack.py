"""A small program on the cloud, made call by call."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from typing import Any

import boto3
from botocore.config import Config

from local.cloud import Cloud
from tests.processes import eventually

PATH = "/mnt/shared"


TOKEN = "libraries"


CLIENT = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]


def client(cloud: Cloud, service: str, region: str | None = None, **settings: Any) -> Any:
    """A client that knows nothing but the cloud."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name=region or cloud.region,
        endpoint_url=cloud.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(**settings),
    )


def zipped(source: str) -> bytes:
    """A deployment package with one module, `app`."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("app.py", source)
    return data.getvalue()


class Stack:
    """A network, a file system with an access point, roles, and what the tests add."""

    def __init__(
        self,
        cloud: Cloud,
    ) -> None:
        self.cloud = cloud
        self.ec2, self.efs, self.ecs, self.iam, self.lambda_, self.logs = (
            client(cloud, name) for name in ("ec2", "efs", "ecs", "iam", "lambda", "logs")
        )
        self._network()
        self._store()
        self._roles()
        self.ecs.create_cluster(clusterName="main")
        self.logs.create_log_group(logGroupName="/tasks")

    def _network(self) -> None:
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        self.subnets = [
            self.ec2.create_subnet(
                VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}"
            )["Subnet"]["SubnetId"]
            for n, zone in enumerate("ab")
        ]
        # A task with a public address reaches the internet, a function does not.
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        tables = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])
        self.table = tables["RouteTables"][0]["RouteTableId"]
        self.ec2.create_route(
            RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
        )
        self.target_group, self.client_group = (
            self.ec2.create_security_group(GroupName=n, Description=n, VpcId=self.vpc)["GroupId"]
            for n in ("targets", "clients")
        )
        self.nfs: Any = {
            "IpProtocol": "tcp",
            "FromPort": 2049,
            "ToPort": 2049,
            "UserIdGroupPairs": [{"GroupId": self.client_group}],
        }
        self.ec2.authorize_security_group_ingress(
            GroupId=self.target_group, IpPermissions=[self.nfs]
        )

    def _store(self) -> None:
        system = self.efs.create_file_system(CreationToken=TOKEN, ThroughputMode="elastic")
        self.file_system, self.file_system_arn = system["FileSystemId"], system["FileSystemArn"]
        point = self.efs.create_access_point(
            ClientToken=TOKEN,
            FileSystemId=self.file_system,
            PosixUser={"Uid": 1000, "Gid": 1000},
            RootDirectory={
                "Path": "/data",
                "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0755"},
            },
        )
        self.point, self.point_arn = point["AccessPointId"], point["AccessPointArn"]
        self.set_policy(
            Effect="Deny", Action="*", Condition={"Bool": {"aws:SecureTransport": "false"}}
        )
        for subnet in self.subnets:
            self.efs.create_mount_target(
                FileSystemId=self.file_system, SubnetId=subnet, SecurityGroups=[self.target_group]
            )

    def set_policy(self, **statement: Any) -> None:
        """The file system policy: one statement for everyone."""
        every = {"Principal": {"AWS": "*"}, "Resource": self.file_system_arn}
        document = {"Version": "2012-10-17", "Statement": [every | statement]}
        self.efs.put_file_system_policy(FileSystemId=self.file_system, Policy=json.dumps(document))

    def _roles(self) -> None:
        self.task_role = self.role("task", "ecs-tasks", [self.client_statement(*CLIENT)])
        log = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
        self.execution_role = self.role("execution", "ecs-tasks", [log])
        self.network = {"Effect": "Allow", "Action": "ec2:*NetworkInterface*", "Resource": "*"}
        self.reader_role = self.role(
            "reader", "lambda", [log, self.network, self.client_statement(CLIENT[0])]
        )

    def client_statement(self, *actions: str) -> dict[str, Any]:
        """Allows `actions` on the file system through the access point."""
        through = {"StringEquals": {"elasticfilesystem:AccessPointArn": self.point_arn}}
        every = {"Effect": "Allow", "Resource": self.file_system_arn, "Condition": through}
        return every | {"Action": list(actions)}

    def role(self, name: str, service: str, statements: list[dict[str, Any]]) -> str:
        """A role with one inline policy."""
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": f"{service}.amazonaws.com"},
        }
        role = self.iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        self.allow(name, statements)
        return str(role["Role"]["Arn"])

    def allow(self, role: str, statements: list[dict[str, Any]]) -> None:
        """Replace a role's inline policy, or take it away."""
        if not statements:
            self.iam.delete_role_policy(RoleName=role, PolicyName="p")
            return
        self.iam.put_role_policy(
            RoleName=role,
            PolicyName="p",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
        )

    def definition(self, source: str, **changes: Any) -> dict[str, Any]:
        """A request for a task definition that runs `source` as Python."""
        container = {
            "name": "main",
            "image": "python:3.11",
            "entryPoint": ["python3", "-u", "-c", source],
            "mountPoints": [{"sourceVolume": "efs", "containerPath": PATH}],
            "stopTimeout": 2,
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/tasks",
                    "awslogs-region": "us-east-1",
                    "awslogs-stream-prefix": "run",
                },
            },
        }
        efs = {
            "fileSystemId": self.file_system,
            "transitEncryption": "ENABLED",
            "authorizationConfig": {"accessPointId": self.point, "iam": "ENABLED"},
        }
        request = {
            "family": "job",
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "256",
            "memory": "512",
            "taskRoleArn": self.task_role,
            "executionRoleArn": self.execution_role,
            "containerDefinitions": [container | changes.pop("container", {})],
            "volumes": [{"name": "efs", "efsVolumeConfiguration": efs | changes.pop("efs", {})}],
            **changes,
        }
        return {key: value for key, value in request.items() if value is not None}

    @property
    def placed(self) -> dict[str, Any]:
        """Where a task runs."""
        place = {"subnets": self.subnets, "securityGroups": [self.client_group]}
        return {"awsvpcConfiguration": {**place, "assignPublicIp": "ENABLED"}}

    def run(self, source: str, *, request: dict[str, Any] | None = None, **changes: Any) -> Any:
        """Register and run; the task as RunTask gives it."""
        registered = self.ecs.register_task_definition(**self.definition(source, **changes))
        answer = self.ecs.run_task(
            **{
                "cluster": "main",
                "taskDefinition": registered["taskDefinition"]["taskDefinitionArn"],
                "launchType": "FARGATE",
                "networkConfiguration": self.placed,
                **(request or {}),
            }
        )
        return answer["tasks"][0]

    def task(self, task: Any) -> Any:
        """The task now."""
        return self.ecs.describe_tasks(cluster="main", tasks=[task["taskArn"]])["tasks"][0]

    def ended(self, task: Any) -> Any:
        """The task when it has stopped."""
        eventually(lambda: self.task(task)["lastStatus"] == "STOPPED")
        return self.task(task)

    def lines(self, group: str = "/tasks") -> list[str]:
        """All lines of a log group."""
        found = self.logs.filter_log_events(logGroupName=group)["events"]
        return [event["message"] for event in found]

    def create_function(self, source: str, **changes: Any) -> Any:
        """Create the function `reader` with the handler `app.handler`."""
        request = {
            "FunctionName": "reader",
            "Runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
            "Handler": "app.handler",
            "Role": self.reader_role,
            "Code": {"ZipFile": zipped(source)},
            "Timeout": 10,
            "VpcConfig": {
                "SubnetIds": self.subnets,
                "SecurityGroupIds": [self.client_group],
            },
            "FileSystemConfigs": [{"Arn": self.point_arn, "LocalMountPath": PATH}],
            **changes,
        }
        return self.lambda_.create_function(
            **{key: value for key, value in request.items() if value is not None}
        )

    def invoke(self, event: object = None, **more: Any) -> tuple[Any, Any]:
        """Call the function: its answer, and all that came with it."""
        payload = json.dumps(event).encode()
        answer = self.lambda_.invoke(FunctionName="reader", Payload=payload, **more)
        return json.loads(answer["Payload"].read() or b"null"), answer
