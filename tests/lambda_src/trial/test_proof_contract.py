"""The proof of a model that keeps its contract, and why another one is refused."""

from __future__ import annotations

import pytest

from .conftest import Trial

ONE = "SAMPLE = {'instances': [1]}\n"
REFUSED = {
    "no-predict": ("x = 1\ndef estimate(y): 'not predict'", "has no predict, it has x, estimate"),
    "nothing": ("import os as _os  # predict", "has no predict, it has no public name"),
    "not-callable": ("predict = 3", "predict in model.py is 3 of type int, and cannot be called"),
    "none": ("predict = None", "predict in model.py is None of type NoneType, and cannot be"),
    "load-not-callable": ("load = 'weights'", "load in model.py is 'weights' of type str, and can"),
    "two-arguments": ("def predict(x, y): pass", "predict(x, y) in model.py cannot be called as"),
    "no-argument": ("def predict(): pass", "predict() in model.py cannot be called as predict(ins"),
    "load-of-a-path": ("def load(path): pass", "load(path) in model.py cannot be called as load()"),
    "shown-text": (
        "def demonstrate(): return 'fine'",
        "demonstrate() returned 'fine' of type str,",
    ),
    "shown-nan": (
        "def demonstrate(): return {'x': float('nan')}",
        "demonstrate() returned {'x': nan}, which JSON",
    ),
    "shown-set": (
        "def demonstrate(): return {'x': {1}}",
        "demonstrate() returned {'x': {1}}, which JSON",
    ),
    "sample-list": ("SAMPLE = [1]", 'SAMPLE in model.py is [1], not {"instances": [...]}'),
    "sample-none": ("SAMPLE = None", "SAMPLE in model.py is None of type NoneType, not"),
    "sample-empty": ("SAMPLE = {'instances': []}", "SAMPLE in model.py is {'instances': []}, not"),
    "sample-tuple": (
        "SAMPLE = {'instances': (1,)}",
        "SAMPLE in model.py is {'instances': (1,)}, not",
    ),
    "sample-nan": (
        "SAMPLE = {'instances': [float('inf')]}",
        "SAMPLE in model.py is {'instances': [inf]}, which JSON",
    ),
    "too-many": (
        ONE + "def predict(x): return [1, 2, 3]",
        "returned 3 predictions for 1 instances",
    ),
    "too-few": (
        "SAMPLE = {'instances': [1, 2]}\ndef predict(x): return x[1:]",
        "returned 1 predictions for 2 instances",
    ),
    "emptied": (
        ONE + "def predict(x):\n    x.clear()\n    return x",
        "returned 0 predictions for 1",
    ),
    "text": (ONE + "def predict(x): return 'a'", "returned 'a' of type str, not a list"),
    "generator": (ONE + "def predict(x): yield 1", "of type generator, not a list"),
    "coroutine": (ONE + "async def predict(x): return x", "of type coroutine, not a list"),
    "nan": (
        ONE + "def predict(x): return [float('nan')]",
        "returned [nan], which JSON cannot hold",
    ),
    "bytes": (ONE + "def predict(x): return [b'']", "returned [b''], which JSON cannot hold"),
}

ACCEPTED = {
    "neither": ("def predict(x): return x", "predict was not tried: model.py has neither"),
    "sample": ("SAMPLE = {'instances': [1]}\ndef predict(x): return x", "predict of SAMPLE: [1]"),
    "shown": ("def demonstrate(): return {'a': 1}", "demonstration: {'a': 1}"),
    "both": (
        "SAMPLE = {'instances': [2]}\ndef predict(x): return x\ndef demonstrate(): return {}",
        "demonstration: {}; predict of SAMPLE: [2]",
    ),
    "more": ("def predict(x, *, scale=2, **more): return x", "predict was not tried"),
    "class": ("class P:\n    def __call__(self, x): return x\npredict = P()", "predict was not"),
    "builtin": ("predict = sorted", "predict was not tried"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_model_that_breaks_its_contract_is_refused(trial: Trial, what: str) -> None:
    model, message = REFUSED[what]
    said = trial.refusal(model)
    assert said.startswith("model.py breaks its contract: ")
    assert message in said
    assert "The contract of model.py: predict(instances) returns a list" in said


@pytest.mark.parametrize("what", ACCEPTED)
def test_a_model_that_keeps_its_contract_is_proven(trial: Trial, what: str) -> None:
    model, message = ACCEPTED[what]
    assert message in trial.run(model)
