"""The real program is compliant; changed in one property, exactly the right rule says so."""

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from .conftest import Part, Program, Said, judge_program, program

Change: TypeAlias = Callable[[Program], None]
BREAKS: list[tuple[Change, str, tuple[Said, ...], bool]] = []

MOUNT = "elasticfilesystem:ClientMount"


def breaks(pack: str, *lines: Said, only_created: bool = False) -> Callable[[Change], Change]:
    """What a pack says of a change to the program, beside what it says anyway."""

    def note(change: Change) -> Change:
        BREAKS.append((change, pack, lines, only_created))
        return change

    return note


def wrong(policy: str, about: str, *message: str) -> Said:
    return Said(policy, True, about, "".join(message))


def function(p: Program) -> Part:
    return p["Function", "inference"]


def task(p: Program) -> Part:
    return p["TaskDefinition", "populator"]


def run(p: Program) -> Part:
    return p["PopulatorRun", "populate"]


def point(p: Program) -> Part:
    return p["AccessPoint", "store-access-point"]


def system(p: Program) -> Part:
    return p["FileSystem", "store"]


def target(p: Program, zone: str = "b") -> Part:
    return p["MountTarget", f"store-mount-target-us-east-1{zone}"]


def volume(p: Program) -> dict[str, Any]:
    found: dict[str, Any] = task(p).props["volumes"][0]["efsVolumeConfiguration"]
    return found


@breaks(
    "mounts",
    wrong(
        "one-access-point-one-path",
        "inference",
        "function 'inference' mounts access point 'store-access-point' at /mnt/models, but "
        "container 'populate' of task definition 'populator' mounts it at /mnt/efs: what one "
        "writes under its path the other does not find. Give fileSystemConfig.localMountPath of "
        "function 'inference' and containerPath of container 'populate' of task definition "
        "'populator' the same value.",
    ),
)
def a_function_at_another_path(p: Program) -> None:
    function(p).props["fileSystemConfig"]["localMountPath"] = "/mnt/models"


@breaks(
    "mounts",
    wrong(
        "one-access-point-one-path",
        "inference",
        "environment variable RELEASE_PATH of function 'inference' names /mnt/efs2/releases/1, "
        "where nothing is mounted: function 'inference' mounts access point "
        "'store-access-point' at /mnt/efs. Let it name a path under /mnt/efs, or mount there "
        "what it needs.",
    ),
)
def a_release_path_outside_the_mount(p: Program) -> None:
    function(p).props["environment"]["variables"]["RELEASE_PATH"] = "/mnt/efs2/releases/1"


@breaks(
    "mounts",
    wrong(
        "one-access-point-one-path",
        "inference",
        "function 'inference' mounts access point 'store-access-point' at /mnt/efs/libraries, "
        "but container 'populate' of task definition 'populator' mounts it at /mnt/efs: what "
        "one writes under its path the other does not find. Give "
        "fileSystemConfig.localMountPath of function 'inference' and containerPath of container "
        "'populate' of task definition 'populator' the same value.",
    ),
    wrong(
        "mounts-have-the-right-form",
        "inference",
        "fileSystemConfig.localMountPath of function 'inference' is /mnt/efs/libraries, which "
        "Lambda refuses: a mount path is /mnt/ and one name of letters, digits, '-', '_' and "
        "'.', 160 characters at most. Give it, and every consumer of the same access point, "
        "such a path.",
    ),
)
def a_mount_path_of_two_levels(p: Program) -> None:
    function(p).props["fileSystemConfig"]["localMountPath"] = "/mnt/efs/libraries"


@breaks(
    "mounts",
    wrong(
        "mounts-have-the-right-form",
        "populator",
        "container 'populate' of task definition 'populator' mounts volume 'scratch', but task "
        "definition 'populator' has no such volume; it has 'efs'. Give sourceVolume of the "
        "mount point the name of a volume of the task definition.",
    ),
)
def a_volume_that_does_not_exist(p: Program) -> None:
    point_ = {"sourceVolume": "scratch", "containerPath": "/scratch"}
    p.edit(task(p), "containerDefinitions", lambda d: d[0]["mountPoints"].append(point_))


