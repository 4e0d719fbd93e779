"""What breaks the rules of `guardrails`, and what must not."""

from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from ..programs import Program
from .changes import MOUNT, Changes, function, system, wrong

CHANGES = Changes("guardrails")


@CHANGES.breaks(
    wrong(
        "file-system-is-encrypted",
        "store",
        "encrypted of file system 'store' is false: its files lie on disk in plain text, and "
        "that can be changed in a new file system only. Set encrypted to true.",
    ),
)
def a_file_system_in_plain_text(p: Program) -> None:
    system(p).props["encrypted"] = False


@CHANGES.breaks(
    wrong(
        "file-system-policy-demands-name-and-tls",
        "store",
        "file system 'store' has no file system policy: whoever reaches a mount target mounts "
        "it without a name, in plain text, and may write. Add an aws.efs.FileSystemPolicy that "
        "denies what is not over TLS.",
    ),
    absent=True,
)
def a_file_system_without_policy(p: Program) -> None:
    p.remove(p["FileSystemPolicy", "store-policy"])


@CHANGES.breaks(
    wrong(
        "file-system-policy-demands-name-and-tls",
        "store-policy",
        "file system policy 'store-policy' allows elasticfilesystem:ClientMount to everybody "
        "(Principal *): a client without a name needs no role. Name the roles in Principal, or "
        "only deny here and let the roles' own policies allow.",
    ),
    only_created=True,
)
def a_file_system_policy_that_admits_everybody(p: Program) -> None:
    allow = {"Effect": "Allow", "Principal": "*", "Action": MOUNT}
    p.edit(p["FileSystemPolicy", "store-policy"], "policy", lambda d: d["Statement"].append(allow))


@CHANGES.breaks(
    wrong(
        "file-system-policy-demands-name-and-tls",
        "store-policy",
        "file system policy 'store-policy' admits plain text: no statement denies "
        'elasticfilesystem:Client* to everybody where aws:SecureTransport is "false". Add '
        "such a Deny.",
    ),
    only_created=True,
)
def a_file_system_policy_that_admits_plain_text(p: Program) -> None:
    p.edit(
        p["FileSystemPolicy", "store-policy"], "policy", lambda d: d["Statement"].pop(0) and None
    )


@CHANGES.breaks(
    wrong(
        "libraries-stay-in-the-fast-class",
        "store",
        "lifecyclePolicies of file system 'store' has transitionToIa AFTER_30_DAYS: libraries "
        "that nobody read for that long move to the class Infrequent Access, and the next cold "
        "start reads each file from there, slowly and for a fee. Leave transitionToIa out.",
    ),
)
def libraries_that_move_to_a_slow_class(p: Program) -> None:
    system(p).props["lifecyclePolicies"] = [{"transitionToIa": "AFTER_30_DAYS"}]


@CHANGES.breaks(
    wrong(
        "log-group-has-retention",
        "inference-log",
        "retentionInDays of log group 'inference-log' is not set: it keeps every event for "
        "ever. Set it, for instance to 30.",
    ),
)
def a_log_group_that_forgets_nothing(p: Program) -> None:
    del p["LogGroup", "inference-log"].props["retentionInDays"]


@CHANGES.breaks(
    wrong(
        "no-ingress-from-anywhere",
        "network-mount-targets-from-function",
        "security group ingress rule 'network-mount-targets-from-function' opens security "
        "group 'network-mount-targets' to the whole internet: it lets in tcp 2049 from 0.0.0.0/0. "
        "Name the clients' security group or their blocks instead of 0.0.0.0/0.",
    ),
)
def an_open_security_group(p: Program) -> None:
    rule = p["SecurityGroupIngressRule", "network-mount-targets-from-function"]
    rule.props |= {"cidrIpv4": "0.0.0.0/0", "referencedSecurityGroupId": None}


@CHANGES.breaks(
    wrong(
        "policy-names-actions-and-resources",
        "inference",
        "role policy 'inference' allows the action elasticfilesystem:*: more than anybody "
        "needs, and whatever AWS adds to it. Name the actions.",
    ),
    only_created=True,
)
def a_policy_that_allows_every_action(p: Program) -> None:
    def widen(document: Any) -> None:
        document["Statement"][0]["Action"] = "elasticfilesystem:*"

    p.edit(p["RolePolicy", "inference"], "policy", widen)


@CHANGES.breaks(
    wrong(
        "policy-names-actions-and-resources",
        "inference",
        "role policy 'inference' allows logs:CreateLogStream, logs:PutLogEvents on the resource "
        "*, although AWS knows the resources of that. Name their ARNs.",
    ),
    only_created=True,
)
def a_policy_that_allows_every_resource(p: Program) -> None:
    def widen(document: Any) -> None:
        document["Statement"][1]["Resource"] = "*"

    p.edit(p["RolePolicy", "inference"], "policy", widen)


