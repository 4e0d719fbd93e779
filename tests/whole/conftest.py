"""An index with a small package in three versions, of which one cannot be imported."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chain import BROKEN, TINY, TRIPLE
from tests.lambda_src.conftest import Index


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with Index(TINY, BROKEN, TRIPLE) as served:
        yield served