@breaks(
    "mounts",
    wrong(
        "mounts-have-the-right-form",
        "populator",
        "volume 'efs' of task definition 'populator' has rootDirectory /libraries beside access "
        "point 'store-access-point': ECS takes the access point's own root only, and refuses "
        "the task definition. Leave rootDirectory out, or give the access point that root.",
    ),
)
def a_root_directory_beside_the_access_point(p: Program) -> None:
    volume(p)["rootDirectory"] = "/libraries"


@breaks(
    "mounts",
    wrong(
        "mounts-have-the-right-form",
        "populator",
        "volume 'efs' of task definition 'populator' lies on access point 'store-access-point', "
        "but its transitEncryption is not set, which means DISABLED: ECS demands TLS for that. "
        "Set efsVolumeConfiguration.transitEncryption to ENABLED.",
    ),
)
def a_volume_without_tls(p: Program) -> None:
    del volume(p)["transitEncryption"]


@breaks(
    "mounts",
    wrong(
        "mounts-have-the-right-form",
        "populator",
        "volume 'efs' of task definition 'populator' lies on access point 'store-access-point', "
        "but its authorizationConfig.iam is DISABLED: the task mounts as nobody in particular, "
        "and its task role does not count. Set authorizationConfig.iam to ENABLED.",
    ),
)
def a_volume_without_iam(p: Program) -> None:
    volume(p)["authorizationConfig"]["iam"] = "DISABLED"


@breaks(
    "mounts",
    wrong(
        "access-point-owns-its-directory",
        "store-access-point",
        "access point 'store-access-point' has no posixUser.uid and no posixUser.gid: each "
        "consumer then comes as its own user, and what one writes the other may not read. Set "
        "posixUser.uid and posixUser.gid to one user for all.",
    ),
)
def an_access_point_without_a_user(p: Program) -> None:
    del point(p).props["posixUser"]


@breaks(
    "mounts",
    wrong(
        "access-point-owns-its-directory",
        "store-access-point",
        "access point 'store-access-point' makes its directory with "
        "rootDirectory.creationInfo.ownerUid 1001, but everybody comes with posixUser.uid 1000. "
        "Give both the same id.",
    ),
)
def an_access_point_that_makes_its_directory_for_somebody_else(p: Program) -> None:
    point(p).props["rootDirectory"]["creationInfo"]["ownerUid"] = "1001"


@breaks(
    "mounts",
    wrong(
        "access-point-owns-its-directory",
        "store-access-point",
        "access point 'store-access-point' shows the whole file system (rootDirectory.path is "
        "/), and container 'populate' of task definition 'populator' writes through it while "
        "function 'inference' shares it: what it writes there it can also overwrite for "
        "everybody. Set rootDirectory.path to a directory of its own, with creationInfo.",
    ),
)
def an_access_point_that_shows_everything(p: Program) -> None:
    point(p).props["rootDirectory"]["path"] = "/"


@breaks(
    "mounts",
    wrong(
        "access-point-owns-its-directory",
        "store-access-point",
        "access point 'store-access-point' has no rootDirectory.creationInfo, and file system "
        "'store' is new: nobody makes /libraries, and each mount fails. Set creationInfo with "
        "ownerUid, ownerGid and permissions.",
    ),
)
def an_access_point_without_creation_info(p: Program) -> None:
    del point(p).props["rootDirectory"]["creationInfo"]


@breaks(
    "mounts",
    wrong(
        "function-loads-what-is-populated",
        "inference",
        "function 'inference' runs on python3.12, but container 'populate' of task definition "
        "'populator' populates with Python 3.11 (image public.ecr.aws/lambda/python:3.11): "
        "compiled packages do not load. Give both the same Python, for instance the image "
        "public.ecr.aws/lambda/python:3.12.",
    ),
)
def another_python(p: Program) -> None:
    function(p).props["runtime"] = "python3.12"


