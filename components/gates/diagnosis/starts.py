"""Why a task was not placed, or its container never started."""

from __future__ import annotations

from .calls import OF_A_CALL
from .cause import Cause

_PULL = r"CannotPull\w*Error"
_EFS = r"EFS utils.*"
_SECRETS_MANAGER = "unable to retrieve secret"
_UP = "then run `pulumi up` again"

# Texts of ECS: [doc] stopped task error codes and CannotPullContainerError; [field] public logs.
NOT_STARTED = (
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
        "of secretsmanager with a private DNS name, which lets in 443",
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
        "DNS of the VPC must not stand in it), or, without internet, the endpoints of ecr.api, "
        "ecr.dkr and s3, and an image in the region's private ECR",
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
        what="the task has no way to CloudWatch Logs",
        remedy="give the populator's subnets a way out (egress: public-ip or nat), or an endpoint "
        "of logs with a private DNS name, which lets in 443",
        signs="logger args.*(connection issue|i/o timeout|context deadline exceeded)",
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
