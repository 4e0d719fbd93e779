"""Ordinary sound functions on EFS."""

from typing import Any

from ...building import (
    MOUNT,
    PYTHON,
    WRITE,
    Build,
    Json,
    Net,
    Store,
    access_point,
    allow,
    client,
    command_run,
    container,
    document,
    file_system,
    function,
    group,
    installer,
    loading,
    network,
    populated,
    role,
    rule,
    run,
    store,
    stored,
    target,
    task,
    volume,
)
from ...table import FORM, REACH, Cases, note, wrong
from .. import sources

CASES = Cases()


@CASES.sound(sources.LAMBDA_EFS)
def function_with_models(p: Build) -> None:
    net = network(p, "abc")
    s = store(p, net, "models")
    reader = client(p, "reader", s, MOUNT)
    function(p, "predict", net, s, "/mnt/models", role=reader, memorySize=4096)


@CASES.sound(sources.LAMBDA_ROLE)
def functions_that_exchange_files(p: Build) -> None:
    net, s = stored(p)
    for name in ("upload", "convert", "download"):
        function(p, name, net, s, "/mnt/files", runtime="nodejs22.x", handler="index.handler")


@CASES.sound(sources.LAMBDA_ENVIRONMENT)
def libraries_by_a_task(p: Build) -> None:
    populated(p)


@CASES.sound(sources.LAMBDA_ENVIRONMENT, may_note=True)
def libraries_by_a_command_line(p: Build) -> None:
    net, s = stored(p)
    once = command_run(p, "install", installer(p, s), net, after=s.targets)
    loading(p, net, s, once)


@CASES.sound(sources.LAMBDA_EFS)
def function_from_an_image(p: Build) -> None:
    net, s = stored(p)
    uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:" + "0" * 64
    image: dict[str, Any] = {
        "packageType": "Image",
        "imageUri": uri,
        "runtime": None,
        "handler": None,
    }
    function(p, "app", net, s, imageConfig={"commands": ["app.handler"]}, **image)


@CASES.sound(sources.LAMBDA_EFS)
def function_on_arm(p: Build) -> None:
    net = network(p, "a")
    s = store(p, net)
    function(p, "app", net, s, architectures=["arm64"], layers=["arn:aws:lambda:x:1:layer:y:1"])


@CASES.sound(sources.LAMBDA_ENVIRONMENT)
def libraries_on_arm(p: Build) -> None:
    platform = {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}
    populated(p, task_props={"runtimePlatform": platform}, architectures=["arm64"])


@CASES.sound(sources.LAMBDA_ENVIRONMENT)
def libraries_by_the_build_image(p: Build) -> None:
    populated(p, image="public.ecr.aws/sam/build-python3.12:1.120")


