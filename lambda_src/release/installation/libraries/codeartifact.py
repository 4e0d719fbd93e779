"""Tokens of CodeArtifact: they live for 12 hours at most, so the task fetches its own.

https://docs.aws.amazon.com/codeartifact/latest/ug/tokens-authentication.html
"""

from __future__ import annotations

import json
import netrc as netrc_file
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from ...layout import ExitCode, InstallError
from ..aws import FetchError, attempts, credentials, signed
from ..log import log

_REPOSITORY = re.compile(
    r"https://(?P<domain>[a-z][a-z0-9-]{0,48}[a-z0-9])-(?P<owner>\d{12})\.d\.codeartifact\."
    r"(?P<region>[a-z0-9-]+)\.(?P<suffix>amazonaws\.com(?:\.cn)?|on\.aws)/pypi/(?P<repository>[^/]+)/.*"
)
_DURATION = 43_200
_SECONDS = 30
_ATTEMPTS = 6
# A role's policy spreads for some seconds, in which AWS still refuses.
_PASSING = frozenset({403, 408, 429, 500, 502, 503, 504})


def netrc(url: str) -> str:
    """A netrc line with a token for an index of CodeArtifact; nothing for any other index.

    Raises InstallError where there is none.
    """
    found = _REPOSITORY.fullmatch(f"{url}/")
    if found is None or _is_known(urllib.parse.urlsplit(url).hostname or ""):
        return ""
    last = attempts(_ATTEMPTS)
    for attempt in range(1, last + 1):
        try:
            token = _token(found.groupdict())
            return f"machine {urllib.parse.urlsplit(url).hostname} login aws password {token}\n"
        except urllib.error.HTTPError as error:
            with error:
                text = error.read(4_000).decode(errors="replace")
            trouble = f"{error.code} {_message(text)}"
            passes = error.code in _PASSING
        except FetchError as error:
            trouble, passes = str(error), False
        except (OSError, ValueError) as error:
            trouble, passes = f"{type(error).__name__}: {error}", True
        if attempt == last or not passes:
            break
        pause = min(2 ** (attempt - 1), 15)
        log("install", f"no token of CodeArtifact yet ({trouble}); again in {pause} s")
        time.sleep(pause)
    raise InstallError(
        ExitCode.NETWORK,
        f"CodeArtifact gives the task no token for {url}: {trouble}. Its role needs "
        "codeartifact:GetAuthorizationToken on the domain and sts:GetServiceBearerToken, in its "
        "permissions boundary too, and the domain's policy has to let it in.",
    )


def _is_known(host: str) -> bool:
    """Whether a netrc file of the user's names the host, as on the embedded cloud one may."""
    path = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    try:
        return host in netrc_file.netrc(str(path)).hosts
    except (OSError, RuntimeError, UnicodeDecodeError, netrc_file.NetrcParseError):
        return False


def _token(repository: Mapping[str, str]) -> str:
    region, suffix = repository["region"], repository["suffix"]
    host = f"https://codeartifact.{region}.{suffix}"
    endpoint = os.environ.get("AWS_ENDPOINT_URL_CODEARTIFACT") or os.environ.get("AWS_ENDPOINT_URL")
    query = {"domain": repository["domain"], "domain-owner": repository["owner"]}
    query["duration"] = str(_DURATION)
    path = f"/v1/authorization-token?{urllib.parse.urlencode(sorted(query.items()))}"
    url = f"{(endpoint or host).rstrip('/')}{path}"
    headers = signed(url, region, credentials(), service="codeartifact", method="POST")
    request = urllib.request.Request(url, data=b"", headers=headers, method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        said = json.load(answer)
    token = said.get("authorizationToken") if isinstance(said, dict) else None
    if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
        raise ValueError("the answer has no token")
    return token


def _message(text: str) -> str:
    """What AWS says of an error; nothing where it says nothing of the sort."""
    try:
        said = json.loads(text)
        return str(said.get("message") or said.get("Message") or "")[:500]
    except (ValueError, AttributeError):
        return ""
