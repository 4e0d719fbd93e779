"""What a verdict calls a false alarm, an escape, overlooked, and noise."""

import pytest

from ..wire import Said
from .table import REACH, RIGHTS, Verdict, differences, note, one_note, wrong

ALARM = Said(REACH, True, "app", "function 'app' runs in subnet 'b'")
NOTE = Said("not-judged", False, "app", "not judged: the rights of function 'app'")
EXPECTED = wrong(REACH, "app", "app", "subnet 'B'")


@pytest.mark.parametrize(
    ("verdict", "lines", "called"),
    [
        (Verdict(), [], []),
        (Verdict(), [ALARM], ["false alarm"]),
        (Verdict((EXPECTED,)), [ALARM], []),
        (Verdict((EXPECTED,)), [NOTE], ["escape"]),
        (Verdict((wrong(RIGHTS, "app"),)), [ALARM], ["false alarm", "escape"]),
        (Verdict((wrong(REACH, "app", "subnet 'c'"),)), [ALARM], ["escape"]),
        (Verdict((wrong(REACH, "app", lacks=("runs",)),)), [ALARM], ["escape"]),
        (Verdict((wrong((RIGHTS, REACH), ("run", "app")),)), [ALARM], []),
        (Verdict(either=(EXPECTED,)), [ALARM], []),
        (Verdict(either=(wrong(RIGHTS, "app", "rights"),)), [NOTE], []),
        (Verdict(either=(wrong(RIGHTS, "app", "rights"),)), [], ["overlooked"]),
        (Verdict(either=(EXPECTED,)), [NOTE], ["overlooked"]),
        (Verdict((), (note("app", "Rights"),)), [NOTE], []),
        (Verdict((), (note("web"),)), [NOTE], ["overlooked"]),
        (Verdict((), (one_note("app"),)), [NOTE] * 3, ["noise"]),
        (Verdict(may_note=False), [NOTE], ["noise"]),
    ],
)
def test_where_packs_and_verdict_part(
    verdict: Verdict, lines: list[Said], called: list[str]
) -> None:
    assert [one.partition(":")[0] for one in differences(verdict, lines)] == called


def test_house_advice_is_no_note() -> None:
    line = Said("image-has-a-digest", False, "app", "container 'app' runs image nginx")
    assert differences(Verdict(may_note=False), [line]) == []
    assert differences(Verdict((), (note("app"),)), [line]) != []
