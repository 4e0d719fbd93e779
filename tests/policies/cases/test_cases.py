"""Programs that are not ours: what both packs say of each, as a preview and once created."""

import pytest
from _pytest.mark import ParameterSet

from . import clients, ecs, efs, elsewhere, guardrails, iam, network, order, proof, sharing, sound
from .known_wrong import KNOWN_WRONG
from .table import Case, Cases, differences, judged

KINDS: dict[str, Cases] = {
    "clients": clients.CASES,
    "ecs": ecs.CASES,
    "efs": efs.CASES,
    "elsewhere": elsewhere.CASES,
    "guardrails": guardrails.CASES,
    "iam": iam.CASES,
    "network": network.CASES,
    "order": order.CASES,
    "proof": proof.CASES,
    "sharing": sharing.CASES,
    "sound": sound.CASES,
}


def _parameters() -> list[ParameterSet]:
    found = []
    for kind, cases in KINDS.items():
        for case in cases:
            for form in ("created", "preview"):
                id_ = f"{kind}-{case.name}-{form}"
                known = pytest.mark.xfail(strict=True, reason="the packs are wrong about it")
                marks = [known] if id_ in KNOWN_WRONG else []
                found.append(pytest.param(case, form, id=id_, marks=marks))
    return found


@pytest.mark.parametrize(("case", "form"), _parameters())
def test_the_packs_say_what_follows_from_the_documentation(case: Case, form: str) -> None:
    lines = judged(case.program(form))
    apart = differences(case.verdict(form), lines)
    assert not apart, "\n".join([case.source, *apart])
