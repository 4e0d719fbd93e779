"""Clients of a file system that the packs do not read: one line each, never none."""

from typing import Any

from ...building import (
    ACCOUNT,
    MOUNT,
    Base64,
    Build,
    Json,
    Net,
    Store,
    client,
    function,
    join,
    stored,
)
from ...table import Cases, note
from .. import sources

CASES = Cases()


def beside(p: Build) -> tuple[Net, Store]:
    """A file system with a sound function on it."""
    net, s = stored(p)
    function(p, "app", net, s)
    return net, s


def efs_volume(s: Store, **more: Any) -> dict[str, Any]:
    return {
        "fileSystemId": s.fs.id,
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": s.ap.id, "iam": "ENABLED"},
        **more,
    }


@CASES.sound(sources.EFS_CLIENTS, note("'train'"))
def batch_job(p: Build) -> None:
    _, s = beside(p)
    props = {
        "image": "acme/train:1",
        "jobRoleArn": f"arn:aws:iam::{ACCOUNT}:role/train",
        "volumes": [{"name": "efs", "efsVolumeConfiguration": efs_volume(s)}],
        "mountPoints": [{"sourceVolume": "efs", "containerPath": "/mnt/data"}],
    }
    given = {"name": "train", "type": "container", "containerProperties": Json(props)}
    p.add("aws:batch/jobDefinition:JobDefinition", "train", given)


@CASES.sound(sources.EFS_CLIENTS, note("'train'"))
def batch_job_by_file_system(p: Build) -> None:
    _, s = beside(p)
    volumes = [{"name": "efs", "efsVolumeConfiguration": {"fileSystemId": s.fs.id}}]
    given = {
        "name": "train",
        "type": "container",
        "containerProperties": Json({"volumes": volumes}),
    }
    p.add("aws:batch/jobDefinition:JobDefinition", "train", given)


@CASES.sound(sources.EFS_CLIENTS, note("'build'"))
def code_build_project(p: Build) -> None:
    _, s = beside(p)
    location = {
        "type": "EFS",
        "identifier": "cache",
        "location": join(s.fs.id, ".efs.eu-west-1.amazonaws.com:/data"),
        "mountPoint": "/mnt/data",
    }
    p.add("aws:codebuild/project:Project", "build", {"fileSystemLocations": [location]})


@CASES.sound(sources.EFS_CLIENTS, note("'build'"))
def code_build_project_by_name(p: Build) -> None:
    _, s = beside(p)
    location = {
        "type": "EFS",
        "location": join(s.fs.out("dnsName"), ":/"),
        "mountPoint": "/mnt/data",
    }
    p.add("aws:codebuild/project:Project", "build", {"fileSystemLocations": [location]})


@CASES.sound(sources.EFS_CLIENTS, note("'copy'"))
def data_sync_location(p: Build) -> None:
    net, s = beside(p)
    given = {
        "efsFileSystemArn": s.fs.arn,
        "accessPointArn": s.ap.arn,
        "ec2Config": {"subnetArn": net.private[0].arn, "securityGroupArns": [net.clients.arn]},
    }
    p.add("aws:datasync/efsLocation:EfsLocation", "copy", given)


@CASES.sound(sources.EFS_CLIENTS, note("'lab'"))
def instance_with_user_data(p: Build) -> None:
    net, s = beside(p)
    script = join("#!/bin/sh\nmount -t efs -o tls ", s.fs.id, ":/ /mnt/data\n")
    given = {"subnetId": net.private[0].id, "userData": script, "instanceType": "t3.small"}
    p.add("aws:ec2/instance:Instance", "lab", given)


@CASES.sound(sources.EFS_CLIENTS, note("'workers'"))
def launch_template_with_user_data(p: Build) -> None:
    """User data of a template travels in base64."""
    _, s = beside(p)
    script = join("#!/bin/sh\nmount -t efs -o tls ", s.fs.id, ":/ /mnt/data\n")
    p.add("aws:ec2/launchTemplate:LaunchTemplate", "workers", {"userData": Base64(script)})


@CASES.sound(sources.EFS_CLIENTS, note("'domain'"))
def sage_maker_domain(p: Build) -> None:
    net, s = beside(p)
    config = {"efsFileSystemConfigs": [{"fileSystemId": s.fs.id, "fileSystemPath": "/data"}]}
    given = {"subnetIds": net.ids, "defaultUserSettings": {"customFileSystemConfigs": [config]}}
    p.add("aws:sagemaker/domain:Domain", "domain", given)


@CASES.sound(sources.EFS_CLIENTS, note("'efs'"))
def storage_class_of_kubernetes(p: Build) -> None:
    _, s = beside(p)
    parameters = {"provisioningMode": "efs-ap", "fileSystemId": s.fs.id, "directoryPerms": "700"}
    given = {"provisioner": "efs.csi.aws.com", "parameters": parameters}
    p.add("kubernetes:storage.k8s.io/v1:StorageClass", "efs", given)


