"""Who populates, and for which Python."""

from typing import Any

from ...building import (
    COMMAND,
    INSTALL,
    OLD,
    PYTHON,
    Build,
    Json,
    container,
    function,
    join,
    mounting,
    populated,
    run,
    schedule,
    service,
    stored,
)
from ...table import LOADS, RIGHTS, Cases, Verdict, note, wrong
from .. import sources

CASES = Cases()


WRITES_LATER = Verdict((), (note("app", "ClientWrite"),))


# Who populates


def beside(p: Build, job: Any, *, by: Any, **props: Any) -> None:
    """A task beside a function that writes to the same access point."""
    net, s = stored(p)
    of = mounting(p, s, job)
    by(p, "job", of, net, **({"after": s.targets} if by is run else {}))
    function(p, "app", net, s, **props)


@CASES.sound(sources.LAMBDA_ROLE)
def nightly_clean_up_populates_nothing(p: Build) -> None:
    clean = ["find", "/mnt/data/tmp", "-mtime", "+7", "-delete"]
    job = container("job", "public.ecr.aws/docker/library/busybox:1", "/mnt/data", command=clean)
    beside(p, job, by=schedule)


@CASES.sound(sources.LAMBDA_ROLE)
def nightly_report_populates_nothing(p: Build) -> None:
    words = ["python", "report.py", "--out", "/mnt/data/reports"]
    other = PYTHON.replace("3.12", "3.13")
    beside(p, container("job", other, "/mnt/data", command=words), by=schedule)


@CASES.sound(sources.LAMBDA_ROLE)
def service_that_installs_its_own_requirements(p: Build) -> None:
    words = ["sh", "-c", "pip install -r requirements.txt && exec python server.py"]
    other = "public.ecr.aws/docker/library/python:3.13-slim"
    beside(p, container("job", other, "/mnt/data", command=words), by=service)


@CASES.sound(sources.LAMBDA_ROLE)
def service_that_installs_to_its_own_disk(p: Build) -> None:
    words = ["sh", "-c", "pip install --target /opt/site numpy && exec python server.py"]
    other = "public.ecr.aws/docker/library/python:3.13-slim"
    beside(p, container("job", other, "/mnt/data", command=words), by=service)


@CASES.sound(sources.LAMBDA_ROLE)
def log_path_on_the_mount(p: Build) -> None:
    words = ["celery", "worker", "--logfile", "/mnt/data/logs/worker.log"]
    names = {"PYTHONPATH": "/mnt/data/python"}
    beside(
        p,
        container("job", "acme/worker:3", "/mnt/data", command=words),
        by=service,
        variables=names,
    )


@CASES.sound(sources.LAMBDA_ROLE)
def service_whose_image_is_a_python_for_lambda(p: Build) -> None:
    other = PYTHON.replace("3.12", "3.13")
    beside(p, container("job", other, "/mnt/data", command=["python", "serve.py"]), by=service)


def named_by(p: Build, text: Any) -> None:
    net, s = stored(p)
    of = mounting(p, s, container("job", "acme/job:1", "/mnt/data"))
    p.add(COMMAND, "note", {"create": join(*(of.arn if part is None else part for part in text))})
    function(p, "app", net, s)


@CASES.sound(sources.LAMBDA_ROLE, may_note=True)
def command_that_echoes_the_arn_of_a_task(p: Build) -> None:
    named_by(p, ("echo ", None, " > task.txt"))


@CASES.sound(sources.LAMBDA_ROLE, may_note=True)
def command_that_describes_a_task(p: Build) -> None:
    named_by(p, ("aws ecs describe-task-definition --task-definition ", None))


@CASES.sound(sources.LAMBDA_ROLE, may_note=True)
def command_that_writes_a_script_with_the_arn(p: Build) -> None:
    named_by(p, ("./render.sh --template job.tpl --arn ", None))


@CASES.sound(sources.LAMBDA_ROLE, may_note=True)
def dynamic_resource_that_only_tags_a_task(p: Build) -> None:
    net, s = stored(p)
    of = mounting(p, s, container("job", "acme/job:1", "/mnt/data"))
    p.add("pulumi-python:dynamic:Resource", "tag", {"resourceArn": of.arn, "tags": {"team": "ml"}})
    function(p, "app", net, s)


