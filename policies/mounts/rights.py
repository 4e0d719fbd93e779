"""Rule: each consumer's role may mount, what populates may write, and a function may not."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ..reading.answers import Answer, all_of, any_of
from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.iam import Client, Statement, applies
from ..reading.identity import ROLES, Entity, register
from ..reading.values import UNKNOWN, Plain, at, items, text
from .consumer import Consumer, Mount
from .consumers import read_consumers
from .launches import populators
from .roles import Document, documents_of, read_document
from .storage import file_system_of, file_systems_of

NAME = "roles-may-mount-and-only-populators-write"
DESCRIPTION = (
    "A consumer's role may ClientMount the file system through its access point, the role of what "
    "populates may ClientWrite, and a function that reads from a populated one may not."
)

_FILE_SYSTEM_POLICY = "aws:efs/fileSystemPolicy:FileSystemPolicy"


@dataclass(frozen=True)
class _Judgement:
    """Whether a role may do something, and the policies that say so or leave it open."""

    answer: Answer
    labels: tuple[str, ...]


@dataclass(frozen=True)
class _Access:
    """A role at a file system through an access point."""

    role: Entity
    own: list[Document]
    others: list[Document]
    file_system: str | None
    access_point: str | None

    def may(self, action: str) -> _Judgement:
        """Whether the role may do this."""
        client = Client(f"elasticfilesystem:{action}", self.file_system, self.access_point)
        denied: list[str] = []
        allowed: list[str] = []
        open_: dict[bool, list[tuple[Answer, str]]] = {True: [], False: []}  # by whether it allows
        for policy, mine in [(d, True) for d in self.own] + [(d, False) for d in self.others]:
            if not isinstance(policy.statements, tuple):
                for effect in policy.effects:
                    open_[effect].append((policy.statements, policy.label))
                continue
            for statement in policy.statements:
                applying = applies(statement, client)
                if not mine:
                    applying = all_of([applying, _is_about(statement, self.role)])
                if applying is True:
                    (allowed if statement.allows else denied).append(policy.label)
                elif applying is not False:
                    open_[statement.allows].append((applying, policy.label))
        if denied:
            return _judgement(False, denied)
        doubts = open_[not allowed]  # what may still allow it, or may deny what is allowed
        if doubts:
            return _judgement(any_of(a for a, _ in doubts), [label for _, label in doubts])
        return _judgement(bool(allowed), allowed)


def _judgement(answer: Answer, labels: list[str]) -> _Judgement:
    return _Judgement(answer, tuple(dict.fromkeys(labels)))


def _is_about(statement: Statement, role: Entity) -> Answer:
    """Whether a statement of a file system policy speaks of the role."""
    if statement.not_principal:
        return None
    if statement.principal == "*":
        return True
    if statement.principal is UNKNOWN:
        return UNKNOWN
    return any_of(
        _is_role(name, role, statement.allows) for name in items(at(statement.principal, "AWS"))
    )


def _is_role(name: Plain, role: Entity, allows: bool) -> Answer:
    if name is UNKNOWN:
        return UNKNOWN
    if not isinstance(name, str):
        return False
    if name == "*":
        return True
    if name.isdigit() or name.endswith(":root"):
        # To an account: what is denied is denied to each role of it, what is allowed is left to
        # the roles' own policies.
        return not allows
    resource = role.resource
    known = [resource.get(p) for p in ("arn", "name", "id")] if resource is not None else [role.key]
    if name in known:
        return True
    if name.startswith("arn:"):
        tail = name.split("role/")[-1].split("/")
        return any(part in known for part in (tail[-1], *tail[1:2]))
    return False


def judge(stack: Stack) -> Findings:
    """Each consumer's role at each access point that it mounts."""
    reports: list[Report] = []
    judged = 0
    writers = stack.once(populators)
    populated = {
        mount.access_point.key: writer
        for writer in reversed(writers)
        for mount in writer.mounts
        if mount.access_point is not None and not mount.read_only
    }
    for consumer in stack.once(read_consumers).consumers:
        for mount in consumer.mounts:
            if not consumer.is_function and not _by_iam(consumer.resource):
                continue
            judged += 1
            reports.extend(_role(stack, consumer, mount, populated))
    return Findings.of(judged, dict.fromkeys(reports))


def _by_iam(task: Resource) -> bool:
    """Whether a task mounts as its task role: IAM is on."""
    volumes = items(task.get("volumes"))
    iam = [at(v, "efsVolumeConfiguration", "authorizationConfig", "iam") for v in volumes]
    return UNKNOWN in iam or "ENABLED" in iam