@breaks(
    "mounts",
    wrong(
        "function-loads-what-is-populated",
        "inference",
        "function 'inference' runs on x86_64 (architectures), but container 'populate' of task "
        "definition 'populator' populates on arm64 (runtimePlatform.cpuArchitecture of task "
        "definition 'populator'): compiled packages do not load. Give both the same "
        "architecture.",
    ),
)
def another_architecture(p: Program) -> None:
    task(p).props["runtimePlatform"]["cpuArchitecture"] = "ARM64"


@breaks(
    "mounts",
    wrong(
        "function-loads-what-is-populated",
        "inference",
        "environment variable RELEASE_PATH of function 'inference' names "
        "/mnt/efs/releases/0111111111111111, but container 'populate' of task definition "
        "'populator' publishes /mnt/efs/releases/565f6f065a2d6ea6: the function finds nothing "
        "there. Give both the same release path.",
    ),
)
def another_release(p: Program) -> None:
    function(p).props["environment"]["variables"]["RELEASE_PATH"] = "/mnt/efs/releases/0" + "1" * 15


@breaks(
    "mounts",
    wrong(
        "function-comes-after-what-it-mounts",
        "inference",
        "function 'inference' mounts access point 'store-access-point', but does not depend on "
        "mount target 'store-mount-target-us-east-1b' of the same file system 'store': Lambda "
        "refuses the function while the mount target is not available. Let function 'inference' "
        "depend on mount target 'store-mount-target-us-east-1b' (dependsOn).",
    ),
)
def nothing_waits_for_a_mount_target(p: Program) -> None:
    p.forget(target(p))


@breaks(
    "mounts",
    wrong(
        "function-comes-after-what-it-mounts",
        "inference",
        "function 'inference' reads what container 'populate' of task definition 'populator' "
        "writes, but does not depend on pulumi-python:dynamic/efs-inference:PopulatorRun "
        "'populate', which runs it: the function may serve before anything is there. Let "
        "function 'inference' depend on pulumi-python:dynamic/efs-inference:PopulatorRun "
        "'populate' (dependsOn).",
    ),
)
def a_function_that_does_not_wait_for_the_populate(p: Program) -> None:
    p.forget(run(p))


@breaks(
    "mounts",
    wrong(
        "consumer-reaches-its-mount-targets",
        "populator",
        "container 'populate' of task definition 'populator' runs in subnet "
        "'network-public-us-east-1b' in zone us-east-1b, but file system 'store' has mount "
        "targets in us-east-1a only: there it cannot be mounted. Make a mount target in "
        "us-east-1b, or leave the subnet out.",
    ),
    wrong(
        "consumer-reaches-its-mount-targets",
        "inference",
        "function 'inference' runs in subnet 'network-private-us-east-1b' in zone us-east-1b, "
        "but file system 'store' has mount targets in us-east-1a only: there it cannot be "
        "mounted. Make a mount target in us-east-1b, or leave the subnet out.",
    ),
    only_created=True,
)
def a_zone_without_mount_target(p: Program) -> None:
    p.remove(target(p))


@breaks(
    "mounts",
    wrong(
        "consumer-reaches-its-mount-targets",
        "inference",
        "security group 'network-mount-targets' of mount target 'store-mount-target-us-east-1a' "
        "admits tcp 2049 from security group 'network-populator', but not TCP 2049 from "
        "security group 'network-function' of function 'inference': the mount times out. Open "
        "TCP 2049 into security group 'network-mount-targets' from security group "
        "'network-function'.",
    ),
)
def no_way_in_for_the_function(p: Program) -> None:
    p.remove(p["SecurityGroupIngressRule", "network-mount-targets-from-function"])


