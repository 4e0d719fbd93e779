"""The answer to a version's first call: whether it may serve, and what the answer says if not."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef

_MAX_CHARACTERS = 4_096  # it is kept in the state


def refusal(
    response: InvocationResponseTypeDef, event: Mapping[str, Any], answer: str
) -> str | None:
    """Why this answer means that the version must not serve; None where it may."""
    if "FunctionError" in response:
        return f"failed in its first call ({response['FunctionError']})"
    payload = _object(answer)
    status = payload.get("statusCode")
    if isinstance(status, int) and status >= 400:
        return f"answered its first call with status code {status}"
    if instances := event.get("instances"):
        predictions = payload.get("predictions")
        if not isinstance(predictions, list):
            return "answered the model's SAMPLE without a list of predictions"
        if len(predictions) != len(instances):
            return (
                f"answered the model's SAMPLE, {len(instances)} instances, with "
                f"{len(predictions)} predictions"
            )
    return None


def account_of(answer: str) -> str:
    """What the answer says of a failure."""
    payload = _object(answer)
    if "errorMessage" in payload:
        return f"{payload.get('errorType', 'Error')}: {payload['errorMessage']}"
    return str(payload.get("error", ""))


def _object(answer: str) -> dict[str, Any]:
    try:
        payload = json.loads(answer or "null")
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def log_tail(response: InvocationResponseTypeDef) -> str:
    """The end of the function's log that came with the answer."""
    return base64.b64decode(response.get("LogResult", "")).decode(errors="replace")


def shortened(answer: str) -> str:
    """The beginning of the answer."""
    return answer[:_MAX_CHARACTERS]