def _role(
    stack: Stack, consumer: Consumer, mount: Mount, populated: dict[str, Consumer]
) -> Iterator[Report]:
    resource = consumer.resource
    name = "role" if consumer.is_function else "taskRoleArn"
    given = text(resource.get(name))
    roles = register(stack, ROLES).named(given, resource, name)
    if given is None and not consumer.is_function:
        yield Report(
            f"{consumer.label} mounts {mount.access_point_label} with IAM on, but {resource.label} "
            "has no taskRoleArn: ECS refuses it (the execution role does not count). Give the task "
            "definition a task role that may elasticfilesystem:ClientMount.",
            resource.urn,
        )
        return
    point = mount.access_point
    if len(roles) != 1 or roles[0].resource is None or point is None:
        what = roles[0].label if len(roles) == 1 else f"the role of {consumer.label}"
        why = "which of several it is" if point is None or len(roles) > 1 else "made elsewhere"
        yield doubt(
            f"the rights of {consumer.label} on {mount.access_point_label} as {what}, {why}.",
            resource.urn,
            preview=point is None or len(roles) > 1 or (not roles and given is UNKNOWN),
        )
        return
    access = _access(stack, roles[0], point)
    writer = populated.get(point.key)
    yield from _mounting(consumer, mount, access)
    if consumer.is_function:
        if writer is not None:
            yield from _not_writing(stack, consumer, mount, access, writer)
    elif not mount.read_only and consumer in stack.once(populators):
        yield from _writing(consumer, mount, access)


def _access(stack: Stack, role: Entity, point: Entity) -> _Access:
    system = file_system_of(stack, point)
    policies = stack.once(_policies_by_system).get(system.key, []) if system else []
    return _Access(
        role,
        documents_of(stack, role),
        policies,
        _arn(system),
        _arn(point),
    )


def _arn(entity: Entity | None) -> str | None:
    if entity is None:
        return None
    if entity.resource is None:
        return entity.key
    arn = entity.resource.get("arn")
    return arn if isinstance(arn, str) and arn else None


def _policies_by_system(stack: Stack) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = defaultdict(list)
    for policy in stack.of_type(_FILE_SYSTEM_POLICY):
        systems = file_systems_of(stack, policy)
        for system in systems:
            document = read_document(policy.label, policy.get("policy"))
            certain = len(systems) == 1
            found[system.key].append(document if certain else Document(policy.label, UNKNOWN))
    return found


def _why(judgement: _Judgement) -> str:
    return (
        f"{' and '.join(judgement.labels)} denies it" if judgement.labels else "nothing allows it"
    )


def _open(consumer: Consumer, mount: Mount, what: str, judgement: _Judgement) -> Report:
    preview = judgement.answer is UNKNOWN
    why = "is unknown" if preview else "holds what is not judged here"
    return doubt(
        f"whether {consumer.label} may {what} through {mount.access_point_label}; "
        f"{', '.join(judgement.labels)} {why}.",
        consumer.resource.urn,
        preview=preview,
    )


def _mounting(consumer: Consumer, mount: Mount, access: _Access) -> Iterator[Report]:
    judgement = access.may("ClientMount")
    kind = "" if consumer.is_function else "task "
    if judgement.answer is False:
        yield Report(
            f"{consumer.label} mounts {mount.access_point_label}, but its {kind}"
            f"{access.role.label} may not elasticfilesystem:ClientMount there: {_why(judgement)}. "
            f"Allow elasticfilesystem:ClientMount on the file system to {access.role.label}.",
            consumer.resource.urn,
        )
    elif judgement.answer is not True:
        yield _open(consumer, mount, "ClientMount", judgement)


def _writing(consumer: Consumer, mount: Mount, access: _Access) -> Iterator[Report]:
    judgement = access.may("ClientWrite")
    if judgement.answer is False:
        yield Report(
            f"{consumer.label} populates {mount.access_point_label}, but its task "
            f"{access.role.label} may not elasticfilesystem:ClientWrite there: "
            f"{_why(judgement)}. Allow elasticfilesystem:ClientWrite on the file system to "
            f"{access.role.label}.",
            consumer.resource.urn,
        )
    elif judgement.answer is not True:
        yield _open(consumer, mount, "ClientWrite", judgement)


def _not_writing(
    stack: Stack, consumer: Consumer, mount: Mount, access: _Access, writer: Consumer
) -> Iterator[Report]:
    judgement = access.may("ClientWrite")
    if judgement.answer is True:
        yield Report(
            f"{consumer.label} reads from {mount.access_point_label}, which {writer.label} "
            f"populates, but its {access.role.label} may elasticfilesystem:ClientWrite "
            f"there: {' and '.join(judgement.labels)} allows it. Leave it with "
            "elasticfilesystem:ClientMount.",
            consumer.resource.urn,
        )
        return
    if judgement.answer is not False:
        yield _open(consumer, mount, "ClientWrite, which it should not,", judgement)
        return
    system = file_system_of(stack, mount.access_point)
    if system is not None and system.resource is not None and not access.others:
        yield doubt(
            f"whether {consumer.label} is kept from writing: {system.label} has no file system "
            "policy in this stack, and without one whoever reaches a mount target may write. Add "
            "an aws.efs.FileSystemPolicy.",
            consumer.resource.urn,
            preview=False,
        )
