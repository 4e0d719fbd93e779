"""Ordinary sound services and jobs, and programs without a file system."""

from ...building import (
    ANYWHERE,
    FUNCTION,
    MOUNT,
    WRITE,
    Build,
    Json,
    Secret,
    Store,
    access_point,
    allow,
    client,
    container,
    file_system,
    group,
    mounting,
    network,
    placed,
    role,
    rule,
    schedule,
    serve,
    service,
    stored,
    target,
    task,
    through,
    volume,
    zone_of,
)
from ...table import Cases
from .. import sources

CASES = Cases()


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
    of = mounting(p, s, php)
    where = placed(net, securityGroups=[web.id])
    service(p, "wp", of, net, networkConfiguration=where, desiredCount=2)


@CASES.sound(sources.ECS_EFS)
def jupyter(p: Build) -> None:
    net, s = stored(p, "home")
    lab = container("lab", "quay.io/jupyter/scipy-notebook:2026-10-01", "/home/jovyan/work")
    serve(p, net, s, lab, after=s.targets, enableExecuteCommand=True)


@CASES.sound(sources.ECS_EFS)
def jenkins_with_agents(p: Build) -> None:
    net, s = stored(p, "jenkins")
    rights = client(p, "jenkins", s, service="ecs-tasks")
    main = container("main", "jenkins/jenkins:lts-jdk21", "/var/jenkins_home")
    service(p, "main", task(p, "main", [main], [volume(s)], rights), net)
    agent = container("agent", "jenkins/inbound-agent:jdk21")
    service(p, "agents", task(p, "agents", [agent], None, None), net, desiredCount=4)


@CASES.sound(sources.ECS_EFS)
def workflows_that_share_their_graphs(p: Build) -> None:
    net, s = stored(p, "dags")
    rights = client(p, "airflow", s, service="ecs-tasks")
    for name in ("webserver", "scheduler", "worker"):
        one = container(name, "apache/airflow:2.10.2", "/opt/airflow/dags", command=[name])
        service(p, name, task(p, name, [one], [volume(s)], rights), net)


@CASES.sound(sources.ECS_EFS)
def nightly_processing(p: Build) -> None:
    net, s = stored(p, "lake")
    job = container("etl", "acme/etl:4", "/data", command=["etl", "--out", "/data/daily"])
    of = mounting(p, s, job)
    schedule(p, "nightly", of, net, launchType="FARGATE", platformVersion="LATEST")


@CASES.sound(sources.ECS_EFS)
def processing_by_the_scheduler(p: Build) -> None:
    net, s = stored(p, "lake")
    job = container("etl", "acme/etl:4", "/data")
    of = mounting(p, s, job)
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
    net, s = stored(p, "cache")
    env = [{"name": "PIP_CACHE_DIR", "value": "/cache/pip"}]
    runner = container("runner", "gitlab/gitlab-runner:v17", "/cache", environment=env)
    of = mounting(p, s, runner)
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    service(p, "runner", of, net, launchType=None, capacityProviderStrategies=spot)


@CASES.sound(sources.ECS_EFS)
def metrics_with_two_volumes(p: Build) -> None:
    net, s = stored(p, "prometheus")
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
    net, s = stored(p)
    app = container("app", "acme/app:2", "/srv/data", command=["app", "--tmp", "/mnt/scratch"])
    app["mountPoints"].append({"sourceVolume": "scratch", "containerPath": "/mnt/scratch"})
    agent = container("agent", "datadog/agent:7", command=["agent", "--conf", "/etc/datadog"])
    rights = client(p, "app", s, service="ecs-tasks")
    of = task(p, "app", [app, agent], [volume(s), {"name": "scratch"}], rights)
    service(p, "app", of, net)


@CASES.sound(sources.ECS_EFS)
def secret_in_the_environment(p: Build) -> None:
    net, s = stored(p)
    key = p.add("random:index/randomPassword:RandomPassword", "key", made={"result": "a-b-c"})
    env = [{"name": "KEY", "value": key.out("result")}]
    app = container("app", "acme/app:2", "/srv/data", environment=env)
    rights = client(p, "app", s, service="ecs-tasks")
    service(p, "app", task(p, "app", Secret(Json([app])), [volume(s)], rights), net)


@CASES.sound(sources.ECS_EFS, may_note=True)
def tasks_on_instances(p: Build) -> None:
    _, s = stored(p)
    app = container("app", "acme/app:2", "/srv/data")
    of = mounting(p, s, app, requiresCompatibilities=["EC2"], networkMode="bridge")
    p.add("aws:ecs/service:Service", "app", {"taskDefinition": of.arn, "launchType": "EC2"})


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
