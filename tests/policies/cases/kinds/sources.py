"""The sentences that verdicts follow from, and where AWS says them."""

_DOCS = "https://docs.aws.amazon.com/"

# Lambda
LAMBDA_EFS = (
    "A function mounts an access point at /mnt/<name>; it is connected to a VPC, each of its zones "
    f"has a mount target, port 2049 is open. {_DOCS}lambda/latest/dg/configuration-filesystem.html"
)
LAMBDA_ROLE = (
    "The execution role needs elasticfilesystem:ClientMount, and ClientWrite to write. "
    f"{_DOCS}lambda/latest/dg/configuration-filesystem.html"
)
LAMBDA_AVAILABLE = (
    "Mount targets must be available when a function is created or updated. botocore lambda: "
    "EFSMountConnectivityException; CreateFunction refuses with InvalidParameterValueException."
)
LAMBDA_S3FILES = "FileSystemConfig.Arn may be one of S3 Files. botocore lambda: FileSystemConfig."
LAMBDA_ENVIRONMENT = (
    "Compiled packages fit the Python and the architecture of the function. "
    f"{_DOCS}lambda/latest/dg/python-package.html"
)
LAMBDA_RUNTIMES = f"A runtime has an end of support. {_DOCS}lambda/latest/dg/lambda-runtimes.html"
LAMBDA_URL = f"With auth type NONE anybody may call. {_DOCS}lambda/latest/dg/urls-auth.html"

# EFS
EFS_IAM = (
    "An Allow of the identity or of the file system policy suffices, a Deny of either wins; with "
    "no policy whoever reaches a mount target may do all. "
    f"{_DOCS}efs/latest/ug/iam-access-control-nfs-efs.html"
)
EFS_POLICY = (
    "The default policy, full access for whoever reaches a mount target, holds only while there is "
    f"no other. {_DOCS}efs/latest/ug/iam-access-control-nfs-efs.html"
)
EFS_TLS = (
    "A Deny where aws:SecureTransport is false keeps out clients in plain text. "
    f"{_DOCS}efs/latest/ug/efs-condition-keys.html"
)
EFS_ROOT_USER = (
    "With user or group 0 in an access point the client must be granted ClientRootAccess. "
    f"{_DOCS}efs/latest/ug/enforce-identity-access-points.html"
)
EFS_ROOT_DIRECTORY = (
    "A path has up to four directories; one that does not exist is made with creationInfo, without "
    "it the mount fails. botocore efs: RootDirectory."
)
EFS_PERMISSIONS = (
    "The execute bit must be set for the user of the access point, its group, or everyone. "
    f"{_DOCS}efs/latest/ug/enforce-root-directory-access-point.html"
)
EFS_ACCESS_POINTS = (
    "An access point makes a directory the root of its clients; two may have one directory. "
    f"{_DOCS}efs/latest/ug/efs-access-points.html"
)
EFS_ONE_ZONE = (
    "A One Zone file system has a single mount target, in its own zone. "
    f"{_DOCS}efs/latest/ug/manage-fs-access.html"
)
EFS_ONE_TARGET = (
    "One mount target per zone; a second one is refused with MountTargetConflict. "
    "botocore efs: CreateMountTarget."
)
EFS_ONE_VPC = (
    "Mount targets of a file system are in one VPC, and in the file system's region. "
    f"{_DOCS}efs/latest/ug/manage-fs-access.html"
)
EFS_ADDRESS = "A mount target has one address. botocore efs: MountTargetDescription.IpAddress."
EFS_DNS = (
    "Mounting by name needs enableDnsSupport and enableDnsHostnames. "
    f"{_DOCS}efs/latest/ug/mounting-fs-mount-cmd-dns-name.html"
)
EFS_LIFECYCLE = (
    "Files that move to IA or Archive are read with more latency and for a fee. "
    f"{_DOCS}efs/latest/ug/lifecycle-management-efs.html"
)
EFS_ENCRYPTION = (
    "A file system is encrypted at rest only if it was created so. "
    f"{_DOCS}efs/latest/ug/encryption-at-rest.html"
)

# Network
VPC_GROUPS = (
    "A rule names a protocol, ports, and at the other end blocks, groups or prefix lists; rules "
    f"add up. {_DOCS}vpc/latest/userguide/security-group-rules.html"
)
VPC_EGRESS = (
    "Outbound traffic that no rule allows is dropped. "
    f"{_DOCS}vpc/latest/userguide/vpc-security-groups.html"
)
VPC_ROUTES = (
    "A subnet without an association uses the main route table of its VPC. "
    f"{_DOCS}vpc/latest/userguide/VPC_Route_Tables.html"
)
VPC_INTERNET = (
    "Through an internet gateway only what has a public address gets out. "
    f"{_DOCS}vpc/latest/userguide/VPC_Internet_Gateway.html"
)
VPC_ACL = (
    "A network ACL is asked beside the groups, and it has no state. "
    f"{_DOCS}vpc/latest/userguide/vpc-network-acls.html"
)
VPC_PEERING = (
    "Two VPCs reach each other only through peering or a transit gateway. "
    f"{_DOCS}vpc/latest/peering/what-is-vpc-peering.html"
)

