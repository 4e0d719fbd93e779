"""The sample request is read from the text of model.py, or refused; the module never runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from components import Application
from components.contract.sample import sample_of
from components.errors import ConfigurationError

ONE = {"instances": [1]}


@pytest.mark.parametrize(
    ("source", "sample"),
    [
        ('SAMPLE = {"instances": [1]}', ONE),
        ('SAMPLE: dict[str, list[int]] = {"instances": [1]}', ONE),
        ('import absent\n\nSAMPLE = {\n    "instances": [1],\n}\n1 / 0', ONE),
        (
            'SAMPLE = {"instances": [[-1.5, None, True, "ä"], {"a": []}], "more": 2}',
            {"instances": [[-1.5, None, True, "ä"], {"a": []}], "more": 2},
        ),
        ("", {}),
        ("def predict(instances):\n    SAMPLE = 1\n    return instances", {}),
        ("class Model:\n    SAMPLE = 1", {}),
        ("SAMPLE: dict", {}),
        ('print(SAMPLE := 1) if False else None\nSAMPLES = {"instances": [1]}', None),
    ],
)
def test_a_sample_is_what_the_literal_says(source: str, sample: object) -> None:
    if sample is None:
        with pytest.raises(ConfigurationError):
            sample_of(source, "model.py")
    else:
        assert sample_of(source, "model.py") == sample


@pytest.mark.parametrize(
    "source",
    [
        'SAMPLE = {"instances": make()}',
        "SAMPLE = dict(instances=[1])",
        'SAMPLE = {"instances": [1] * 3}',
        "from data import SAMPLE",
        "import data as SAMPLE",
        'SAMPLE, other = {"instances": [1]}, 2',
        'if True:\n    SAMPLE = {"instances": [1]}',
        'try:\n    SAMPLE = {"instances": [1]}\nexcept ValueError:\n    pass',
        "for SAMPLE in []:\n    pass",
        "with open('x') as SAMPLE:\n    pass",
        "def SAMPLE():\n    pass",
        'SAMPLE["instances"] = [1]\nSAMPLE = {"instances": [x for x in y]}',
    ],
)
def test_what_is_no_literal_is_refused_with_the_remedy(source: str) -> None:
    with pytest.raises(ConfigurationError, match="it has to be a literal") as caught:
        sample_of(source, "model.py")
    assert 'write `SAMPLE = {"instances": [...]}` once' in str(caught.value)


@pytest.mark.parametrize(
    "value", ["1", "None", "[1]", "{}", '{"instances": []}', '{"instances": 1}']
)
def test_what_is_no_request_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError, match="it has to be a request"):
        sample_of(f"SAMPLE = {value}", "model.py")


@pytest.mark.parametrize(
    "instance", ["(1, 2)", "{1}", "b'x'", "1e999", "{1: 2}", "1j", "...", "[(1,)]"]
)
def test_what_json_does_not_hold_as_it_is_is_refused(instance: str) -> None:
    with pytest.raises(ConfigurationError, match="JSON has to hold it as it is"):
        sample_of(f'SAMPLE = {{"instances": [{instance}]}}', "model.py")


def test_a_second_value_is_refused_with_both_lines() -> None:
    with pytest.raises(ConfigurationError, match="assigned in lines 1, 3: it has one value"):
        sample_of('SAMPLE = {"instances": [1]}\n\nSAMPLE = {"instances": [2]}\n', "model.py")


def test_a_model_that_is_no_python_is_refused_with_the_line() -> None:
    with pytest.raises(ConfigurationError, match=r"line 2\): it has to be Python"):
        sample_of("x = 1\ndef predict(:\n", "model.py")


def test_the_source_reads_the_sample_of_its_model(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text('SAMPLE = {"instances": [1]}\n')
    assert Application(tmp_path).sample == ONE
