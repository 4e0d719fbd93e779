"""What a run has made of a project: its functions, and how they are called."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..engine import Resource, Result, Verdict, reason
from ..provider import refusal

ALIAS = "aws:lambda/alias:Alias"
FUNCTION = "aws:lambda/function:Function"
_SMOKE = ":SmokeInvocation"
_STEPS = {"ActivateDuration": "activate", "ImportDuration": "import", "LoadDuration": "load"}


class DeploymentError(Exception):
    """A run that cannot go on; the message says why and what to do."""


class FunctionError(Exception):
    """A function that the program does not have, or one of several; the message says which."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a function answered.

    Attributes:
        payload: Its JSON.
        seconds: How long the call took.
        error: Why the call is a failure; None if it is none.
    """

    payload: Any
    seconds: float
    error: str | None


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function of the program.

    Attributes:
        name: Its name in the program.
        arn: The alias by which it is called, or the function; unknown in a preview.
        sample: A request that it answers, as a smoke invocation or the output `sampleRequest` has
            it; an empty one for a function with an alias, else None, where nothing says.
        smoke: Outputs of its smoke invocation: seconds, answer; empty without one.
        log_group: Where it logs to, where the program says so.
    """

    name: str
    arn: str
    sample: Any
    smoke: Mapping[str, Any] = field(default_factory=dict)
    log_group: str | None = None

    def cold_start(self) -> Mapping[str, Any]:
        """What its log says of the last cold start; empty if it says nothing."""
        if not self.log_group:
            return {}
        pages = boto3.client("logs").get_paginator("filter_log_events")
        lines = [
            _json_object(event["message"])
            for page in pages.paginate(logGroupName=self.log_group)
            for event in page["events"]
        ]
        found = [line for line in lines if line.get("message") == "cold start"]
        return found[-1] if found else {}

    def invoke(self, event: Any) -> Answer:
        """Call it.

        A function error, and a status code of 400 or more in the answer, are failures.
        """
        # Longer than any function may run; a second attempt would be a second call.
        config = Config(read_timeout=1000, retries={"total_max_attempts": 1})
        client = boto3.client("lambda", self.arn.split(":")[3], config=config)
        start = time.monotonic()
        try:
            response = client.invoke(FunctionName=self.arn, Payload=json.dumps(event))
        except ClientError as error:
            return Answer(payload=None, seconds=time.monotonic() - start, error=refusal(error))
        except BotoCoreError as error:
            return Answer(payload=None, seconds=time.monotonic() - start, error=reason(error))
        payload = json.loads(response["Payload"].read() or b"null")
        seconds = time.monotonic() - start
        return Answer(payload=payload, seconds=seconds, error=_failure(response, payload))


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A project that is deployed on a cloud, or a plan of it.

    Attributes:
        result: What the engine made.
        verdict: What the packs say of it.
    """

    result: Result
    verdict: Verdict

    @property
    def populates(self) -> Mapping[str, Mapping[str, Any]]:
        """Outputs of each populate run by its name: outcome, files, bytes, seconds."""
        found = (r for r in self.result.resources if r.type.endswith(":PopulatorRun"))
        return {resource.name: resource.outputs for resource in found}

    @property
    def functions(self) -> Sequence[Function]:
        """The functions by name: by its alias if one has any, else as it is ($LATEST)."""
        found: dict[str, Function] = {}
        for alias in self.result.of_type(ALIAS):
            function = self._made(alias, "functionName", FUNCTION)
            name = function.name if function else alias.name
            found.setdefault(name, self._function(name, alias, function))
        for function in self.result.of_type(FUNCTION):
            if function.name not in found:
                found[function.name] = self._function(function.name, function, function)
        return [found[name] for name in sorted(found)]

    def _function(self, name: str, called: Resource, function: Resource | None) -> Function:
        smokes = [
            resource
            for resource in self.result.resources
            if resource.type.endswith(_SMOKE)
            and function is not None
            and self._made(resource, "function_name", FUNCTION) is function
        ]
        sample = self.result.outputs.get("sampleRequest")
        if smokes:
            sample = json.loads(smokes[0].inputs.get("event") or json.dumps(sample or {}))
        if sample is None and called.type == ALIAS:
            sample = {}
        logging = (function.outputs.get("loggingConfig") if function else None) or {}
        return Function(
            name=name,
            arn=called.outputs.get("arn", ""),
            sample=sample,
            smoke=smokes[0].outputs if smokes else {},
            log_group=logging.get("logGroup"),
        )

    def _made(self, resource: Resource, name: str, type_: str) -> Resource | None:
        """The resource of a type that a property's value comes from."""
        origins = resource.property_dependencies.get(name, ())
        return next((r for r in self.result.of_type(type_) if r.urn in origins), None)

    def function(self, name: str | None) -> Function:
        """The function of this name, or the only one.

        Raises:
            FunctionError: There is none of this name, or there are several to choose from.
        """
        functions = {function.name: function for function in self.functions}
        if not functions:
            raise FunctionError(f"the program makes no {FUNCTION}, so there is nothing to call")
        if name is None and len(functions) == 1:
            (name,) = functions
        if name not in functions:
            wrong = "there are several functions" if name is None else f"--function {name!r}"
            raise FunctionError(
                f"{wrong}: one of {', '.join(functions)} can be called. "
                f"Remedy: --function {next(iter(functions))}"
            )
        return functions[name]


def steps_of(cold_start: Mapping[str, Any]) -> dict[str, float]:
    """Seconds of the steps of a cold start, as this repository's handler says it."""
    return {step: float(cold_start[name]) for name, step in _STEPS.items() if name in cold_start}


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _failure(response: Mapping[str, Any], payload: Any) -> str | None:
    if "FunctionError" in response:
        said = payload if isinstance(payload, dict) else {}
        message = said.get("errorMessage") or f"it answered {json.dumps(payload)[:500]}"
        return f"{said.get('errorType') or response['FunctionError']}: {message}"
    status = payload.get("statusCode") if isinstance(payload, dict) else None
    return f"status code {status}" if isinstance(status, int) and status >= 400 else None
