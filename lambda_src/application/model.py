"""The model: determinants by TensorFlow. This is the one file to replace to serve another.

The contract, all of it:

- Importing this module imports the libraries, from the release.
- ``load()``, optional: runs once, after the import and before the first call; reads weights,
  warms up. What it raises makes the start fail. If it takes a parameter and artifacts.in names
  files, it gets the path of their folder, a ``pathlib.Path``.
- ``predict(instances)``: gets the request's ``instances``, a list that is not empty, as JSON
  gave it, and returns a list of as many predictions that JSON can hold. It raises ValueError for
  an input it refuses, and the caller reads its text (HTTP 400); anything else is an error of
  ours (500).
- ``SAMPLE``, optional but recommended: a request, written as a literal. It proves a release
  before it is published and a version before it goes live, and answers an empty event where there
  is no ``demonstrate``.
- ``demonstrate()``, optional: a dictionary that JSON can hold. It answers an empty event, and
  proves a release before it is published.

The populate task checks all of it with the libraries that it has staged, where, as on Lambda,
only /tmp can be written.
"""

import math
import os
from collections import defaultdict
from typing import Any

# TensorFlow reads it when it is imported: no notices about CPU features in the log.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf

FLOAT32_MAX = 3.4028234663852886e38

SAMPLE = {"instances": [[[1, 2], [3, 4]]]}


def load() -> None:
    """Compute one determinant, so that the first call finds everything in memory."""
    predict(SAMPLE["instances"])


def demonstrate() -> dict[str, Any]:
    """The demonstration: TensorFlow's version and the determinant in SAMPLE, -2.0."""
    return {"version": tf.__version__, "determinant": predict(SAMPLE["instances"])[0]}


def predict(instances: list[Any]) -> list[float]:
    """The determinant of each instance, a square matrix of numbers, computed in float32.

    The matrices may differ in size. Raises ValueError naming the instance that is no such
    matrix, or whose determinant float32 cannot hold.
    """
    by_size: defaultdict[int, list[int]] = defaultdict(list)
    for index, matrix in enumerate(instances):
        by_size[_size(matrix, f"instance {index}")].append(index)
    determinants = [0.0] * len(instances)
    for indices in by_size.values():
        batch = tf.constant([instances[index] for index in indices], dtype=tf.float32)
        for index, value in zip(indices, tf.linalg.det(batch).numpy().tolist(), strict=True):
            if not math.isfinite(value):
                raise ValueError(
                    f"the determinant of instance {index} is beyond float32 "
                    f"(+-{FLOAT32_MAX:.4g}); scale the matrix down"
                )
            determinants[index] = value
    return determinants


def _size(matrix: Any, name: str) -> int:
    """The number of rows of a square matrix. Raises ValueError for anything else."""
    rule = "each instance is a square matrix such as [[1, 2], [3, 4]]"
    if not isinstance(matrix, list) or not matrix:
        raise ValueError(f"{name} is {_short(matrix)}; {rule}")
    for number, row in enumerate(matrix):
        if not isinstance(row, list):
            raise ValueError(f"{name}, row {number} is {_short(row)}, not a list; {rule}")
        if len(row) != len(matrix):
            raise ValueError(
                f"{name} has {len(matrix)} rows, but row {number} has {len(row)} numbers; {rule}"
            )
        if not _fits(row):
            column = next(column for column, value in enumerate(row) if not _fits([value]))
            raise ValueError(
                f"{name}, row {number}, column {column} is {_short(row[column])}; an entry is a "
                f"finite number within float32 (+-{FLOAT32_MAX:.4g})"
            )
    return len(matrix)


def _fits(values: list[Any]) -> bool:
    """Whether all are numbers that float32 can hold. True and false are no numbers here."""
    return (
        {type(value) for value in values} <= {int, float}
        # The range first: isfinite cannot take an integer beyond float.
        and max(values) <= FLOAT32_MAX
        and min(values) >= -FLOAT32_MAX
        and all(map(math.isfinite, values))
    )


def _short(value: Any) -> str:
    if isinstance(value, list | dict):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, int) and abs(value) > FLOAT32_MAX:
        return "a huge integer"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
