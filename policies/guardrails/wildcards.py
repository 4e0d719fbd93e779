"""Rule: policies name actions and resources, where AWS knows them."""

from collections.abc import Iterator
from functools import cache

from ..reading.findings import Answer, Open, Report, doubt
from ..reading.graph import Resource
from ..reading.iam import Statement, like, statements
from ..reading.kinds import ROLE, token
from ..reading.pack import Reports, of_type, rule
from ..reading.tables import table
from ..reading.values import UNKNOWN, Plain, Unknown, at, items, text, texts

_POLICIES = tuple(token("iam", f"{of}Policy") for of in ("", "Group", "Role", "User"))
# Where a resource attaches policies by ARN.
_ATTACHED = {
    ROLE: "managedPolicyArns",
    token("iam", "PolicyAttachment"): "policyArn",
    **{token("iam", f"{of}PolicyAttachment"): "policyArn" for of in ("Role", "User", "Group")},
    **{
        token("iam", f"{of}PolicyAttachmentsExclusive"): "policyArns"
        for of in ("Role", "User", "Group")
    },
}
_UNLIMITED = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")
# On "*" all the same: AWS's own policies have those of network interfaces there, which a function
# in a VPC needs, and a metric may but need not belong to a data set.
_ON_ANYTHING = {
    "cloudwatch:getmetricdata",
    "cloudwatch:listmetrics",
    "cloudwatch:putmetricdata",
    "ec2:assignprivateipaddresses",
    "ec2:createnetworkinterface",
    "ec2:deletenetworkinterface",
    "ec2:unassignprivateipaddresses",
}
# Conditions that say nothing of the resources.
_NARROWING_NOTHING = ("aws:securetransport", "aws:requestedregion", "aws:currenttime")


@cache
def has_resource(action: str) -> Answer:
    """Whether AWS knows the resources of an action, or of most that a pattern stands for."""
    service, _, name = action.lower().partition(":")
    having, without = (names.split() for names in table("iam_actions").get(service, ("", "")))
    known = [o for o in having if like(name, o) and f"{service}:{o}" not in _ON_ANYTHING]
    others = [one for one in (*having, *without) if like(name, one)]
    if others:
        return len(known) * 2 > len(others)
    return Open("the actions are not in the table of this pack")


@rule(of_type(*_POLICIES, *_ATTACHED))
def policy_names_actions_and_resources(resource: Resource) -> Reports:
    """A policy allows no action * and no resource * where AWS knows the resources, but for
    actions on network interfaces, and nobody gets a policy of AWS that allows everything.
    """
    for label, document in _documents(resource):
        found = statements(document)
        if left := next((one.left for one in found if one.left), None):
            what = f"whether {label} allows more than it names"
            yield doubt(what, f"its policy {left.because}", preview=left.preview)
        for statement in found:
            if statement.allows:
                yield from _actions(label, statement)
                yield from _resources(label, statement)
    for arn in texts(resource.given(_ATTACHED.get(resource.type, ""))):
        name = arn.rpartition("/")[2]
        if name in _UNLIMITED and ":iam::aws:policy/" in arn:
            yield Report(
                f"{resource.label} attaches AWS managed policy {name}: more than anybody needs, "
                "and whatever AWS adds to it. Attach a policy that names the actions and their "
                "resources."
            )


def _documents(resource: Resource) -> Iterator[tuple[str, Plain]]:
    if resource.type in _POLICIES:
        yield resource.label, resource.get("policy")
    for inline in items(resource.given("inlinePolicies")) if resource.type == ROLE else ():
        if isinstance(inline, Unknown) or text(at(inline, "policy")) is not None:
            yield f"an inline policy of {resource.label}", at(inline, "policy")


def _is_wide(action: str) -> bool:
    return set(action.rpartition(":")[2]) == {"*"}


def _actions(label: str, statement: Statement) -> Reports:
    wide = [a for a in statement.actions or () if isinstance(a, str) and _is_wide(a)]
    if statement.not_actions is not None:
        wide.append(f"everything but {', '.join(map(str, statement.not_actions))}")
    for action in wide:
        yield Report(
            f"{label} allows the action {action}: more than anybody needs, and whatever AWS adds "
            "to it. Name the actions."
        )


def _resources(label: str, statement: Statement) -> Reports:
    where = "the resource *"
    if statement.not_resources is not None:
        where = f"every resource but {', '.join(map(str, statement.not_resources))} (NotResource)"
    elif not any(isinstance(r, str) and set(r) == {"*"} for r in statement.resources or ()):
        return
    named = [a for a in statement.actions or () if isinstance(a, str) and not _is_wide(a)]
    known = ", ".join(action for action in named if has_resource(action) is True)
    open_ = ", ".join(action for action in named if isinstance(has_resource(action), Open))
    what = f"whether {label} could name the resources of {{}} instead of {where}"
    tested = [key.lower() for _, key, _ in statement.tests]
    narrows = not all(key.startswith(_NARROWING_NOTHING) for key in tested)
    if known and (narrows or statement.condition is UNKNOWN):
        yield doubt(what.format(known), "a condition of the statement may name them")
    elif known:
        yield Report(
            f"{label} allows {known} on {where}, although AWS knows the resources of that. Name "
            "their ARNs."
        )
    if open_:
        yield doubt(what.format(open_), "these actions are not in the table of this pack")
