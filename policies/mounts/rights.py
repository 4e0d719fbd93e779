"""Rule: each consumer's role may mount, what populates may write, and a function may not."""

from dataclasses import dataclass

from ..reading.findings import Answer, Open, Report, all_of, doubt, negated, verdict
from ..reading.graph import Resource
from ..reading.iam import Client, applies, concerns
from ..reading.kinds import ROLES
from ..reading.naming import Elsewhere, Name, NotYet, here, named, only
from ..reading.pack import Reports, rule
from ..reading.values import UNKNOWN, Unknown, number
from .parts.consumer import Mount
from .parts.populators import mounting, populating, writers_for
from .parts.roles import Policies, policies_of, policies_of_system

_PREFIX = "elasticfilesystem:"


@dataclass(frozen=True)
class _Judgement:
    """Whether somebody may do something, and the policies that say so."""

    answer: Answer
    labels: tuple[str, ...] = ()
    by_default: bool = False

    @property
    def why(self) -> str:
        return f"{' and '.join(self.labels)} denies it" if self.labels else "nothing allows it"


@dataclass(frozen=True)
class _Access:
    """Somebody at what is mounted: as a role, or (None) as nobody in particular."""

    mount: Mount
    role: Resource | None

    @property
    def who(self) -> str:
        return self.role.label if self.role else "nobody in particular"

    @property
    def guards(self) -> Policies:
        known = only(self.mount.system)
        return policies_of_system(self.mount.stack, known.key if known else "")

    def may(self, action: str) -> _Judgement:
        client = Client(_PREFIX + action, _arn(self.mount.system), self._context(), self.role)
        sure: dict[bool, dict[str, None]] = {True: {}, False: {}}  # by whether it allows
        doubts: dict[bool, list[Open]] = {True: [], False: []}
        for label, said in (*(policies_of(self.role) if self.role else ()), *self.guards):
            answer = all_of([applies(said, client), concerns(said, self.role)])
            if isinstance(answer, Open):
                doubts[said.allows].append(Open(f"{label} {answer.because}", answer.preview))
            elif answer:
                sure[said.allows][label] = None
        if sure[False]:
            return _Judgement(False, tuple(sure[False]))
        if not sure[True] and not self.guards:
            return self._by_default(doubts)
        left = doubts[not sure[True]]  # what may still allow it, or may deny what is allowed
        if left:
            return _Judgement(left[0])
        return _Judgement(True, tuple(sure[True])) if sure[True] else self.absent(action)

    def _by_default(self, doubts: dict[bool, list[Open]]) -> _Judgement:
        """A file system without a policy lets everybody in who reaches it.

        Lambda developer guide, "Configuring file system access", execution role.
        """
        is_here = isinstance(self.mount.system, Resource)
        if is_here and self.mount.stack.is_settled and not doubts[False]:
            return _Judgement(True, by_default=True)
        whole = self.mount.system.label if self.mount.system else "its file system"
        why = Open(f"whether {whole} has a file system policy is not known", preview=is_here)
        return _Judgement((*doubts[False], *doubts[True], why)[0])

    def absent(self, action: str) -> _Judgement:
        """What it proves that nothing allows it."""
        what = f"policy that allows {_PREFIX}{action} to {self.who}"
        return _Judgement(self.mount.stack.there_is_none(what))

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


def _arn(name: Name | None) -> str | None:
    if isinstance(name, Elsewhere):
        return name.given or None
    resource = here(name)
    known = [resource.get("arn"), resource.get("id")] if resource else []
    return next((one for one in known if isinstance(one, str)), None)


def _role_of(mount: Mount) -> Name | None:
    consumer = mount.consumer
    return named(consumer.resource, ROLES, "role" if consumer.is_function else "taskRoleArn")


def may_write(mount: Mount) -> Answer:
    role = _role_of(mount)
    if not isinstance(role, Resource):
        return role.open if role else False
    return _Access(mount, role).may("ClientWrite").answer


