"""Credentials of package indexes: a netrc file that pip alone is given.

ECS puts the secret into the task's environment. Nothing that the task starts inherits it: what
model.py imports has no business with it.
"""

from __future__ import annotations

import contextlib
import netrc
import os
from collections.abc import Collection, Iterator, MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

from ...layout import INDEX_NETRC, ExitCode, InstallError

_FORM = "machine HOST login USER password PASSWORD"


def taken(environment: MutableMapping[str, str]) -> str:
    """The credentials in an environment, which does not have them afterwards."""
    return environment.pop(INDEX_NETRC, "")


@contextlib.contextmanager
def file(text: str, folder: Path, urls: Collection[str]) -> Iterator[dict[str, str]]:
    """A netrc file as long as pip runs; yields the variables by which pip finds it.

    Raises InstallError where it is none, or is for none of the hosts of these URLs. What stands in
    it is never shown.
    """
    if not text:
        yield {}
        return
    path = folder / "netrc"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text if text.endswith("\n") else f"{text}\n")
    try:
        _check(path, {urlsplit(url).hostname or "" for url in urls})
        yield {"NETRC": str(path)}
    finally:
        path.unlink(missing_ok=True)


def _check(path: Path, hosts: Collection[str]) -> None:
    try:
        known = netrc.netrc(str(path)).hosts
    except (netrc.NetrcParseError, UnicodeDecodeError):
        problem = "is no netrc file"
    else:
        if "default" not in known and known.keys().isdisjoint(hosts):
            problem = f"names none of the hosts {', '.join(sorted(hosts))}"
        else:
            return
    raise InstallError(
        ExitCode.NETWORK,
        f"the value of the secret that indexSecretArn names {problem}. It has lines `{_FORM}`, one "
        "for each index that wants credentials. Correct the secret, and run it again.",
    ) from None
