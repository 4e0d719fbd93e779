"""What model.py accepts, with a stand-in for the two functions of TensorFlow that it calls."""

import importlib.util
import math
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ..conftest import LAMBDA_SRC

pytestmark = pytest.mark.example


class Values:
    """As much of a tensor as model.py uses."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def numpy(self) -> "Values":
        return self

    def tolist(self) -> list[Any]:
        return self.values


def determinant(matrix: list[list[float]]) -> float:
    if len(matrix) == 1:
        return float(matrix[0][0])
    return sum(
        (-1.0) ** column
        * float(value)
        * determinant([row[:column] + row[column + 1 :] for row in matrix[1:]])
        for column, value in enumerate(matrix[0])
    )


def in_float32(value: float) -> float:
    return value if abs(value) < 3.5e38 else math.copysign(math.inf, value)


@pytest.fixture
def calls() -> list[int]:
    """The batch sizes that the stand-in was called with."""
    return []


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, calls: list[int]) -> ModuleType:
    def det(batch: Values) -> Values:
        calls.append(len(batch.values))
        return Values([in_float32(determinant(matrix)) for matrix in batch.values])

    tensorflow = SimpleNamespace(
        __version__="0.0",
        float32="float32",
        constant=lambda values, dtype: Values(values),
        linalg=SimpleNamespace(det=det),
    )
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    spec = importlib.util.spec_from_file_location(
        "model_under_test", LAMBDA_SRC / "application" / "model.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_instance_gets_its_determinant_in_order(model: ModuleType) -> None:
    instances = [[[1, 2], [3, 4]], [[5]], [[2.0, 0], [0, 2]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]]
    assert model.predict(instances) == [-2.0, 5.0, 4.0, 1.0]


def test_matrices_of_one_size_are_one_call(model: ModuleType, calls: list[int]) -> None:
    model.predict([[[1]], [[1, 0], [0, 1]], [[2]]])
    assert calls == [2, 1]


def test_the_demonstration_is_the_version_and_minus_two(model: ModuleType) -> None:
    assert model.demonstrate() == {"version": "0.0", "determinant": -2.0}


def test_loading_computes_something(model: ModuleType, calls: list[int]) -> None:
    model.load()
    assert calls == [1]


@pytest.mark.parametrize(
    ("instance", "message"),
    [
        (5, "instance 1 is 5; each instance is a square matrix such as [[1, 2], [3, 4]]"),
        ("text", "instance 1 is 'text'; each instance is a square matrix"),
        ({"a": 1}, "instance 1 is a dict of 1; each"),
        ([], "instance 1 is a list of 0; each"),
        ([1, 2], "instance 1, row 0 is 1, not a list; each"),
        ([[]], "instance 1 has 1 rows, but row 0 has 0 numbers"),
        ([[1, 2]], "instance 1 has 1 rows, but row 0 has 2 numbers"),
        ([[1, 2], [3]], "instance 1 has 2 rows, but row 1 has 1 numbers"),
        ([[1, 2], [3, None]], "instance 1, row 1, column 1 is None; an entry is a finite number"),
        ([[True]], "instance 1, row 0, column 0 is True; an entry"),
        ([["1"]], "instance 1, row 0, column 0 is '1'; an entry"),
        ([[[1]]], "instance 1, row 0, column 0 is a list of 1; an entry"),
        ([[1, math.nan], [1, 1]], "instance 1, row 0, column 1 is nan; an entry"),
        ([[math.inf]], "instance 1, row 0, column 0 is inf; an entry"),
        ([[-1e39]], "instance 1, row 0, column 0 is -1e+39; an entry"),
        ([[10**5000]], "instance 1, row 0, column 0 is a huge integer; an entry"),
        ([[1e30, 0], [0, 1e30]], "the determinant of instance 1 is beyond float32"),
        (["x" * 100], "instance 1, row 0 is 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..., not a list"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_matrix_is_refused_by_index_and_value(
    model: ModuleType, instance: object, message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        model.predict([[[1]], instance])
    assert str(caught.value).startswith(message)