@breaks(
    "mounts",
    wrong(
        "consumer-reaches-its-mount-targets",
        "populator",
        "security group 'network-populator' of container 'populate' of task definition "
        "'populator' lets out tcp 2048 to security group 'network-mount-targets'; tcp 443 to "
        "0.0.0.0/0, but not TCP 2049 to security group 'network-mount-targets' of mount target "
        "'store-mount-target-us-east-1a': the mount times out. Open TCP 2049 out of security "
        "group 'network-populator' to security group 'network-mount-targets'.",
    ),
)
def another_port_out_of_the_populate(p: Program) -> None:
    p["SecurityGroupEgressRule", "network-populator-to-mount-targets"].props["toPort"] = 2048
    p["SecurityGroupEgressRule", "network-populator-to-mount-targets"].props["fromPort"] = 2048


@breaks(
    "mounts",
    wrong(
        "consumer-reaches-its-mount-targets",
        "populator",
        "security group 'network-populator' of container 'populate' of task definition "
        "'populator' lets out tcp 2049 to security group 'network-mount-targets', but nothing "
        "to a package index: it cannot fetch its packages. Let TCP 443 out of security group "
        "'network-populator'.",
    ),
)
def only_nfs_out_of_the_populate(p: Program) -> None:
    p.remove(p["SecurityGroupEgressRule", "network-populator-to-443"])


@breaks(
    "mounts",
    wrong(
        "consumer-reaches-its-mount-targets",
        "populator",
        "container 'populate' of task definition 'populator', run by "
        "pulumi-python:dynamic/efs-inference:PopulatorRun 'populate', runs in subnet "
        "'network-public-us-east-1a' and subnet 'network-public-us-east-1b' without a route to "
        "0.0.0.0/0: it cannot fetch its packages. Add a route through an internet gateway (with "
        "assignPublicIp) or a NAT gateway, or use a subnet that has one.",
    ),
)
def no_route_out(p: Program) -> None:
    names = ("network-private-internet", "network-public-internet")
    routes = [x for x in p.parts if x.type.endswith(":Route") and x.name in names]
    p.remove(routes[-1])


@breaks(
    "mounts",
    wrong(
        "roles-may-mount-and-only-populators-write",
        "inference",
        "function 'inference' mounts access point 'store-access-point', but its role "
        "'inference' may not elasticfilesystem:ClientMount there: nothing allows it. Allow "
        "elasticfilesystem:ClientMount on the file system to role 'inference'.",
    ),
    only_created=True,
)
def a_function_that_may_not_mount(p: Program) -> None:
    p.edit(p["RolePolicy", "inference"], "policy", lambda d: d["Statement"].pop(0) and None)


@breaks(
    "mounts",
    wrong(
        "roles-may-mount-and-only-populators-write",
        "inference",
        "function 'inference' reads from access point 'store-access-point', which container "
        "'populate' of task definition 'populator' populates, but its role 'inference' may "
        "elasticfilesystem:ClientWrite there: role policy 'inference' allows it. Leave it with "
        "elasticfilesystem:ClientMount.",
    ),
    only_created=True,
)
def a_function_that_may_write(p: Program) -> None:
    def widen(document: Any) -> None:
        document["Statement"][0]["Action"] = ["elasticfilesystem:Client*"]

    p.edit(p["RolePolicy", "inference"], "policy", widen)


@breaks(
    "mounts",
    wrong(
        "roles-may-mount-and-only-populators-write",
        "populator",
        "container 'populate' of task definition 'populator' populates access point "
        "'store-access-point', but its task role 'populator-task' may not "
        "elasticfilesystem:ClientWrite there: nothing allows it. Allow "
        "elasticfilesystem:ClientWrite on the file system to role 'populator-task'.",
    ),
    only_created=True,
)
def a_populate_that_may_not_write(p: Program) -> None:
    def narrow(document: Any) -> None:
        document["Statement"][0]["Action"] = MOUNT

    p.edit(p["RolePolicy", "populator-task"], "policy", narrow)


