"""Why a task did not do its work, and what to do: a table of what ECS and the task itself say."""

from __future__ import annotations

from dataclasses import replace

from .. import commands
from .call_causes import OF_A_CALL
from .cause import Cause, Ending

DEADLINE = "populatorTimeoutMinutes"
"""With this the reason begins that the gate gives to StopTask."""

_PULL = r"CannotPull\w*Error"
_EFS = r"EFS utils.*"
_SECRETS_MANAGER = "unable to retrieve secret"
_UP = "then run `pulumi up` again"

# Texts of ECS: [doc] stopped task error codes and CannotPullContainerError; [field] public logs.
_STOPPED = (
    Cause(
        what="the task was stopped because its time was over",
        remedy="look in the log where the time went, raise populatorTimeoutMinutes or "
        f"populatorCpu, {_UP}",
        signs=f"^{DEADLINE}",
    ),
    Cause(
        what="somebody stopped the task",
        remedy="`pulumi up` starts it again; CloudTrail's event StopTask says who it was",
        stop_codes=frozenset({"UserInitiated"}),
    ),
    Cause(
        what="Fargate Spot took its capacity back",
        remedy="`pulumi up` starts another task; a cluster whose default is FARGATE instead of "
        "FARGATE_SPOT is not interrupted",
        stop_codes=frozenset({"SpotInterruption"}),
    ),
    Cause(
        what="AWS ended the task for maintenance of its host",
        remedy="`pulumi up` starts the task on another host, nothing else is to do",
        stop_codes=frozenset({"TerminationNotice"}),
    ),
    Cause(
        what="the host of the task has failed",
        remedy="`pulumi up` starts the task elsewhere; if that repeats itself, choose other "
        "availabilityZones",
        stop_codes=frozenset({"InfrastructureHealth"}),
    ),
    Cause(
        what="an ECS service stopped the task",
        remedy=f"take the cluster of the populator away from services and schedulers, {_UP}",
        stop_codes=frozenset({"ServiceSchedulerInitiated"}),
    ),
)
_NOT_STARTED = (
    Cause(
        what="Fargate has no capacity for the task at the moment",
        remedy="run `pulumi up` again later, or use other availabilityZones or a smaller "
        "populatorCpu",
        signs="Capacity is unavailable",
    ),
    Cause(
        what="the account's quota of Fargate is used up",
        remedy="end other tasks, or have the quota 'Fargate On-Demand vCPU resource count' raised "
        f"in Service Quotas, {_UP}",
        signs="reached the limit on the number|LimitExceededException",
    ),
    Cause(
        what="ECS has no service-linked role in this account yet",
        remedy=f"`aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`, {_UP}",
        signs="unable to assume the service.linked role",
        settles=True,
    ),
    Cause(
        what="ECS cannot assume a role of the task",
        remedy="let ecs-tasks.amazonaws.com assume it from this account and region (its trust "
        f"policy), {_UP}",
        signs="unable to assume the role|role.*(is invalid|cannot be assumed)",
        settles=True,
    ),
    *OF_A_CALL,
    Cause(
        what="the cluster is gone",
        remedy=f"`pulumi refresh`, which notices what was deleted by hand, {_UP}",
        signs="ClusterNotFoundException",
    ),
    Cause(
        what="the container image, or its tag, does not exist for this architecture",
        remedy="correct populatorImage (or architecture), and let it name an image that is there",
        signs=f"{_PULL}.*(not found|manifest unknown|does not exist|no match for platform|"
        "no matching manifest|descriptor matching platform)",
    ),
    Cause(
        what="the secret with the package index's credentials is not there",
        remedy="correct indexSecretArn: the secret of this account that is there, with the six "
        "characters at the end of its ARN",
        signs=f"{_SECRETS_MANAGER}.*(ResourceNotFound|InvalidRequestException)",
    ),
    Cause(
        what="the execution role may not read the secret with the package index's credentials",
        remedy="allow it secretsmanager:GetSecretValue in the secret's own policy and the "
        "permissions boundary, and kms:Decrypt where a key of yours encrypts it",
        signs=f"{_SECRETS_MANAGER}.*(AccessDenied|not authorized|KMS)",
        settles=True,
    ),
    Cause(
        what="the task has no way to Secrets Manager",
        remedy="give the populator's subnets a way out (egress: public-ip or nat), or an endpoint "
        "of secretsmanager",
        signs=_SECRETS_MANAGER,
    ),
    Cause(
        what="the registry limits how often this address may pull",
        remedy="wait, or let populatorImage name a copy in a registry of your own, such as ECR",
        signs=f"{_PULL}.*(toomanyrequests|too many requests|pull rate limit|rate exceeded)",
    ),
    Cause(
        what="the registry refuses the task's execution role",
        remedy="allow the role to pull populatorImage, in the policy of its repository too",
        signs=f"({_PULL}|registry auth).*(denied|not authorized|forbidden|unauthorized)",
    ),
    Cause(
        what="the disk of the task is too small for its image",
        remedy="raise populatorEphemeralStorageGib by the size of the image",
        signs=f"({_PULL}|CannotCreateContainerError|CannotStartContainerError).*"
        "no space left on device",
    ),
    Cause(
        what="the task has no way to the container registry",
        remedy="give the populator's subnets a way out (egress: public-ip or nat; network ACLs and "
        "DNS of the VPC must not stand in it)",
        signs=f"{_PULL}|registry auth|unable to pull secrets",
    ),
    Cause(
        what="the zone of the task has no mount target, or its name is not known yet",
        remedy="see that the file system has an available mount target in each zone of the "
        "populator's subnets, and the VPC DNS support and host names",
        signs=f'{_EFS}Failed to resolve "fs-',
        settles=True,
    ),
    Cause(
        what="EFS denies the task's role the mount",
        remedy="allow elasticfilesystem:ClientMount and ClientWrite to the task role for this file "
        "system and access point, and see what the file system policy denies",
        signs=f"{_EFS}access denied by server",
        settles=True,
    ),
    Cause(
        what="the mount target does not answer the task",
        remedy="open TCP 2049 from the populator's security group to the mount targets' (outbound "
        "there, inbound here), and in the subnets' network ACLs",
        signs=f"{_EFS}(timed out|due to timeout)",
        settles=True,
    ),
    Cause(
        what="the access point's root directory does not exist on the file system",
        remedy="replace the access point by one with creationInfo, as EfsStore makes it "
        "(`pulumi up --replace <URN>`)",
        signs=f"{_EFS}No such file or directory",
    ),
    Cause(
        what="the task's file system cannot be mounted",
        remedy="`pulumi refresh`, then compare file system, access point and mount targets",
        signs="EFS utils|EFS volume",
    ),
    Cause(
        what="the task cannot write its log yet, because its execution role may not",
        remedy="allow logs:CreateLogStream and logs:PutLogEvents on the log group to the execution "
        "role",
        signs="ResourceInitializationError.*log.*(not authorized|AccessDenied)",
        settles=True,
    ),
    Cause(
        what="the task cannot write its log",
        remedy="see that the log group exists, and the subnet has a way to CloudWatch Logs",
        signs="ResourceInitializationError.*(logging driver|logger|log stream|log group)",
    ),
    Cause(
        what="the task got no network interface",
        remedy="see that the populator's subnets have free addresses and the account network "
        f"interfaces left, {_UP}",
        signs="network interface|NoFreeAddresses|InsufficientFreeAddresses",
    ),
    Cause(
        what="the container's program does not exist in the image",
        remedy="let populatorImage name a Lambda base image of the stack's runtime, or one with "
        "python3 on its PATH",
        signs="CannotStartContainerError|exec format error|executable file not found",
    ),
    Cause(
        what="ECS refuses what it was asked to run",
        remedy="AWS's answer names the parameter; `pulumi refresh` where a subnet, a security "
        "group or a task definition was deleted by hand",
        signs="InvalidParameterException|ClientException|ConflictException",
    ),
)
_FAILED = (
    Cause(
        what="the container ran out of memory",
        remedy=f"raise populatorMemoryMb, {_UP}",
        signs="OutOfMemoryError",
    ),
    Cause(
        what="the container was killed (SIGKILL)",
        remedy="mostly that is a lack of memory too: see what the log did last, raise "
        f"populatorMemoryMb, {_UP}",
        exit_codes=frozenset({137}),
    ),
    Cause(
        what="the container's program crashed (SIGSEGV)",
        remedy="a library in machine code does not fit the image or the processor: see that "
        "architecture, runtime and populatorImage belong together, and change the version that "
        "the log names last",
        exit_codes=frozenset({139}),
    ),
)