@CASES.sound(sources.LAMBDA_ENVIRONMENT)
def libraries_by_a_copy_of_the_base_image(p: Build) -> None:
    populated(p, image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/lambda/python:3.12")


@CASES.sound(sources.LAMBDA_ENVIRONMENT)
def libraries_for_two_pythons_side_by_side(p: Build) -> None:
    pair = populated(p)
    writer = client(p, "writer-13", pair.s, service="ecs-tasks")
    words = ["pip", "install", "-t", "/mnt/data/python313", "numpy"]
    installs = container("install", PYTHON.replace("3.12", "3.13"), "/mnt/data", command=words)
    of = task(p, "install-13", [installs], [volume(pair.s)], writer)
    once = run(p, "install-13", of, pair.net, after=pair.s.targets)
    after = [*pair.s.targets, pair.run, once]
    names = {"PYTHONPATH": "/mnt/data/python313"}
    rights = client(p, "reader-13", pair.s, MOUNT)
    function(
        p, "new", pair.net, pair.s, role=rights, runtime="python3.13", after=after, variables=names
    )


@CASES.sound(sources.PULUMI_PROVIDER)
def one_program_for_two_regions(p: Build) -> None:
    for region in ("eu-west-1", "us-east-1"):
        with p.in_region(region):
            net = network(p, region=region)
            function(p, "app", net, store(p, net))


@CASES.sound(sources.LAMBDA_EFS)
def backups_and_replication_beside(p: Build) -> None:
    net, s = stored(p)
    function(p, "app", net, s)
    backup = {"fileSystemId": s.fs.id, "backupPolicy": {"status": "ENABLED"}}
    p.add("aws:efs/backupPolicy:BackupPolicy", "data", backup)
    copy = {"sourceFileSystemId": s.fs.id, "destination": {"region": "eu-central-1"}}
    p.add("aws:efs/replicationConfiguration:ReplicationConfiguration", "data", copy)


@CASES.sound(sources.LAMBDA_EFS, may_note=True)
def alarms_and_parameters_beside(p: Build) -> None:
    net, s = stored(p)
    function(p, "app", net, s)
    dimensions = {"FileSystemId": s.fs.id}
    p.add("aws:cloudwatch/metricAlarm:MetricAlarm", "credits", {"dimensions": dimensions})
    p.add(
        "aws:ssm/parameter:Parameter",
        "fs",
        {"name": "/acme/fs", "type": "String", "value": s.fs.id},
    )
    p.add("aws:backup/selection:Selection", "fs", {"resources": [s.fs.arn]})


@CASES.sound(sources.LAMBDA_EFS)
def function_with_an_alias_and_a_url(p: Build) -> None:
    net, s = stored(p)
    one = function(p, "app", net, s, publish=True)
    props = {"functionName": one.out("name"), "functionVersion": one.out("version")}
    alias = p.add("aws:lambda/alias:Alias", "live", {**props, "name": "live"})
    url = {
        "functionName": one.out("name"),
        "qualifier": alias.out("name"),
        "authorizationType": "AWS_IAM",
    }
    p.add("aws:lambda/functionUrl:FunctionUrl", "app", url)


@CASES.sound(sources.LAMBDA_EFS)
def everything_in_components(p: Build) -> None:
    storage = p.add("acme:storage:Shared", "storage")
    net, s = stored(p)
    for one in p.resources[1:]:
        one.parent = storage
    app = p.add("acme:app:Service", "app", after=[storage])
    function(p, "app", net, s, after=[]).parent = app


@CASES.sound(sources.LAMBDA_EFS)
def default_network_by_ids(p: Build) -> None:
    """The default VPC's subnets, looked up, and groups of the program."""
    ids = [f"subnet-0000000000000000{n}" for n in (1, 2)]
    clients = group(p, "clients", None)
    nfs = group(p, "nfs", None, rule(2049, clients.id))
    fs = file_system(p)
    targets = [
        target(p, f"t{n}", fs, one, nfs, zone=f"eu-west-1{n}")
        for n, one in zip("ab", ids, strict=True)
    ]
    s = Store(fs, access_point(p, "data", fs), targets)
    net = Net(clients, [], [], clients, nfs)
    function(p, "app", net, s, subnets=ids, groups=[clients])


@CASES.sound(sources.LAMBDA_S3FILES, note("app"))
def function_on_s3_files(p: Build) -> None:
    net = network(p)
    fs = "arn:aws:s3files:eu-west-1:111122223333:file-system/fs-0123456789abcdef0"
    rights = role(p, "app", allow(["s3files:ClientMount"], fs))
    function(p, "app", net, None, role=rights, ap=f"{fs}/access-point/fsap-0123456789abcdef0")


@CASES.wrong(sources.LAMBDA_S3FILES, wrong(FORM, "app", "/data"))
def function_on_s3_files_at_a_path_that_lambda_refuses(p: Build) -> None:
    net = network(p)
    fs = "arn:aws:s3files:eu-west-1:111122223333:file-system/fs-0123456789abcdef0"
    rights = role(p, "app", allow(["s3files:ClientMount"], fs))
    ap = f"{fs}/access-point/fsap-0123456789abcdef0"
    function(p, "app", net, None, "/data", role=rights, ap=ap)


@CASES.wrong(sources.LAMBDA_EFS, wrong(FORM, "app", "/mnt/data/models"))
def function_at_a_path_of_two_levels(p: Build) -> None:
    net = network(p)
    function(p, "app", net, store(p, net), "/mnt/data/models")


@CASES.wrong(sources.LAMBDA_EFS, wrong(REACH, "app", "app", "data", "vpcConfig"))
def function_outside_a_vpc(p: Build) -> None:
    net = network(p)
    function(p, "app", net, store(p, net), vpcConfig=None)


@CASES.sound(sources.LAMBDA_EFS)
def functions_and_storage_of_a_framework(p: Build) -> None:
    """Components of a framework, each with the resources below it, and rights by the role."""
    net = network(p)
    outer = p.add("sst:aws:Vpc", "Network")
    for one in list(p.resources[:-1]):
        one.parent = outer
    files = p.add("sst:aws:Efs", "Files")
    s = store(p, net)
    for one in (s.fs, s.ap, *s.targets):
        one.parent = files
    crate = p.add("sst:aws:Function", "Api", after=[files])
    text = Json(document(allow([MOUNT, WRITE], s.fs.arn)))
    inline = [{"name": "inline", "policy": text}]
    rights = role(p, "ApiRole", inlinePolicies=inline)
    rights.parent = crate
    one = function(p, "ApiFunction", net, s, role=rights, after=[files], runtime="nodejs22.x")
    one.parent = crate
