"""Rule: each consumer's role may mount, what populates may write, and a function may not."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..reading.findings import Answer, Open, Report, all_of, doubt, negated, verdict
from ..reading.graph import Resource, Stack, once
from ..reading.iam import Client, applies, concerns
from ..reading.kinds import FILE_SYSTEM_POLICY, ROLES
from ..reading.naming import Elsewhere, Here, Name, NotYet, candidates, here, named, only
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, Unknown, number
from .parts.consumer import Consumer, Mount
from .parts.populators import mounting, populating, writers_for
from .parts.roles import Document, documents_of, read_document
from .parts.storage import file_system_of

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
    """Somebody at what is mounted: as a role, or (None) as nobody in particular."""

    mount: Mount
    role: Resource | None
    own: list[Document]
    others: list[Document]

    @property
    def who(self) -> str:
        """Who it is, in messages."""
        return self.role.label if self.role else "nobody in particular"

    def may(self, action: str) -> _Judgement:
        """Whether one may do this."""
        found: dict[bool, list[str]] = {True: [], False: []}  # by whether it allows
        open_: dict[bool, list[Open]] = {True: [], False: []}
        for allows, answer, label in self._said(action):
            if isinstance(answer, Open):
                open_[allows].append(replace(answer, because=f"{label} {answer.because}"))
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
        return _Judgement(self.is_absent(action))

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
        system = self.mount.system
        if open_[False]:
            return _Judgement(open_[False][0])
        if isinstance(system, Here) and system.resource.stack.is_settled:
            return _Judgement(True, by_default=True)
        whole = system.label if system else "its file system"
        why = f"whether {whole} has a file system policy is not known"
        return _Judgement((*open_[True], Open(why, preview=isinstance(system, Here)))[0])

    def is_absent(self, action: str) -> Answer:
        """What it proves that nothing allows it."""
        what = f"policy that allows {_PREFIX}{action} to {self.who}"
        return self.mount.consumer.resource.stack.there_is_none(what)

    def _context(self) -> dict[str, str | Unknown | None]:
        arn = self.role.get("arn") if self.role else None
        known = arn if isinstance(arn, str) else UNKNOWN if self.role else None
        parts = known.split(":") if isinstance(known, str) else []
        point = self.mount.point
        return {
            "aws:securetransport": "true",
            "elasticfilesystem:accessedviamounttarget": "true",
            "elasticfilesystem:accesspointarn": (_arn(point) or UNKNOWN) if point else None,
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
    known = [resource.get("arn"), resource.get("id")] if resource else []
    return next((one for one in known if isinstance(one, str)), None)


@once
def _policies(stack: Stack) -> dict[str, list[Document]]:
    """By the key of a file system, its policies; of "", those of which it is not known."""
    found: dict[str, list[Document]] = defaultdict(list)
    for policy in stack.of_type(FILE_SYSTEM_POLICY):
        document = replace(read_document(policy.label, policy.get("policy")), of_system=True)
        system = file_system_of(policy)
        if isinstance(system, NotYet):
            which = Open("may be another file system's", preview=True)
            document = replace(document, statements=which)
        for key in [known.key for known in candidates(system)] or [""]:
            found[key].append(document)
    return found


def _access(mount: Mount, role: Resource | None) -> _Access:
    policies = _policies(mount.consumer.resource.stack)
    known = only(mount.system)
    others = [*(policies.get(known.key, []) if known else []), *policies.get("", [])]
    return _Access(mount, role, documents_of(role) if role else [], others)


def _role_of(consumer: Consumer) -> Name | None:
    return named(consumer.resource, ROLES, "role" if consumer.is_function else "taskRoleArn")


def may_write(mount: Mount) -> Answer:
    """Whether who mounts it may write there."""
    role = _role_of(mount.consumer)
    if not isinstance(role, Here):
        return role.open if role else False
    return _access(mount, role.resource).may("ClientWrite").answer


def _judge(_stack: Stack, mount: Mount, _: Parameters) -> Iterator[Report]:
    consumer, role = mount.consumer, _role_of(mount.consumer)
    what = f"the rights of {consumer.label} on {mount.label}"
    if not consumer.is_function and mount.by_iam is not True:
        if mount.by_iam is False:
            yield from _nobody(mount)
    elif role is None and not consumer.is_function:
        yield Report(
            f"{consumer.label} mounts {mount.label} with IAM on, but {consumer.resource.label} "
            "has no taskRoleArn: ECS refuses it (the execution role does not count). Give the task "
            "definition a task role that may elasticfilesystem:ClientMount."
        )
    elif mount.is_s3:
        yield doubt(what, f"{mount.label} is no EFS access point")
    elif not isinstance(role, Here):
        yield Report(what, role.open if role else Open("no role is given"))
    elif isinstance(mount.point, NotYet):
        yield Report(what, mount.point.open)
    else:
        yield from _as_role(mount, _access(mount, role.resource))


def _as_role(mount: Mount, access: _Access) -> Iterator[Report]:
    consumer, stack = mount.consumer, mount.consumer.resource.stack
    populates = consumer in populating(stack) and not mount.read_only
    yield from _may(access, "ClientMount", f"mounts {mount.label}")
    if populates:
        yield from _may(access, "ClientWrite", f"populates {mount.label}")
    yield from _as_root(mount, access, populates=populates)
    if consumer.is_function and not populates:
        sure = [writer for writer in writers_for(mount) if writer.proof is True]
        if sure:
            yield from _not_writing(mount, access, sure[0].consumer)


def _may(access: _Access, action: str, does: str) -> Iterator[Report]:
    judgement, consumer = access.may(action), access.mount.consumer
    role = access.who if consumer.is_function else f"task {access.who}"
    yield from verdict(
        judgement.answer,
        what=f"whether {consumer.label}, which {does} as {role}, may {action}",
        wrong=f"{consumer.label} {does}, but its {role} may not {_PREFIX}{action} there: "
        f"{judgement.why}. Allow {_PREFIX}{action} on the file system to {access.who}.",
    )


def _as_root(mount: Mount, access: _Access, *, populates: bool) -> Iterator[Report]:
    """With user or group 0 a client needs ClientRootAccess; without it, it is nobody's."""
    point = here(mount.point)
    ids = [k for k in ("uid", "gid") if point and number(point.get("posixUser", k)) == 0]
    if not ids:
        return
    judgement, who = access.may("ClientRootAccess"), mount.consumer.label
    does = f"comes through {mount.label} as posixUser.{ids[0]} 0"
    what = f"whether {who}, which {does}, needs ClientRootAccess"
    if judgement.answer is False and not populates:
        yield doubt(what, f"{access.who} may not: {judgement.why}")
        return
    yield from verdict(
        judgement.answer,
        what=what,
        wrong=f"{who} {does}, but its {access.who} may not {_PREFIX}ClientRootAccess there: "
        f"{judgement.why}. Allow it, or give the access point another user.",
    )


