"""What leaves is what Python's own encoder writes, by every way and in every runtime."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ..function import Function, http
from ..runtime import Running, running

SETUP = """
import collections, dataclasses, decimal, enum, json, sys, types
Point = collections.namedtuple("Point", "x y")
class Number(enum.IntEnum):
    ONE = 1
class Text(str):
    pass
class Real(float):
    def __repr__(self):
        return "real"
    __str__ = __repr__
class Whole(int):
    __repr__ = __str__ = Real.__repr__
class Listed(list):
    def for_json(self):
        return "for_json"
class Mapped(dict):
    def _asdict(self):
        return "asdict"
def nested(depth, value=0):
    for _ in range(depth):
        value = [value]
    return value
"""

DELIVERED = {
    "named-tuple": "Point(1, Point(2, 3))",
    "tuple": "(1, (2,))",
    "enum": "[Number.ONE, {Number.ONE: Number.ONE}]",
    "subclasses": "[Text('t'), Real(0.5), Whole(7), Listed([1]), Mapped(a=1)]",
    "subclass-as-key": "{Text('k'): 1, Number.ONE: 2}",
    "ordered": "collections.OrderedDict(b=1, a=2)",
    "counter": "collections.Counter('aab')",
    "default": "collections.defaultdict(list, a=[1])",
    "floats": "[0.1, -0.0, 1e16, 1e-7, 5e-324, 1.7976931348623157e308, 1/3, 1e22, 123456789.0]",
    "integers": "[2**53 + 1, -2**63, 10**4000, 0, True, False, None]",
    "keys": "{1: 'i', 2.5: 'f', True: 'b', None: 'n', 10**20: 'l'}",
    "text": "'\\u00e9\\u2028\\u2029\\x00\\x1f\\x7f\\ufeff\\uffff/\"\\\\\\\\</script>'",
    "beyond": "'\\U0001f600\\U0010ffff'",
    "pair": "'\\ud83d\\ude00'",
    "escaped": "'\\\\ud800'",
    "empty": "[[], {}, '', {'': ''}]",
    "repeated": "(lambda one: [one, one, {'a': one}])([1.5])",
    "deep": "nested(500)",
    "long": "'x' * 3_000_000",
    "many": "[{'label': str(n), 'score': n / 7} for n in range(3_000)]",
}

REFUSED = {
    "half": ("'a\\ud800'", "half of a surrogate pair"),
    "half-as-key": ("{'\\udfff': 1}", "half of a surrogate pair"),
    "half-beside": ("['\\U0001f600', '\\udc00\\ud800']", "half of a surrogate pair"),
    "same-keys": ("{1: 'a', '1': 'b'}", "two keys that are '1' in JSON"),
    "same-names": ("[{None: 1, 'null': 2}]", "two keys that are 'null' in JSON"),
    "decimal": ("decimal.Decimal('1.5')", "Object of type Decimal"),
    "infinite": ("1e400", "is inf"),
    "nan-as-key": ("{float('nan'): 1}", "prediction 0: "),
    "bytes": ("b'x'", "Object of type bytes"),
    "set": ("{1}", "Object of type set"),
    "tuple-as-key": ("{(1, 2): 3}", "keys must be str"),
    "too-deep": ("nested(100_000)", "prediction 0: "),
    "itself": ("(lambda found: found.append(found) or found)([])", "Circular reference"),
    "digits": ("10**5000", "prediction 0: "),
    "raising": (
        "type('Odd', (dict,), {'items': lambda self: 1 / 0, '__len__': lambda self: 1})(a=1)",
        "",
    ),
}

MODEL = SETUP + (
    "VALUES = {\n"
    + "".join(
        f"    {name!r}: lambda: {value},\n"
        for name, value in (
            DELIVERED | {name: value for name, (value, _) in REFUSED.items()}
        ).items()
    )
    + """}
SHOWN = None
def predict(instances):
    global SHOWN
    [SHOWN] = instances
    if SHOWN == "refuses":
        raise ValueError("\\ud800 is refused")
    if SHOWN == "panics":
        raise type("PanicException", (BaseException,), {})("of Rust")
    if SHOWN == "says-nothing":
        raise type("Odd", (ValueError,), {"__str__": lambda self: 1 / 0})()
    if SHOWN.startswith("nested-"):
        return [nested(int(SHOWN[7:]))]
    return [VALUES[SHOWN]()]
def demonstrate():
    return {"predictions": [VALUES[SHOWN]()]}
"""
)

WAYS: dict[str, Callable[[str], Any]] = {
    "direct": lambda name: {"instances": [name]},
    "url": lambda name: http(json.dumps({"instances": [name]})),
    "gateway": lambda name: http(json.dumps({"instances": [name]}), version="1.0"),
    "warm-up": lambda _: {},
}


def exact(text: str) -> Any:
    """What a JSON text says, to the digit and to the order of keys."""
    return json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=list)


@pytest.fixture(scope="module", params=["python3.11", "python3.12"])
def process(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A function of a runtime, whose encoder differs."""
    function = Function(tmp_path_factory.mktemp("function"))
    function.write_model(MODEL)
    with running(function, AWS_EXECUTION_ENV=f"AWS_Lambda_{request.param}") as found:
        yield found


def body_of(answer: tuple[str, str]) -> tuple[int, str]:
    """Status and body of an answer by any way."""
    what, text = answer
    found = json.loads(text)
    if what == "error":
        return {"ModelError": 500, "BadRequestError": 400}[found["errorType"]], text
    return (found["statusCode"], found["body"]) if "body" in found else (200, text)


def asked(process: Running, way: str, name: str) -> tuple[int, str]:
    process.ready()
    return body_of(process.send(WAYS[way](name)))


@pytest.mark.parametrize("name", DELIVERED)
def test_what_leaves_is_what_our_encoder_writes(process: Running, name: str) -> None:
    space: dict[str, Any] = {}
    exec(SETUP, space)
    expected = exact(json.dumps({"predictions": [eval(DELIVERED[name], space)]}))
    for way in WAYS:
        status, body = asked(process, way, name)
        found = exact(body)
        if way == "warm-up":
            assert found.pop(0) == ("statusCode", "200")
        assert (way, status, found) == (way, 200, expected)


@pytest.mark.parametrize("name", REFUSED)
def test_what_json_cannot_hold_is_refused_by_every_way(process: Running, name: str) -> None:
    reason = REFUSED[name][1]
    for way in WAYS:
        status, body = asked(process, way, name)
        assert (way, status) == (way, 500)
        said = json.loads(body)
        assert reason in (said.get("errorMessage") or said["error"])


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("refuses", 400, "\\ud800 is refused"),
        ("panics", 500, "model.predict failed"),
        ("says-nothing", 400, "its text cannot be had (ZeroDivisionError)"),
    ],
)
def test_an_odd_error_is_answered(process: Running, name: str, status: int, reason: str) -> None:
    for way in ("direct", "url"):
        found, body = asked(process, way, name)
        said = json.loads(body)
        assert (way, found) == (way, status)
        assert reason in (said.get("errorMessage") or said["error"])


def test_every_depth_is_answered_or_refused(process: Running) -> None:
    # The limit of the interpreter is among them; the runtime's encoder has one of its own.
    for depth in (*range(930, 1_010, 4), *range(1_486, 1_500, 2), 9_990, 10_000):
        process.ready()
        what, body = process.send({"instances": [f"nested-{depth}"]})
        assert what == "response" or "returned what cannot be sent as JSON" in body