@rule(mounting)
def roles_may_mount_and_only_populators_write(mount: Mount) -> Reports:
    """A consumer's role may ClientMount the file system through its access point, the role of
    what populates may ClientWrite, and a function that reads from a populated one may not.
    """
    consumer, role = mount.consumer, _role_of(mount)
    what = f"the rights of {consumer.label} on {mount.label}"
    if mount.by_iam is not True:
        nobody = _Access(mount, None)
        if mount.by_iam is False and isinstance(mount.system, Resource) and nobody.guards:
            does = f"mounts {mount.label} as nobody in particular"
            because = "authorizationConfig.iam is not ENABLED"
            remedy = "Set authorizationConfig.iam to ENABLED."
            yield from _demand(nobody, "ClientMount", f"{does} ({because})", remedy)
    elif role is None and not consumer.is_function:
        yield Report(
            f"{consumer.label} mounts {mount.label} with IAM on, but {consumer.resource.label} "
            "has no taskRoleArn: ECS refuses it (the execution role does not count). Give the task "
            "definition a task role that may elasticfilesystem:ClientMount."
        )
    elif mount.is_s3:
        yield doubt(what, f"{mount.label} is no EFS access point")
    elif not isinstance(role, Resource):
        yield Report(what, role.open if role else Open("no role is given"))
    elif isinstance(mount.point, NotYet):
        yield Report(what, mount.point.open)
    else:
        yield from _as_role(_Access(mount, role))


def _as_role(access: _Access) -> Reports:
    mount, consumer = access.mount, access.mount.consumer
    populates = consumer in populating(mount.stack) and not mount.read_only
    needed = {"ClientMount": "mounts", **({"ClientWrite": "populates"} if populates else {})}
    for action, does in needed.items():
        remedy = f"Allow {_PREFIX}{action} on the file system to {access.who}."
        yield from _demand(access, action, f"{does} {mount.label}", remedy)
    point = here(mount.point)
    ids = [k for k in ("uid", "gid") if point and number(point.get("posixUser", k)) == 0]
    if ids:
        # With user or group 0 a client needs ClientRootAccess; without it, it is nobody's.
        does = f"comes through {mount.label} as posixUser.{ids[0]} 0"
        remedy = "Allow it, or give the access point another user."
        judgement = access.may("ClientRootAccess")
        if judgement.answer is False and not populates:
            what = f"whether {consumer.label}, which {does}, needs ClientRootAccess"
            yield doubt(what, f"{access.who} may not: {judgement.why}")
        else:
            yield from _demand(access, "ClientRootAccess", does, remedy)
    sure = [writer.consumer for writer in writers_for(mount) if writer.proof is True]
    if consumer.is_function and sure and not populates:
        yield from _not_writing(access, sure[0].label)


def _demand(access: _Access, action: str, does: str, remedy: str) -> Reports:
    judgement, consumer = access.may(action), access.mount.consumer
    role = access.who if consumer.is_function else f"task {access.who}"
    as_role, but = (f" as {role}", f"but its {role}") if access.role else ("", "and")
    yield from verdict(
        judgement.answer,
        what=f"whether {consumer.label}, which {does}{as_role}, may {action}",
        wrong=f"{consumer.label} {does}, {but} may not {_PREFIX}{action} there: {judgement.why}. "
        f"{remedy}",
    )


def _not_writing(access: _Access, writer: str) -> Reports:
    judgement, mount = access.may("ClientWrite"), access.mount
    who = mount.consumer.label
    if judgement.by_default:
        yield doubt(
            f"whether {who} is kept from writing",
            f"{mount.whole} has no file system policy in this stack, and without one whoever "
            "reaches a mount target may write. Add an aws.efs.FileSystemPolicy",
        )
    elif judgement.answer != access.absent("ClientWrite").answer:
        yield from verdict(
            negated(judgement.answer),
            what=f"whether {who}, which reads from {mount.label}, may ClientWrite",
            wrong=f"{who} reads from {mount.label}, which {writer} populates, but its "
            f"{access.who} may {_PREFIX}ClientWrite there: {' and '.join(judgement.labels)} "
            f"allows it. Leave it with {_PREFIX}ClientMount.",
        )
