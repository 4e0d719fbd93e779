"""How the installer says that it failed: by a kind in its last line, and by its exit code."""

from __future__ import annotations

from ... import commands
from .cause import Cause

BY_THE_TASK = (
    Cause(
        kind="resolution",
        what="the lock asks for what its packages, or the index, do not have",
        remedy="correct in requirements.in what the failure names, "
        f"{commands.LOCK}, and see that indexUrl has these versions",
    ),
    Cause(
        kind="network",
        what="the package index did not answer",
        remedy="see that the task reaches indexUrl (egress, egress ports, proxy), "
        "and run `pulumi up` again",
    ),
    Cause(
        kind="program",
        what="the task did not get its program from S3",
        remedy="see that the object is in the populator's bucket, that the task reaches S3, and "
        "that its role may read the object; `pulumi refresh` and then `pulumi up` put back what is "
        "missing",
    ),
    Cause(
        kind="hash-mismatch",
        what="a package or an artifact is not the one that was locked",
        remedy=f"{commands.LOCK} if its source was meant to change; otherwise do not use it",
    ),
    Cause(
        kind="source",
        what="an artifact cannot be fetched from where it was locked",
        remedy="see that its source is there, lets the task's role or everybody read it, and is "
        "reached from the task (egress, endpoints, proxy)",
    ),
    Cause(
        kind="archive",
        what="an artifact's archive cannot be unpacked",
        remedy="pack it again, with plain files and relative names alone",
    ),
    Cause(
        kind="import",
        what="the libraries were installed, but cannot be imported with model.py",
        remedy=f"{commands.UP} shows the same on this machine; correct model.py or requirements.in",
    ),
    Cause(
        kind="disk",
        what="a disk is full, or cannot be written",
        remedy="raise populatorEphemeralStorageGib where it is the task's own; remove old releases "
        "where it is the file system",
    ),
    Cause(
        kind="mount",
        what="the task cannot use the mounted file system",
        remedy="see that the access point's user owns its root directory, and that the task role "
        "has elasticfilesystem:ClientWrite",
    ),
    Cause(
        kind="damaged",
        what="the release differs from its manifest",
        remedy="`pulumi config set releaseSalt <any new word>` and `pulumi up` publish it again "
        "under another id, to which the function moves",
        stands=True,
    ),
    Cause(
        kind="stopped",
        what="the task was stopped before it was done",
        remedy="`pulumi up` starts it again from the beginning; nothing of it is left behind",
    ),
    Cause(
        kind="usage",
        what="the installer does not understand its command line",
        remedy="deploy again: components and installer have to be of the same version",
        stands=True,
    ),
    Cause(
        kind="error",
        what="the installer failed in a way that it does not know",
        remedy=f"look at the task's log; {commands.UP} may show the same on this machine",
        stands=True,
    ),
)
ABSENT = Cause(
    kind="absent",
    what="there is no such release on the file system",
    remedy="see how its id is spelt; that of the stack is `pulumi stack output releaseId`. Where "
    "it is this one, something has removed it: `pulumi config set releaseSalt <any new word>` and "
    "`pulumi up` make it again under another id",
    stands=True,
)
"""What only a verification ends with, never a populate."""