# ECS
ECS_EFS = (
    "An EFS volume is mounted by Linux tasks, on Fargate from platform version 1.4.0. "
    f"{_DOCS}AmazonECS/latest/developerguide/efs-volumes.html"
)
ECS_LINUX = (
    "EFS volumes are for Linux only. "
    f"{_DOCS}AmazonECS/latest/developerguide/using_data_volumes.html"
)
ECS_VOLUME = (
    "With an access point rootDirectory is / or omitted and TLS is on; with IAM TLS is on and "
    "there is a task role. botocore ecs: EFSVolumeConfiguration, EFSAuthorizationConfig."
)
ECS_VOLUMES_FROM = (
    "volumesFrom mounts what another container of the task mounts, read-only if it says so. "
    "botocore ecs: VolumeFrom."
)
ECS_REVISION = (
    "Task definitions of one family differ by their revision. "
    f"{_DOCS}AmazonECS/latest/developerguide/task_definition_parameters.html"
)
ECS_OVERRIDES = "A run replaces a container's command. botocore ecs: ContainerOverride."
ECS_NETWORK = (
    "A task on Fargate without a public address needs NAT to fetch from the internet. "
    f"{_DOCS}AmazonECS/latest/developerguide/fargate-task-networking.html"
)
PIP = (
    "--platform and --python-version say for what pip installs. "
    "https://pip.pypa.io/en/stable/cli/pip_install/"
)

# IAM
IAM_PRINCIPAL = (
    "A principal is an ARN with account, type and name. "
    f"{_DOCS}IAM/latest/UserGuide/reference_policies_elements_principal.html"
)
IAM_ACCOUNT = (
    "An account as principal leaves it to that account's own policies. "
    f"{_DOCS}IAM/latest/UserGuide/reference_policies_elements_principal.html"
)
IAM_VARIABLES = (
    "A policy variable is replaced when a request comes. "
    f"{_DOCS}IAM/latest/UserGuide/reference_policies_variables.html"
)
IAM_RESOURCES = (
    "Which actions know resources. "
    f"{_DOCS}service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"
)
IAM_NOT_RESOURCE = (
    "Allow with NotResource allows everything that is not listed. "
    f"{_DOCS}IAM/latest/UserGuide/reference_policies_elements_notresource.html"
)
IAM_ADMINISTRATOR = (
    "AdministratorAccess allows * on *. "
    f"{_DOCS}aws-managed-policy/latest/reference/AdministratorAccess.html"
)
IAM_CONDITIONS = (
    "All keys of a condition have to hold. "
    f"{_DOCS}IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html"
)
IAM_ATTACH = (
    "A role has the rights of every policy that is attached to it. "
    f"{_DOCS}IAM/latest/UserGuide/access_policies.html"
)

# Others
LOGS_DELIVERY = (
    "A group of class DELIVERY keeps events for two days, and takes no retention. "
    f"{_DOCS}AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html"
)
IMAGE_NAME = (
    "A registry's host may have a port. https://docs.docker.com/reference/cli/docker/image/tag/"
)
PULUMI_OUTPUT = (
    "A preview does not run the callback of an output that it does not know; what that makes is "
    "not there. https://www.pulumi.com/docs/iac/concepts/inputs-outputs/apply/"
)
PULUMI_GET = (
    "A resource that is only read is not managed by the stack. "
    "https://www.pulumi.com/docs/iac/concepts/resources/get/"
)
PULUMI_REFERENCE = (
    "Outputs of another stack are plain values. "
    "https://www.pulumi.com/docs/iac/concepts/stacks/#stackreferences"
)
PULUMI_COMPONENT = (
    "The outputs of a remote component are unknown in a preview, and depend on it as a whole. "
    "https://www.pulumi.com/docs/iac/concepts/components/"
)
PULUMI_PROVIDER = (
    "A resource is made in the region of its provider, or in its own. "
    "https://www.pulumi.com/docs/iac/concepts/resources/options/provider/"
)
EFS_CLIENTS = (
    "Whatever names a file system or an access point may be a client of it. "
    f"{_DOCS}efs/latest/ug/whatisefs.html"
)
LOGS_RETENTION = (
    "Without a retention events are kept for ever. "
    f"{_DOCS}AmazonCloudWatch/latest/logs/WhatIsCloudWatchLogs.html"
)