@CHANGES.breaks(
    wrong(
        "function-url-authenticates",
        "url",
        "authorizationType of function URL 'url' is NONE: whoever knows the URL calls the "
        "function, at your cost. Set it to AWS_IAM.",
    ),
)
def a_function_url_for_everybody(p: Program) -> None:
    p.add("aws:lambda/functionUrl:FunctionUrl", "url", {"authorizationType": "NONE"})


@CHANGES.breaks(
    wrong(
        "permission-names-its-callers",
        "call",
        "principal of permission 'call' is *, so everybody may call the function, at your cost. "
        "Name an account or a service, or add principalOrgId.",
    ),
)
def a_permission_for_everybody(p: Program) -> None:
    """Signed calls are those of anybody's account."""
    props = {"principal": "*", "functionUrlAuthType": "AWS_IAM"}
    p.add("aws:lambda/permission:Permission", "call", props)


@CHANGES.breaks(
    wrong(
        "permission-names-its-callers",
        "call",
        "permission 'call' lets s3.amazonaws.com call the function on behalf of anybody's "
        "resource. Add sourceArn, the ARN of your own, or sourceAccount.",
    ),
)
def a_permission_for_a_service_on_behalf_of_anybody(p: Program) -> None:
    p.add("aws:lambda/permission:Permission", "call", {"principal": "s3.amazonaws.com"})


@CHANGES.breaks(
    wrong(
        "runtime-is-supported",
        "inference",
        "function 'inference' runs on python3.8, supported until 2024-10-14. Move it to a newer "
        "runtime, and what it loads with it.",
    ),
)
def a_runtime_past_its_support(p: Program) -> None:
    function(p).props["runtime"] = "python3.8"


@CHANGES.breaks(
    wrong(
        "function-has-time-and-memory-to-import",
        "inference",
        "timeout of function 'inference' is 3 s, less than the 30 s of parameter "
        "minimumTimeoutSeconds: a cold start that imports large libraries from EFS does not get "
        "through. Raise timeout, or lower the parameter.",
    ),
)
def too_little_time(p: Program) -> None:
    function(p).props["timeout"] = 3.0


@CHANGES.breaks(
    wrong(
        "function-has-time-and-memory-to-import",
        "inference",
        "memorySize of function 'inference' is 128 MB (not set), less than the 1024 MB of "
        "parameter minimumMemoryMb: a cold start that imports large libraries from EFS does not "
        "get through. Raise memorySize, or lower the parameter.",
    ),
)
def too_little_memory(p: Program) -> None:
    del function(p).props["memorySize"]


@CHANGES.allowed
def files_that_come_back(p: Program) -> None:
    system(p).props["lifecyclePolicies"] = [{"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"}]


@CHANGES.allowed
def a_function_url_with_iam(p: Program) -> None:
    p.add("aws:lambda/functionUrl:FunctionUrl", "url", {"authorizationType": "AWS_IAM"})


@CHANGES.allowed
def permissions_for_those_that_are_named(p: Program) -> None:
    given = (
        {"principal": "123456789012"},
        {"principal": "*", "principalOrgId": "o-a1b2c3d4e5"},
        {"principal": "sns.amazonaws.com", "sourceAccount": "123456789012"},
        {"principal": "sns.amazonaws.com", "sourceArn": UNKNOWN},
    )
    for number, props in enumerate(given):
        p.add("aws:lambda/permission:Permission", f"call-{number}", props)


@CHANGES.allowed
def network_interfaces_of_any_kind(p: Program) -> None:
    def widen(document: Any) -> None:
        document["Statement"][0]["Action"].append("ec2:DescribeVpcs")

    p.edit(p["RolePolicy", "inference-interfaces"], "policy", widen)


@CHANGES.allowed
def ingress_from_the_network(p: Program) -> None:
    rule = p["SecurityGroupIngressRule", "network-mount-targets-from-function"]
    rule.props |= {"cidrIpv4": "10.0.0.0/8", "referencedSecurityGroupId": None}


@CHANGES.allowed
def a_small_function_that_mounts_nothing(p: Program) -> None:
    props = {"timeout": 3, "memorySize": 128, "runtime": "python3.13"}
    p.add("aws:lambda/function:Function", "small", props)


@CHANGES.allowed
def encryption_with_a_key_of_ones_own(p: Program) -> None:
    system(p).props["kmsKeyId"] = "arn:aws:kms:us-east-1:123456789012:key/1"


@CHANGES.allowed
def a_denial_more_in_the_file_system_policy(p: Program) -> None:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "elasticfilesystem:ClientRootAccess",
        "Resource": "*",
    }
    p.edit(p["FileSystemPolicy", "store-policy"], "policy", lambda d: d["Statement"].append(deny))


@CHANGES.allowed
def another_retention(p: Program) -> None:
    p["LogGroup", "inference-log"].props["retentionInDays"] = "365"


@CHANGES.allowed
def a_newer_runtime(p: Program) -> None:
    function(p).props["runtime"] = "python3.13"


@CHANGES.allowed
def more_time_and_memory(p: Program) -> None:
    function(p).props |= {"timeout": 900.0, "memorySize": "10240"}