@CASES.wrong(
    sources.LAMBDA_ROLE,
    wrong(RIGHTS, "app", "app", "job", "ClientWrite"),
    preview=Verdict((), (note("app", "ClientWrite"),)),
)
def function_that_may_write_where_a_schedule_installs(p: Build) -> None:
    job = container("job", PYTHON, "/mnt/data", command=list(INSTALL))
    beside(p, job, by=schedule)


@CASES.wrong(sources.LAMBDA_ENVIRONMENT, wrong(LOADS, "infer", "infer", "install", "3.11", "3.12"))
def libraries_for_another_python(p: Build) -> None:
    populated(p, image=OLD)


@CASES.wrong(sources.LAMBDA_ENVIRONMENT, wrong(LOADS, "infer", "infer", "install", "arm64"))
def libraries_for_another_architecture(p: Build) -> None:
    populated(p, architectures=["arm64"])


@CASES.wrong(sources.LAMBDA_ENVIRONMENT, wrong(LOADS, "infer", "/mnt/data/lib", "/mnt/data/python"))
def libraries_in_another_directory(p: Build) -> None:
    populated(p, variables={"PYTHONPATH": "/mnt/data/lib"})


@CASES.doubtful(sources.LAMBDA_ENVIRONMENT, note("infer", "image"))
def function_from_an_image_of_which_the_python_is_unknown(p: Build) -> None:
    uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/infer@sha256:" + "0" * 64
    image: dict[str, Any] = {"packageType": "Image", "imageUri": uri, "runtime": None}
    populated(p, **image)


@CASES.sound(sources.ECS_OVERRIDES, may_note=True)
def task_run_by_a_state_machine(p: Build) -> None:
    """What runs it, where and when stands in a text that the packs do not read."""
    net, s = stored(p)
    clean = ["find", "/mnt/data/tmp", "-delete"]
    job = container("job", "acme/job:1", "/mnt/data", command=clean)
    of = mounting(p, s, job)
    step = {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Parameters": {"TaskDefinition": of.arn, "LaunchType": "FARGATE"},
        "End": True,
    }
    text = Json({"StartAt": "Run", "States": {"Run": step}})
    p.add("aws:sfn/stateMachine:StateMachine", "clean", {"definition": text})
    function(p, "app", net, s)


@CASES.sound(sources.LAMBDA_ROLE, may_note=True)
def packages_of_another_language(p: Build) -> None:
    """Modules of Node are no matter of Python."""
    words = ["npm", "ci", "--prefix", "/mnt/data/node"]
    names = {"NODE_PATH": "/mnt/data/node/node_modules"}
    node: dict[str, Any] = {"runtime": "nodejs22.x", "variables": names}
    populated(p, image="public.ecr.aws/docker/library/node:22", command=words, **node)


@CASES.wrong(sources.PIP, wrong(RIGHTS, "app", "app", "job", "ClientWrite"), preview=WRITES_LATER)
def service_that_installs_to_the_mount(p: Build) -> None:
    line = "pip install --target /mnt/data/python -r requirements.txt && exec python server.py"
    job = container("job", PYTHON, "/mnt/data", command=["sh", "-c", line])
    beside(p, job, by=service)


@CASES.sound(sources.LAMBDA_ROLE)
def service_that_only_learns_where_packages_are(p: Build) -> None:
    env = [{"name": "PYTHONPATH", "value": "/mnt/data/python"}]
    other = PYTHON.replace("3.12", "3.13")
    job = container("job", other, "/mnt/data", environment=env, command=["python", "serve.py"])
    beside(p, job, by=service)


@CASES.sound(sources.LAMBDA_ROLE)
def service_that_uninstalls(p: Build) -> None:
    words = ["sh", "-c", "pip uninstall -y torch; exec python serve.py --data /mnt/data"]
    job = container("job", PYTHON.replace("3.12", "3.13"), "/mnt/data", command=words)
    beside(p, job, by=service)