def _not_writing(mount: Mount, access: _Access, writer: Consumer) -> Iterator[Report]:
    judgement, who = access.may("ClientWrite"), mount.consumer.label
    if judgement.by_default:
        yield doubt(
            f"whether {who} is kept from writing",
            f"{mount.whole} has no file system policy in this stack, and without one whoever "
            "reaches a mount target may write. Add an aws.efs.FileSystemPolicy",
        )
    elif judgement.answer != access.is_absent("ClientWrite"):
        yield from verdict(
            negated(judgement.answer),
            what=f"whether {who}, which reads from {mount.label}, may ClientWrite",
            wrong=f"{who} reads from {mount.label}, which {writer.label} populates, but its "
            f"{access.who} may elasticfilesystem:ClientWrite there: "
            f"{' and '.join(judgement.labels)} allows it. Leave it with "
            "elasticfilesystem:ClientMount.",
        )


def _nobody(mount: Mount) -> Iterator[Report]:
    """A volume without IAM: its client has no name."""
    access = _access(mount, None)
    if not isinstance(mount.system, Here) or not access.others:
        return
    judgement, who = access.may("ClientMount"), mount.consumer.label
    yield from verdict(
        judgement.answer,
        what=f"whether {who}, whose volume has no IAM, may mount {mount.label}",
        wrong=f"{who} mounts {mount.label} as nobody in particular "
        f"(authorizationConfig.iam is not ENABLED), and may not {_PREFIX}ClientMount there: "
        f"{judgement.why}. Set authorizationConfig.iam to ENABLED.",
    )


RULE = Rule(
    name="roles-may-mount-and-only-populators-write",
    description=(
        "A consumer's role may ClientMount the file system through its access point, the role of "
        "what populates may ClientWrite, and a function that reads from a populated one may not."
    ),
    subjects=mounting,
    judge=_judge,
)
