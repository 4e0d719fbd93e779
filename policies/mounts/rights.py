"""Rule: each consumer's role may mount, what populates may write, and a function may not."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..reading.findings import Answer, Open, Report, all_of, doubt, negated, verdict
from ..reading.graph import Stack
from ..reading.iam import Client, applies, concerns
from ..reading.kinds import ROLES
from ..reading.naming import Elsewhere, Here, Name, NotYet, candidates, here, register
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, Unknown, number
from .parts.consumer import Consumer, Mount, Pair
from .parts.populators import mounting, populating, writers_for
from .parts.roles import Document, documents_of, read_document
from .parts.storage import file_system_of

_FILE_SYSTEM_POLICY = "aws:efs/fileSystemPolicy:FileSystemPolicy"
_PREFIX = "elasticfilesystem:"


@dataclass(frozen=True)
class _Judgement:
    """Whether somebody may do something, and the policies that say so."""

    answer: Answer
    labels: tuple[str, ...] = ()
    by_default: bool = False

    @property
    def why(self) -> str:
        """Why not, in words."""
        return f"{' and '.join(self.labels)} denies it" if self.labels else "nothing allows it"


@dataclass(frozen=True)
class _Access:
    """Somebody at a file system: as a role, or as nobody in particular."""

    stack: Stack
    role: Here | None
    own: list[Document]
    others: list[Document]
    mount: Mount

    def may(self, action: str) -> _Judgement:
        """Whether one may do this."""
        found: dict[bool, list[str]] = {True: [], False: []}  # by whether it allows
        open_: dict[bool, list[Open]] = {True: [], False: []}
        for allows, answer, label in self._said(action):
            if isinstance(answer, Open):
                open_[allows].append(Open(f"{label} {answer.because}", answer.preview))
            elif answer:
                found[allows].append(label)
        if found[False]:
            return _judgement(False, found[False])
        if not found[True] and not self.others:
            return self._by_default(open_)
        doubts = open_[not found[True]]  # what may still allow it, or may deny what is allowed
        if doubts:
            return _Judgement(doubts[0])
        if found[True]:
            return _judgement(True, found[True])
        return _Judgement(self.stack.there_is_none(self.absent(action)))

    def _said(self, action: str) -> Iterator[tuple[bool, Answer, str]]:
        """Of each statement whether it allows, whether it applies, and whose it is."""
        client = Client(_PREFIX + action, _arn(self.mount.system), self._context(), self.role)
        for document in (*self.own, *self.others):
            if isinstance(document.statements, Open):
                for effect in document.effects:
                    yield effect, document.statements, document.label
                continue
            for statement in document.statements:
                applying = applies(statement, client)
                if document.of_system:
                    applying = all_of([applying, concerns(statement, self.role)])
                yield statement.allows, applying, document.label

    def _by_default(self, open_: dict[bool, list[Open]]) -> _Judgement:
        """A file system without a policy lets everybody in who reaches it.

        Lambda developer guide, "Configuring file system access", execution role.
        """
        if open_[False]:
            return _Judgement(open_[False][0])
        if isinstance(self.mount.system, Here) and self.stack.is_settled:
            return _Judgement(True, by_default=True)
        whole = self.mount.system.label if self.mount.system else "its file system"
        preview = isinstance(self.mount.system, Here)
        why = Open(f"whether {whole} has a file system policy is not known", preview=preview)
        return _Judgement((*open_[True], why)[0])

    def absent(self, action: str) -> str:
        """What is not there where nothing allows it."""
        who = self.role.label if self.role else "nobody in particular"
        return f"policy that allows {_PREFIX}{action} to {who}"

    def _context(self) -> dict[str, str | Unknown | None]:
        arn = self.role.resource.get("arn") if self.role else None
        known = arn if isinstance(arn, str) else UNKNOWN if self.role else None
        parts = known.split(":") if isinstance(known, str) else []
        return {
            "aws:securetransport": "true",
            "elasticfilesystem:accessedviamounttarget": "true",
            "elasticfilesystem:accesspointarn": _arn(self.mount.point) or UNKNOWN
            if self.mount.point
            else None,
            "aws:principalarn": known,
            "aws:principalaccount": parts[4] if len(parts) > 5 else UNKNOWN if known else None,
        }


def _judgement(answer: Answer, labels: Sequence[str]) -> _Judgement:
    return _Judgement(answer, tuple(dict.fromkeys(labels)))


def _arn(name: Name | None) -> str | None:
    """ARN or id of what is known."""
    if isinstance(name, Elsewhere):
        return name.given or None
    resource = here(name)
    for known in (resource.get("arn"), resource.get("id")) if resource else ():
        if isinstance(known, str):
            return known
    return None


def policies_by_system(stack: Stack) -> dict[str, list[Document]]:
    """By the key of a file system, its policies; of "", those of which it is not known."""
    found: dict[str, list[Document]] = defaultdict(list)
    for policy in stack.of_type(_FILE_SYSTEM_POLICY):
        document = replace(read_document(policy.label, policy.get("policy")), of_system=True)
        system = file_system_of(stack, policy)
        if isinstance(system, NotYet):
            which = Open("may be another file system's", preview=True)
            document = replace(document, statements=which)
        for key in [known.key for known in candidates(system)] or [""]:
            found[key].append(document)
    return found


def _judge(stack: Stack, pair: Pair, _: Parameters) -> Iterator[Report]:
    consumer, mount = pair
    name = "role" if consumer.is_function else "taskRoleArn"
    given = consumer.resource.get(name)
    role = register(stack, ROLES).named(given, consumer.resource, name)
    if not consumer.is_function and mount.by_iam is not True:
        if mount.by_iam is False:
            yield from _nobody(stack, consumer, mount)
        return
    if role is None and not consumer.is_function:
        yield Report(
            f"{consumer.label} mounts {mount.label} with IAM on, but {consumer.resource.label} "
            "has no taskRoleArn: ECS refuses it (the execution role does not count). Give the task "
            "definition a task role that may elasticfilesystem:ClientMount.",
            consumer.urn,
        )
        return
    what = f"the rights of {consumer.label} on {mount.label}"
    if mount.is_s3:
        yield doubt(what, consumer.urn, f"{mount.label} is no EFS access point")
    elif not isinstance(role, Here):
        left = role.open if role else Open("no role is given")
        yield Report(what, consumer.urn, left)
    elif isinstance(mount.point, NotYet):
        yield Report(what, consumer.urn, mount.point.open)
    else:
        yield from _role(stack, consumer, mount, _access(stack, role, mount))


def may_write(stack: Stack, function: Consumer, mount: Mount) -> Answer:
    """Whether a function may write to what it mounts."""
    role = register(stack, ROLES).named(function.resource.get("role"), function.resource, "role")
    if not isinstance(role, Here):
        return role.open if role else False
    return _access(stack, role, mount).may("ClientWrite").answer


def _access(stack: Stack, role: Here | None, mount: Mount) -> _Access:
    policies = stack.once(policies_by_system)
    known = candidates(mount.system)
    others = policies.get(known[0].key, []) if len(known) == 1 else []
    own = documents_of(stack, role) if role else []
    return _Access(stack, role, own, [*others, *policies.get("", [])], mount)


def _role(stack: Stack, consumer: Consumer, mount: Mount, access: _Access) -> Iterator[Report]:
    label = access.role.label if access.role else ""
    role = label if consumer.is_function else f"task {label}"
    yield from _may(consumer, access, "ClientMount", f"mounts {mount.label}", role)
    populates = (consumer.urn, consumer.label) in stack.once(populating) and not mount.read_only
    if populates:
        yield from _may(consumer, access, "ClientWrite", f"populates {mount.label}", role)
    yield from _as_root(consumer, mount, access, populates=populates)
    if populates:
        return
    if consumer.is_function:
        for writer in writers_for(stack, mount):
            if writer.proof is True:
                yield from _not_writing(consumer, mount, access, writer.consumer)
                return


def _may(
    consumer: Consumer, access: _Access, action: str, does: str, role: str
) -> Iterator[Report]:
    judgement = access.may(action)
    yield from verdict(
        judgement.answer,
        consumer.urn,
        what=f"whether {consumer.label}, which {does} as {role}, may {action}",
        wrong=f"{consumer.label} {does}, but its {role} may not {_PREFIX}{action} there: "
        f"{judgement.why}. Allow {_PREFIX}{action} on the file system to "
        f"{role.removeprefix('task ')}.",
    )


def _as_root(
    consumer: Consumer, mount: Mount, access: _Access, *, populates: bool
) -> Iterator[Report]:
    """With user or group 0 a client needs ClientRootAccess; without it, it is nobody's."""
    point = here(mount.point)
    named = [k for k in ("uid", "gid") if point and number(point.get("posixUser", k)) == 0]
    if not named:
        return
    judgement = access.may("ClientRootAccess")
    role = access.role.label if access.role else ""
    does = f"comes through {mount.label} as posixUser.{named[0]} 0"
    wrong = (
        f"{consumer.label} {does}, but its {role} may not {_PREFIX}ClientRootAccess there: "
        f"{judgement.why}. Allow it, or give the access point another user."
    )
    what = f"whether {consumer.label}, which {does}, needs ClientRootAccess"
    if judgement.answer is False and not populates:
        yield doubt(what, consumer.urn, f"{role} may not: {judgement.why}")
    else:
        yield from verdict(judgement.answer, consumer.urn, what=what, wrong=wrong)


