"""What only a deployment settles: the questions, and what to change should AWS answer otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .. import tables

_MEASURED = "A measurement; nothing to change."


@dataclass(frozen=True)
class Question:
    """One thing that could not be settled by reading.

    Attributes:
        text: What is expected of AWS.
        settled: How a deployment shows it.
        otherwise: The setting or the edit, should it be otherwise.
        asked: Whether the first run asks it.
    """

    text: str
    settled: str
    otherwise: str
    asked: bool = True


QUESTIONS: Mapping[str, Question] = {
    "denies": Question(
        "Lambda's own mount satisfies both denies of the file system policy, `DenyPlainText` and "
        "`DenyWithoutAccessPoint`.",
        "A version answers; or its first call ends with `EFSMountFailureException`. The first run "
        "then takes each deny away in turn.",
        "In `__main__.py` give `EfsStoreArgs` `deny_plain_text=False` or "
        "`deny_without_access_point=False`. For `DenyPlainText` set the rule "
        "`file-system-policy-demands-name-and-tls` to `advisory` in "
        "`policies/guardrails/<stack>.json`.",
    ),
    "trust": Question(
        "ECS sends `aws:SourceArn` when it assumes task role and execution role.",
        "A task starts; or `up` says that ECS cannot assume a role of the task.",
        "In `__main__.py` give `PopulatorArgs` `narrow_trust=False`. `aws:SourceAccount` stays.",
    ),
    "image": Question(
        "AWS's base image runs the installer in place of its entry point, and its pip knows every "
        "option.",
        "The task's log; or exit code 2 of pip, or a container whose program does not exist.",
        "`pulumi config set populatorImage` to an image of your own with a newer pip.",
    ),
    "failure-in-call": Question(
        "An event that a second thread asks Lambda's runtime API for ends the init, and a report "
        "about it, followed by the end of the process, reaches the caller.",
        "A model that fails in its first call: the error of `up` has the reason, or "
        "`Runtime.ExitError`.",
        "Nothing has to be set: the function's log has the reason in both cases. The place in the "
        "code is `lambda_src/release/activation/first_call.py`.",
    ),
    "log-levels": Question(
        "A JSON log line counts with its level beside a timestamp, and as INFO without one.",
        "Three lines at the level WARN, of which one is kept.",
        "Edit `log` in `lambda_src/release/activation/metrics.py`.",
    ),
    "write": Question(
        "A function without `ClientWrite` cannot write to the release.",
        "It tries to.",
        "Look for what else allows it: policies of the account, or of the file system.",
    ),
    "copy": Question(
        "The copy to EFS makes hundreds of small files a second.",
        "Files a second, from the task's log.",
        "Raise `populatorTimeoutMinutes`, or `throughput`.",
    ),
    "reads": Question(
        "A function opens and reads a small file in some milliseconds, for the first time.",
        "200 files, one by one.",
        _MEASURED,
    ),
    "readahead": Question(
        "The readahead and the options of the function's mount, which nobody documents.",
        "The function reads them from the kernel.",
        _MEASURED,
    ),
    "destroy": Question(
        "Lambda frees the network interfaces of deleted versions within the 45 minutes for which "
        "the provider waits.",
        "How long a destroy takes, or the removal of a zone.",
        "Run `pulumi destroy`, or `pulumi up`, again: it goes on where it was.",
    ),
    "refusals": Question(
        "AWS refuses with the error codes of the embedded cloud.",
        "Six requests that have to be refused.",
        "Teach the embedded cloud: `local/account/rules.py` and `local/cloud/checks.py`.",
    ),
    "endpoints": Question(
        "The policies of the endpoints let through all that ECS asks for a task, with "
        "`egress: none`.",
        "A task starts; or `up` says in ECS's words which step has failed. The first run asks it "
        "only with `--config egress=none`.",
        "In `__main__.py` give `NetworkArgs` `narrow_endpoints=False`: then they let through "
        "everything, and the roles alone decide.",
        asked=False,
    ),
    "zones": Question(
        "Lambda and Fargate serve the zones that `availabilityZones` takes when it is empty: the "
        "first two by id, without those that are known to lack one.",
        "`up` ends; or CreateFunction or RunTask names the zone.",
        "`pulumi config set --path 'availabilityZones[0]'` to others.",
        asked=False,
    ),
    "texts": Question(
        "The reasons of ECS and Lambda have the words by which `up` tells one cause from another.",
        "A failed `up` names the cause and a remedy; or it shows AWS's words alone.",
        "Add the words to `components/gates/diagnosis/`; AWS's own are in the message anyway.",
        asked=False,
    ),
}
"""By the word in the record; those that are asked are its probes."""


def table() -> str:
    """All of them, in Markdown."""
    head = ("Open", "How a deployment settles it", "If it is otherwise")
    return tables.table(head, [(q.text, q.settled, q.otherwise) for q in QUESTIONS.values()])
