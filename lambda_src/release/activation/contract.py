"""The contract of model.py: what the module has to have, and what its answers have to be."""

from __future__ import annotations

import math
import os
from types import ModuleType
from typing import Any

from ..encoding import encoded, sendable
from ..pruned import needed
from .metrics import log_error, text_of


class AnswerError(Exception):
    """The request gets no predictions; an HTTP caller gets this status code and the text."""

    status = 500

    def __init__(self, text: str) -> None:
        super().__init__(sendable(text))


class ModelError(AnswerError):
    """The model failed, or what it returned is no answer."""


def check(model: ModuleType) -> None:
    """Check what the model module has to have. Raises ModelError."""
    if not callable(getattr(model, "predict", None)):
        raise ModelError(
            f"{_file(model)} has no function predict(instances), which answers every request. "
            "Remedy: define it, as the contract at the top of model.py says"
        )
    for name in ("load", "demonstrate"):
        if hasattr(model, name) and not callable(getattr(model, name)):
            raise ModelError(
                f"{name} in {_file(model)} is {getattr(model, name)!r:.100}; where it exists, it "
                "has to be a function. Remedy: define it as one, or rename it"
            )


def predictions(model: ModuleType, instances: list[Any]) -> dict[str, Any]:
    """The model's answer to instances. Raises ModelError, and ValueError if it refuses them."""
    count = len(instances)
    found = _called(model, "predict", instances)
    if not isinstance(found, list):
        how = "its method tolist()" if hasattr(found, "tolist") else "list(...)"
        raise _broken(f"returned {type(found).__name__}, not a list; {how} makes one")
    if len(found) != count:
        raise _broken(f"returned {len(found)} predictions for {count} instances")
    return {"predictions": found}


def demonstration(model: ModuleType) -> dict[str, Any]:
    """The answer to an empty event. Raises ModelError."""
    if hasattr(model, "demonstrate"):
        found = _called(model, "demonstrate")
        if not isinstance(found, dict):
            raise _broken(f"returned {type(found).__name__} from demonstrate(), not a dictionary")
        return found
    sample = getattr(model, "SAMPLE", None)
    if sample is None:
        return {"message": 'the model is loaded and has no SAMPLE; send {"instances": [...]}'}
    try:
        return predictions(model, sample["instances"])
    except (ValueError, TypeError, KeyError) as error:
        raise _broken(f"refuses its own SAMPLE: {type(error).__name__}: {error}") from error


def to_json(body: dict[str, Any]) -> tuple[str, Any]:
    """The body as JSON, and what that says.

    Raises ModelError for what the model returned and JSON cannot hold.
    """
    try:
        return encoded(body)
    except Exception as error:
        why = text_of(error)
    values = body.get("predictions")
    for index, value in enumerate(values if isinstance(values, list) else ()):
        try:
            encoded(value)
        except Exception as error:
            is_number = isinstance(value, float) and not math.isfinite(value)
            said = f" is {value}" if is_number else f": {text_of(error)}"
            why = f"prediction {index}{said}"
            break
    raise _broken(f"returned what cannot be sent as JSON: {why}")


def _file(model: ModuleType) -> str:
    return os.path.basename(getattr(model, "__file__", None) or "model.py")  # noqa: PTH119


def _called(model: ModuleType, name: str, *arguments: Any) -> Any:
    """Call a function of the model. Raises ModelError, or the ValueError about its arguments."""
    try:
        return getattr(model, name)(*arguments)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # those of Rust's panics are no Exception
        pruned = needed(error)
        if arguments and isinstance(error, ValueError) and not pruned:
            raise
        log_error(f"model.{name} failed", error)
        reason = pruned or "the function's log has the reason"
        raise ModelError(f"model.{name} failed; {reason}") from error


def _broken(what: str) -> ModelError:
    error = ModelError(f"the model {what}")
    log_error("the model's answer is not delivered", error)
    return error