@breaks(
    "mounts",
    wrong(
        "roles-may-mount-and-only-populators-write",
        "inference",
        "function 'inference' mounts access point 'store-access-point', but its role "
        "'inference' may not elasticfilesystem:ClientMount there: file system policy "
        "'store-policy' denies it. Allow elasticfilesystem:ClientMount on the file system to "
        "role 'inference'.",
    ),
    only_created=True,
)
def a_file_system_policy_that_shuts_out_the_function(p: Program) -> None:
    deny = {
        "Effect": "Deny",
        "Principal": {"AWS": p["Role", "inference"].props["arn"]},
        "Action": "elasticfilesystem:*",
    }
    p.edit(p["FileSystemPolicy", "store-policy"], "policy", lambda d: d["Statement"].append(deny))


@breaks(
    "guardrails",
    wrong(
        "file-system-is-encrypted",
        "store",
        "encrypted of file system 'store' is false: its files lie on disk in plain text, and "
        "that can be changed in a new file system only. Set encrypted to true.",
    ),
)
def a_file_system_in_plain_text(p: Program) -> None:
    system(p).props["encrypted"] = False


@breaks(
    "guardrails",
    wrong(
        "file-system-policy-demands-name-and-tls",
        "store",
        "file system 'store' has no file system policy: whoever reaches a mount target mounts "
        "it without a name, in plain text, and may write. Add an aws.efs.FileSystemPolicy that "
        "denies what is not over TLS.",
    ),
)
def a_file_system_without_policy(p: Program) -> None:
    p.remove(p["FileSystemPolicy", "store-policy"])