# Kinds and exit codes are those of lambda_src/release/layout.py, which components cannot import.
_KINDS = {
    1: "error",
    2: "usage",
    10: "resolution",
    11: "network",
    12: "hash-mismatch",
    13: "import",
    14: "disk",
    15: "mount",
    16: "damaged",
    17: "absent",
    18: "program",
    19: "source",
    20: "archive",
    143: "stopped",
}
_BY_THE_TASK = (
    Cause(
        kind="resolution",
        what="the packages of the lock are not to be had for this Python and architecture",
        remedy=f"{commands.LOCK}, and see that indexUrl has these versions",
    ),
    Cause(
        kind="network",
        what="the package index did not answer",
        remedy="see that the task reaches indexUrl (egress, egress ports, proxy), "
        "and run `pulumi up` again",
    ),
    Cause(
        kind="program",
        what="the task did not get its program from S3",
        remedy="see that the object is in the populator's bucket, that the task reaches S3, and "
        "that its role may read the object; `pulumi refresh` and then `pulumi up` put back what is "
        "missing",
    ),
    Cause(
        kind="hash-mismatch",
        what="a package or an artifact is not the one that was locked",
        remedy=f"{commands.LOCK} if its source was meant to change; otherwise do not use it",
    ),
    Cause(
        kind="source",
        what="an artifact cannot be fetched from where it was locked",
        remedy="see that its source is there, lets the task's role or everybody read it, and is "
        "reached from the task (egress, endpoints, proxy)",
    ),
    Cause(
        kind="archive",
        what="an artifact's archive cannot be unpacked",
        remedy="pack it anew, with plain files and relative names alone",
    ),
    Cause(
        kind="import",
        what="the libraries were installed, but cannot be imported with model.py",
        remedy=f"{commands.UP} shows the same on this machine; correct model.py or requirements.in",
    ),
    Cause(
        kind="disk",
        what="a disk is full, or cannot be written",
        remedy="raise populatorEphemeralStorageGib where it is the task's own; remove old releases "
        "where it is the file system",
    ),
    Cause(
        kind="mount",
        what="the task cannot use the mounted file system",
        remedy="see that the access point's user owns its root directory, and that the task role "
        "has elasticfilesystem:ClientWrite",
    ),
    Cause(
        kind="damaged",
        what="the release differs from its manifest",
        remedy="`pulumi config set releaseSalt <any new word>` and `pulumi up` publish it again "
        "under another id, to which the function moves",
        stands=True,
    ),
    Cause(
        kind="stopped",
        what="the task was stopped before it was done",
        remedy="`pulumi up` starts it again from the beginning; nothing of it is left behind",
    ),
    Cause(
        kind="usage",
        what="the installer does not understand its command line",
        remedy="deploy components and lambda_src from the same commit",
        stands=True,
    ),
    Cause(
        kind="error",
        what="the installer failed in a way that it does not know",
        remedy=f"look at the task's log; {commands.UP} may show the same on this machine",
        stands=True,
    ),
)
ABSENT = Cause(
    kind="absent",
    what="there is no such release on the file system",
    remedy="see how its id is spelt; that of the stack is `pulumi stack output releaseId`. Where "
    "it is this one, something has removed it: `pulumi config set releaseSalt <any new word>` and "
    "`pulumi up` make it again under another id",
    stands=True,
)
"""What only a verification ends with, never a populate."""

CAUSES = (*_STOPPED, *_NOT_STARTED, *_FAILED, *_BY_THE_TASK)
REFUSED = Cause(
    what="AWS refuses a call",
    remedy="its answer is all that is known; `pulumi refresh` where something was changed by hand",
)
"""Of a call's error that the table does not have."""

UNKNOWN = Cause(
    what="the task failed",
    remedy="the task's log and ECS's words are all that is known; `pulumi up` tries again",
)
"""Of a task's end that the table does not have."""


def diagnose(ending: Ending, otherwise: Cause = UNKNOWN) -> Cause:
    """The first cause of the table that applies, `otherwise` where none does."""
    # A task that was killed while it wrote has no last line; its exit code says the same.
    kind = ending.kind or _KINDS.get(ending.exit_code or 0, "")
    known = replace(ending, kind=kind)
    return next((cause for cause in (*CAUSES, ABSENT) if cause.applies(known)), otherwise)