@CASES.sound(sources.EFS_CLIENTS, note("'models'"))
def persistent_volume_of_kubernetes(p: Build) -> None:
    _, s = beside(p)
    csi = {"driver": "efs.csi.aws.com", "volumeHandle": join(s.fs.id, "::", s.ap.id)}
    p.add("kubernetes:core/v1:PersistentVolume", "models", {"spec": {"csi": csi}})


@CASES.sound(sources.EFS_CLIENTS, note("'partner'"))
def transfer_user(p: Build) -> None:
    _, s = beside(p)
    given = {"serverId": "s-1", "userName": "partner", "homeDirectory": join("/", s.fs.id, "/in")}
    p.add("aws:transfer/user:User", "partner", given)


@CASES.sound(sources.EFS_CLIENTS, note("'serverless'"))
def cloud_formation_stack_with_parameters(p: Build) -> None:
    _, s = beside(p)
    given = {
        "templateUrl": "https://acme.example/app.yaml",
        "parameters": {"AccessPoint": s.ap.arn},
    }
    p.add("aws:cloudformation/stack:Stack", "serverless", given)


@CASES.sound(sources.EFS_CLIENTS, note("'worker'"))
def task_definition_of_the_native_provider(p: Build) -> None:
    _, s = beside(p)
    volumes = [{"name": "efs", "efsVolumeConfiguration": {"filesystemId": s.fs.id}}]
    p.add("aws-native:ecs:TaskDefinition", "worker", {"family": "worker", "volumes": volumes})


@CASES.sound(sources.EFS_CLIENTS, note("'mount'"))
def command_over_ssh(p: Build) -> None:
    _, s = beside(p)
    given = {
        "create": join("sudo mount -t efs ", s.fs.id, ":/ /mnt/data"),
        "connection": {"host": "h"},
    }
    p.add("command:remote:Command", "mount", given)


@CASES.sound(sources.EFS_CLIENTS, note("'fleet'"))
def automation_document(p: Build) -> None:
    _, s = beside(p)
    given = {
        "name": "AWS-RunShellScript",
        "parameters": {"commands": join("mount ", s.fs.out("dnsName"))},
    }
    p.add("aws:ssm/association:Association", "fleet", given)


@CASES.sound(sources.EFS_CLIENTS, may_note=True)
def remote_component_with_an_access_point(p: Build) -> None:
    _, s = beside(p)
    p.add("acme:inference:Endpoint", "crate", {"accessPointArn": s.ap.arn, "path": "/mnt/data"})


@CASES.sound(sources.EFS_CLIENTS, may_note=True)
def function_that_fills_by_an_invocation(p: Build) -> None:
    net, s = stored(p)
    filling = function(p, "fill", net, s)
    given = {"functionName": filling.out("name"), "input": "{}"}
    once = p.add("aws:lambda/invocation:Invocation", "fill", given)
    reader = client(p, "reader", s, MOUNT)
    function(p, "app", net, s, role=reader, after=[*s.targets, once])


@CASES.sound(sources.EFS_CLIENTS)
def batch_job_on_another_disk(p: Build) -> None:
    beside(p)
    props = {
        "image": "acme/train:1",
        "volumes": [{"name": "scratch", "host": {"sourcePath": "/tmp"}}],
    }
    given = {"name": "train", "type": "container", "containerProperties": Json(props)}
    p.add("aws:batch/jobDefinition:JobDefinition", "train", given)


@CASES.sound(sources.EFS_CLIENTS)
def instance_without_a_mount(p: Build) -> None:
    net, _ = beside(p)
    given = {"subnetId": net.private[0].id, "userData": "#!/bin/sh\nyum update -y\n"}
    p.add("aws:ec2/instance:Instance", "lab", given)


@CASES.sound(sources.EFS_CLIENTS, note("'train'", "fs-0123456789abcdef0"))
def batch_job_on_a_file_system_made_elsewhere(p: Build) -> None:
    configuration = {"fileSystemId": "fs-0123456789abcdef0", "rootDirectory": "/models"}
    volumes = [{"name": "efs", "efsVolumeConfiguration": configuration}]
    given = {
        "name": "train",
        "type": "container",
        "containerProperties": Json({"volumes": volumes}),
    }
    p.add("aws:batch/jobDefinition:JobDefinition", "train", given)


@CASES.sound(sources.EFS_CLIENTS, note("'legacy'"))
def launch_configuration_with_user_data(p: Build) -> None:
    _, s = beside(p)
    script = join("#!/bin/sh\nmount -t nfs4 ", s.fs.out("dnsName"), ":/ /mnt/data\n")
    given = {"userDataBase64": Base64(script), "imageId": "ami-1", "instanceType": "t3.small"}
    p.add("aws:ec2/launchConfiguration:LaunchConfiguration", "legacy", given)


@CASES.sound(sources.EFS_CLIENTS, note("'ingest'"))
def association_by_the_name_of_a_mount_target(p: Build) -> None:
    """What names a mount target's address or name is a client too."""
    _, s = beside(p)
    given = {"parameters": {"nfsServer": s.targets[0].out("dnsName")}}
    s.targets[0].made["dnsName"] = f"{s.fs.made['id']}.efs.eu-west-1.amazonaws.com"
    p.add("aws:ssm/association:Association", "ingest", given)