@breaks(
    "guardrails",
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


@breaks(
    "guardrails",
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


@breaks(
    "guardrails",
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


@breaks(
    "guardrails",
    wrong(
        "log-group-has-retention",
        "inference-log",
        "retentionInDays of log group 'inference-log' is not set: it keeps every event for "
        "ever. Set it, for instance to 30.",
    ),
)
def a_log_group_that_forgets_nothing(p: Program) -> None:
    del p["LogGroup", "inference-log"].props["retentionInDays"]


@breaks(
    "guardrails",
    wrong(
        "no-ingress-from-anywhere",
        "network-mount-targets-from-function",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule "
        "'network-mount-targets-from-function' opens security group 'network-mount-targets' to "
        "the whole internet: it lets in tcp 2049 from 0.0.0.0/0. Name the clients' security "
        "group or their blocks instead of 0.0.0.0/0.",
    ),
)
def an_open_security_group(p: Program) -> None:
    rule = p["SecurityGroupIngressRule", "network-mount-targets-from-function"]
    rule.props |= {"cidrIpv4": "0.0.0.0/0", "referencedSecurityGroupId": None}


@breaks(
    "guardrails",
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


@breaks(
    "guardrails",
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


@breaks(
    "guardrails",
    wrong(
        "function-url-authenticates",
        "url",
        "authorizationType of function URL 'url' is NONE: whoever knows the URL calls the "
        "function, at your cost. Set it to AWS_IAM.",
    ),
)
def a_function_url_for_everybody(p: Program) -> None:
    p.add("aws:lambda/functionUrl:FunctionUrl", "url", {"authorizationType": "NONE"})


@breaks(
    "guardrails",
    wrong(
        "runtime-is-supported",
        "inference",
        "function 'inference' runs on python3.8, supported until 2024-10-14. Move it to a newer "
        "runtime, and what it loads with it.",
    ),
)
def a_runtime_past_its_support(p: Program) -> None:
    function(p).props["runtime"] = "python3.8"


@breaks(
    "guardrails",
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


@breaks(
    "guardrails",
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


CONFIGURATIONS = [
    {"egress": egress, "runtime": runtime, "architecture": architecture}
    for egress in ("public-ip", "nat")
    for runtime in ("python3.11", "python3.12", "python3.13")
    for architecture in ("x86_64", "arm64")
]


def ids(given: object) -> str:
    if callable(given):
        return str(getattr(given, "__name__", ""))
    return "-".join(map(str, given.values())) if isinstance(given, dict) else ""


@pytest.mark.parametrize("config", CONFIGURATIONS, ids=ids)
def test_the_preview_of_every_configuration_breaks_no_rule(config: dict[str, str]) -> None:
    whole = program(created=False, **config)
    lines = [*judge_program(whole), *judge_program(whole, "guardrails")]
    assert [line for line in lines if line.mandatory] == []


def test_what_the_preview_leaves_open_is_about_addresses_and_policies_only() -> None:
    doubts = [line.message for line in judge_program(program(created=False))]
    assert doubts
    assert all("public IP" in doubt or doubt.endswith("is unknown.") for doubt in doubts)
    assert all("may Client" in doubt for doubt in doubts if "public IP" not in doubt)


@pytest.mark.parametrize("egress", ["public-ip", "nat"])
def test_the_created_program_leaves_nothing_open(egress: str) -> None:
    assert judge_program(program(created=True, egress=egress)) == []


def test_the_created_program_has_three_pieces_of_advice() -> None:
    lines = judge_program(program(created=True), "guardrails")
    assert [(line.policy, line.mandatory) for line in lines] == [
        ("image-has-a-digest", False),
        ("function-has-reserved-concurrency", False),
        ("file-system-is-protected", False),
    ]


def said_more(whole: Program, before: Program, pack: str) -> list[Said]:
    anyway = judge_program(before, pack)
    return [line for line in judge_program(whole, pack) if line not in anyway]


@pytest.mark.parametrize(("change", "pack", "lines"), [b[:3] for b in BREAKS], ids=ids)
def test_a_break_of_the_created_program_is_found(
    change: Change, pack: str, lines: tuple[Said, ...]
) -> None:
    whole = program(created=True)
    change(whole)
    assert said_more(whole, program(created=True), pack) == list(lines)


# In a preview the rest is unknown: policy documents, and where the populate task runs.
@pytest.mark.parametrize(("change", "pack", "lines"), [b[:3] for b in BREAKS if not b[3]], ids=ids)
def test_a_break_of_a_preview_is_found(change: Change, pack: str, lines: tuple[Said, ...]) -> None:
    whole = program(created=False, egress="nat")
    change(whole)
    more = said_more(whole, program(created=False, egress="nat"), pack)
    assert {line.policy for line in more if line.mandatory} == {line.policy for line in lines}


def a_zone_of_the_function_without_mount_target(p: Program) -> None:
    p.remove(target(p))


def test_a_missing_mount_target_is_found_in_preview() -> None:
    whole = program(created=False)
    a_zone_of_the_function_without_mount_target(whole)
    [line] = [line for line in judge_program(whole) if line.mandatory]
    assert line.message.startswith(
        "function 'inference' runs in subnet 'network-private-us-east-1b' in zone us-east-1b, but "
    )


ALLOWED: list[tuple[Change, str]] = []


def allowed(pack: str) -> Callable[[Change], Change]:
    """A change that the rule beside it must not mind."""

    def note(change: Change) -> Change:
        ALLOWED.append((change, pack))
        return change

    return note


@allowed("mounts")
def another_path_of_the_right_form_everywhere(p: Program) -> None:
    for part in (function(p), task(p)):
        part.props = json.loads(json.dumps(part.props).replace("/mnt/efs", "/mnt/a-b_c.d"))


@allowed("mounts")
def a_root_directory_that_says_nothing(p: Program) -> None:
    volume(p)["rootDirectory"] = "/"


@allowed("mounts")
def ids_as_texts(p: Program) -> None:
    point(p).props["posixUser"] = {"uid": "1000", "gid": 1000.0}


@allowed("mounts")
def the_official_image(p: Program) -> None:
    p.edit(task(p), "containerDefinitions", lambda d: d[0].update(image="python:3.11-slim"))


@allowed("mounts")
def a_digest_beside_the_tag(p: Program) -> None:
    image = "public.ecr.aws/lambda/python:3.11@sha256:" + "0" * 64
    p.edit(task(p), "containerDefinitions", lambda d: d[0].update(image=image))


@allowed("mounts")
def a_path_in_the_release(p: Program) -> None:
    variables = function(p).props["environment"]["variables"]
    variables["PYTHONPATH"] = variables["RELEASE_PATH"] + "/site-packages"
    variables["CACHE"] = "/mnt/efs/cache"


@allowed("mounts")
def a_function_that_waits_through_the_populate_only(p: Program) -> None:
    p.forget(target(p), function(p))
    p.forget(target(p, "a"), function(p))


@allowed("mounts")
def a_mount_target_that_another_zone_uses(p: Program) -> None:
    other = p.add(
        "aws:ec2/subnet:Subnet",
        "far",
        {"availabilityZone": "us-east-1f", "id": "subnet-0f0f0f0f0f0f0f0f0"},
    )
    p.add(
        "aws:efs/mountTarget:MountTarget",
        "far",
        {"fileSystemId": system(p).props["id"], "subnetId": "subnet-0f0f0f0f0f0f0f0f0"},
        fileSystemId=system(p),
        subnetId=other,
    )


@allowed("mounts")
def everything_out_of_the_populate(p: Program) -> None:
    rule = p["SecurityGroupEgressRule", "network-populator-to-443"]
    rule.props |= {"ipProtocol": "-1", "fromPort": None, "toPort": None}


@allowed("mounts")
def the_network_as_the_source(p: Program) -> None:
    rule = p["SecurityGroupIngressRule", "network-mount-targets-from-function"]
    rule.props |= {"cidrIpv4": "10.42.0.0/16", "referencedSecurityGroupId": None}


@allowed("mounts")
def wildcards_that_allow_no_more(p: Program) -> None:
    def widen(document: Any) -> None:
        document["Statement"][0] |= {"Action": ["elasticfilesystem:ClientMoun?"], "Resource": "*"}

    p.edit(p["RolePolicy", "inference"], "policy", widen)


@allowed("mounts")
def a_denial_of_writing_to_the_function(p: Program) -> None:
    def deny(document: Any) -> None:
        document["Statement"].append({"Effect": "Deny", "NotAction": MOUNT, "Resource": "*"})

    p.edit(p["RolePolicy", "inference"], "policy", deny)


@allowed("guardrails")
def files_that_come_back(p: Program) -> None:
    system(p).props["lifecyclePolicies"] = [{"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"}]


@allowed("guardrails")
def a_function_url_with_iam(p: Program) -> None:
    p.add("aws:lambda/functionUrl:FunctionUrl", "url", {"authorizationType": "AWS_IAM"})


@allowed("guardrails")
def network_interfaces_of_any_kind(p: Program) -> None:
    def widen(document: Any) -> None:
        document["Statement"][2]["Action"].append("ec2:DescribeVpcs")

    p.edit(p["RolePolicy", "inference"], "policy", widen)


@allowed("guardrails")
def ingress_from_the_network(p: Program) -> None:
    rule = p["SecurityGroupIngressRule", "network-mount-targets-from-function"]
    rule.props |= {"cidrIpv4": "10.0.0.0/8", "referencedSecurityGroupId": None}


@allowed("guardrails")
def a_small_function_that_mounts_nothing(p: Program) -> None:
    props = {"timeout": 3, "memorySize": 128, "runtime": "python3.13"}
    p.add("aws:lambda/function:Function", "small", props)


@pytest.mark.parametrize(("change", "pack"), ALLOWED, ids=ids)
def test_there_is_no_false_alarm_for(change: Change, pack: str) -> None:
    whole = program(created=True)
    change(whole)
    assert said_more(whole, program(created=True), pack) == []