def _not_writing(
    consumer: Consumer, mount: Mount, access: _Access, writer: Consumer
) -> Iterator[Report]:
    judgement = access.may("ClientWrite")
    role = access.role.label if access.role else ""
    if judgement.by_default:
        yield doubt(
            f"whether {consumer.label} is kept from writing",
            consumer.urn,
            f"{mount.system.label if mount.system else 'its file system'} has no file system "
            "policy in this stack, and without one whoever reaches a mount target may write. Add "
            "an aws.efs.FileSystemPolicy",
        )
    elif judgement.answer != access.stack.there_is_none(access.absent("ClientWrite")):
        yield from verdict(
            negated(judgement.answer),
            consumer.urn,
            what=f"whether {consumer.label}, which reads from {mount.label}, may ClientWrite",
            wrong=f"{consumer.label} reads from {mount.label}, which {writer.label} "
            f"populates, but its {role} may elasticfilesystem:ClientWrite "
            f"there: {' and '.join(judgement.labels)} allows it. Leave it with "
            "elasticfilesystem:ClientMount.",
        )


def _nobody(stack: Stack, consumer: Consumer, mount: Mount) -> Iterator[Report]:
    """A volume without IAM: its client has no name."""
    access = _access(stack, None, mount)
    if not isinstance(mount.system, Here) or not access.others:
        return
    judgement = access.may("ClientMount")
    yield from verdict(
        judgement.answer,
        consumer.urn,
        what=f"whether {consumer.label}, whose volume has no IAM, may mount {mount.label}",
        wrong=f"{consumer.label} mounts {mount.label} as nobody in particular "
        f"(authorizationConfig.iam is not ENABLED), and may not {_PREFIX}ClientMount there: "
        f"{judgement.why}. Set authorizationConfig.iam to ENABLED.",
    )


RULE = Rule(
    name="roles-may-mount-and-only-populators-write",
    description=(
        "A consumer's role may ClientMount the file system through its access point, the role of "
        "what populates may ClientWrite, and a function that reads from a populated one may not."
    ),
    subjects=lambda stack: stack.once(mounting),
    judge=_judge,
)
