"""Ordinary sound programs of all sorts, and what else is in an account."""

from typing import Any

from . import sources
from .aws import (
    ANYWHERE,
    FUNCTION,
    INSTALL,
    MOUNT,
    PYTHON,
    WRITE,
    Net,
    Store,
    access_point,
    allow,
    client,
    command_run,
    container,
    file_system,
    function,
    group,
    network,
    placed,
    populated,
    role,
    rule,
    run,
    schedule,
    service,
    store,
    target,
    task,
    through,
    volume,
    zone_of,
)
from .build import Build
from .table import Cases, note

CASES = Cases()


@CASES.sound(sources.LAMBDA_EFS)
def function_with_models(p: Build) -> None:
    net = network(p, "abc")
    s = store(p, net, "models")
    reader = client(p, "reader", s, MOUNT)
    function(p, "predict", net, s, "/mnt/models", role=reader, memorySize=4096)


@CASES.sound(sources.LAMBDA_ROLE)
def functions_that_exchange_files(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    for name in ("upload", "convert", "download"):
        function(p, name, net, s, "/mnt/files", runtime="nodejs22.x", handler="index.handler")


@CASES.sound(sources.LAMBDA_ENVIRONMENT)
def libraries_by_a_task(p: Build) -> None:
    populated(p)


@CASES.sound(sources.LAMBDA_ENVIRONMENT, may_note=True)
def libraries_by_a_command_line(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    installs = container("install", PYTHON, "/mnt/data", command=list(INSTALL))
    writer = client(p, "writer", s, service="ecs-tasks")
    of = task(p, "install", [installs], [volume(s)], writer)
    once = command_run(p, "install", of, net, after=s.targets)
    reader = client(p, "reader", s, MOUNT)
    names = {"PYTHONPATH": "/mnt/data/python"}
    function(p, "infer", net, s, role=reader, after=[*s.targets, once], variables=names)


@CASES.sound(sources.ECS_EFS)
def wordpress(p: Build) -> None:
    net = network(p)
    balancer = group(p, "balancer", net.vpc, rule(443, blocks=[ANYWHERE]))
    web = group(p, "web", net.vpc, rule(80, balancer.id))
    nfs = group(p, "storage", net.vpc, rule(2049, web.id))
    fs = file_system(p, "wp", throughputMode="elastic")
    targets = [target(p, f"wp-{zone_of(one)}", fs, one, nfs) for one in net.private]
    ap = access_point(p, "wp", fs, "/wp-content", uid=33)
    s = Store(fs, ap, targets)
    database = p.add(
        "aws:rds/cluster:Cluster", "db", {"engine": "aurora-mysql"}, made={"endpoint": "db"}
    )
    names = [{"name": "WORDPRESS_DB_HOST", "value": database.out("endpoint")}]
    php = container("wp", "wordpress:6.6", "/var/www/html/wp-content", environment=names)
    of = task(p, "wp", [php], [volume(s)], client(p, "wp", s, service="ecs-tasks"))
    where = placed(net, securityGroups=[web.id])
    service(p, "wp", of, net, networkConfiguration=where, desiredCount=2)


@CASES.sound(sources.ECS_EFS)
def jupyter(p: Build) -> None:
    net = network(p)
    s = store(p, net, "home")
    lab = container("lab", "quay.io/jupyter/scipy-notebook:2026-10-01", "/home/jovyan/work")
    of = task(p, "lab", [lab], [volume(s)], client(p, "lab", s, service="ecs-tasks"))
    service(p, "lab", of, net, after=s.targets, enableExecuteCommand=True)


@CASES.sound(sources.ECS_EFS)
def jenkins_with_agents(p: Build) -> None:
    net = network(p)
    s = store(p, net, "jenkins")
    rights = client(p, "jenkins", s, service="ecs-tasks")
    main = container("main", "jenkins/jenkins:lts-jdk21", "/var/jenkins_home")
    service(p, "main", task(p, "main", [main], [volume(s)], rights), net)
    agent = container("agent", "jenkins/inbound-agent:jdk21")
    service(p, "agents", task(p, "agents", [agent], None, None), net, desiredCount=4)


@CASES.sound(sources.ECS_EFS)
def workflows_that_share_their_graphs(p: Build) -> None:
    net = network(p)
    s = store(p, net, "dags")
    rights = client(p, "airflow", s, service="ecs-tasks")
    for name in ("webserver", "scheduler", "worker"):
        one = container(name, "apache/airflow:2.10.2", "/opt/airflow/dags", command=[name])
        service(p, name, task(p, name, [one], [volume(s)], rights), net)


@CASES.sound(sources.ECS_EFS)
def nightly_processing(p: Build) -> None:
    net = network(p)
    s = store(p, net, "lake")
    job = container("job", "acme/etl:4", "/data", command=["etl", "--out", "/data/daily"])
    of = task(p, "etl", [job], [volume(s)], client(p, "etl", s, service="ecs-tasks"))
    schedule(p, "nightly", of, net, launchType="FARGATE", platformVersion="LATEST")


@CASES.sound(sources.ECS_EFS)
def processing_by_the_scheduler(p: Build) -> None:
    net = network(p)
    s = store(p, net, "lake")
    job = container("job", "acme/etl:4", "/data")
    of = task(p, "etl", [job], [volume(s)], client(p, "etl", s, service="ecs-tasks"))
    props = {
        "scheduleExpression": "cron(0 3 * * ? *)",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {
            "arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/main",
            "roleArn": "arn:aws:iam::111122223333:role/scheduler",
            "ecsParameters": {"taskDefinitionArn": of.arn, "networkConfiguration": placed(net)},
        },
    }
    p.add("aws:scheduler/schedule:Schedule", "nightly", props)


@CASES.sound(sources.ECS_EFS)
def build_runners_with_a_cache(p: Build) -> None:
    net = network(p)
    s = store(p, net, "cache")
    env = [{"name": "PIP_CACHE_DIR", "value": "/cache/pip"}]
    runner = container("runner", "gitlab/gitlab-runner:v17", "/cache", environment=env)
    of = task(p, "runner", [runner], [volume(s)], client(p, "runner", s, service="ecs-tasks"))
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    service(p, "runner", of, net, launchType=None, capacityProviderStrategies=spot)


@CASES.sound(sources.ECS_EFS)
def metrics_with_two_volumes(p: Build) -> None:
    net = network(p)
    s = store(p, net, "prometheus")
    other = Store(s.fs, access_point(p, "grafana", s.fs, uid=472), s.targets)
    grants = [allow([MOUNT, WRITE], s.fs.arn, **through(one.ap)) for one in (s, other)]
    rights = role(p, "metrics", *grants, service="ecs-tasks")
    containers = [
        container("prometheus", "prom/prometheus:v2.54", "/prometheus", volume="prometheus"),
        container("grafana", "grafana/grafana:11.2", "/var/lib/grafana", volume="grafana"),
    ]
    volumes = [volume(s, "prometheus"), volume(other, "grafana")]
    service(p, "metrics", task(p, "metrics", containers, volumes, rights), net)


@CASES.sound(sources.ECS_EFS)
def sidecar_and_scratch_volume(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    app = container("app", "acme/app:2", "/srv/data", command=["app", "--tmp", "/mnt/scratch"])
    app["mountPoints"].append({"sourceVolume": "scratch", "containerPath": "/mnt/scratch"})
    agent = container("agent", "datadog/agent:7", command=["agent", "--conf", "/etc/datadog"])
    rights = client(p, "app", s, service="ecs-tasks")
    of = task(p, "app", [app, agent], [volume(s), {"name": "scratch"}], rights)
    service(p, "app", of, net)


@CASES.sound(sources.ECS_EFS, may_note=True)
def tasks_on_instances(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    app = container("app", "acme/app:2", "/srv/data")
    rights = client(p, "app", s, service="ecs-tasks")
    of = task(
        p, "app", [app], [volume(s)], rights, requiresCompatibilities=["EC2"], networkMode="bridge"
    )
    p.add("aws:ecs/service:Service", "app", {"taskDefinition": of.arn, "launchType": "EC2"})


@CASES.sound(sources.LAMBDA_EFS)
def function_from_an_image(p: Build) -> None:
    net = network(p)
    s = store(p, net)
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


@CASES.sound(sources.EFS_CLIENTS)
def website_without_a_file_system(p: Build) -> None:
    bucket = p.add("aws:s3/bucket:Bucket", "site", {"bucket": "acme-site"})
    props = {"enabled": True, "origins": [{"domainName": bucket.out("bucketRegionalDomainName")}]}
    p.add("aws:cloudfront/distribution:Distribution", "site", props)


@CASES.sound(sources.EFS_CLIENTS)
def service_without_a_file_system(p: Build) -> None:
    table_ = p.add(
        "aws:dynamodb/table:Table",
        "items",
        {"name": "items", "hashKey": "id"},
        made={"arn": "arn:aws:dynamodb:eu-west-1:111122223333:table/items"},
    )
    rights = role(p, "api", allow(["dynamodb:GetItem", "dynamodb:PutItem"], table_.arn))
    props = {"runtime": "nodejs22.x", "handler": "index.handler", "role": rights.arn, "timeout": 3}
    api = p.add(FUNCTION, "api", props)
    p.add("aws:apigatewayv2/api:Api", "api", {"protocolType": "HTTP", "target": api.arn})
    p.add("aws:cloudwatch/logGroup:LogGroup", "api", {"retentionInDays": 14})


@CASES.sound(sources.EFS_CLIENTS)
def queue_and_workers_without_a_file_system(p: Build) -> None:
    net = network(p)
    queue = p.add(
        "aws:sqs/queue:Queue",
        "jobs",
        {"name": "jobs"},
        made={"arn": "arn:aws:sqs:eu-west-1:111122223333:jobs"},
    )
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    rights = role(p, "worker", allow(actions, queue.arn), service="ecs-tasks")
    env = [{"name": "QUEUE", "value": queue.id}]
    of = task(p, "worker", [container("worker", "acme/worker:1", environment=env)], None, rights)
    service(p, "worker", of, net)


@CASES.sound(sources.LAMBDA_EFS)
def backups_and_replication_beside(p: Build) -> None:
    net = network(p)
    s = store(p, net)
    function(p, "app", net, s)
    backup = {"fileSystemId": s.fs.id, "backupPolicy": {"status": "ENABLED"}}
    p.add("aws:efs/backupPolicy:BackupPolicy", "data", backup)
    copy = {"sourceFileSystemId": s.fs.id, "destination": {"region": "eu-central-1"}}
    p.add("aws:efs/replicationConfiguration:ReplicationConfiguration", "data", copy)


@CASES.sound(sources.LAMBDA_EFS, may_note=True)
def alarms_and_parameters_beside(p: Build) -> None:
    net = network(p)
    s = store(p, net)
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
    net = network(p)
    s = store(p, net)
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
    net = network(p)
    s = store(p, net)
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
    config = {"subnetIds": ids, "securityGroupIds": [clients.id]}
    net = Net(clients, [], [], clients, nfs)
    function(p, "app", net, s, vpcConfig=config)


@CASES.sound(sources.LAMBDA_S3FILES, note("app"))
def function_on_s3_files(p: Build) -> None:
    net = network(p)
    fs = "arn:aws:s3files:eu-west-1:111122223333:file-system/fs-0123456789abcdef0"
    rights = role(p, "app", allow(["s3files:ClientMount"], fs))
    function(p, "app", net, None, role=rights, ap=f"{fs}/access-point/fsap-0123456789abcdef0")
