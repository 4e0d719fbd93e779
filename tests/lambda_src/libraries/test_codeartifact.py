"""The task fetches a token of CodeArtifact itself, and pip reads the index with it."""

from __future__ import annotations

import datetime
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambda_src.release.installation.libraries import codeartifact
from lambda_src.release.layout import ExitCode, InstallError

URL = "https://team-ml-123456789012.d.codeartifact.eu-west-1.amazonaws.com/pypi/wheels/simple"
KEYS = {"AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "of+the/role", "Token": "session=="}


class Aws(ThreadingHTTPServer):
    """ECS's credentials and CodeArtifact's tokens, on loopback."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answers: list[tuple[int, Any]] = [(200, {"authorizationToken": "a.token-of_it=="})]
        self.requests: list[tuple[str, dict[str, str]]] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: Aws

    def do_GET(self) -> None:
        status = 200 if self.headers["Authorization"] == "of the task" else 403
        self._send(status, KEYS)

    def do_POST(self) -> None:
        aws = self.server
        aws.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        self._send(*(aws.answers.pop(0) if len(aws.answers) > 1 else aws.answers[0]))

    def _send(self, status: int, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the screen."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    served = Aws()
    monkeypatch.setenv("AWS_ENDPOINT_URL_CODEARTIFACT", served.url)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{served.url}/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of the task")
    monkeypatch.delenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", raising=False)
    monkeypatch.setattr("time.sleep", lambda _: None)
    yield served
    served.shutdown()
    served.server_close()


def test_the_token_is_asked_for_as_the_task_role_and_becomes_a_netrc_line(aws: Aws) -> None:
    assert codeartifact.netrc(URL) == (
        "machine team-ml-123456789012.d.codeartifact.eu-west-1.amazonaws.com login aws password "
        "a.token-of_it==\n"
    )
    ((path, headers),) = aws.requests
    assert path == (
        "/v1/authorization-token?domain=team-ml&domain-owner=123456789012&duration=43200"
    )
    moment = datetime.datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
    assert headers["authorization"] == signature(f"{aws.url}{path}", moment)


def signature(url: str, moment: datetime.datetime) -> str:
    """What botocore signs."""
    request = AWSRequest(method="POST", url=url, data=b"")
    credentials = Credentials(KEYS["AccessKeyId"], KEYS["SecretAccessKey"], KEYS["Token"])
    signer = SigV4Auth(credentials, "codeartifact", "eu-west-1")
    request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(b"").hexdigest()
    request.headers["X-Amz-Security-Token"] = KEYS["Token"]
    text = signer.string_to_sign(request, signer.canonical_request(request))
    scope = signer.scope(request)
    names = signer.signed_headers(signer.headers_to_sign(request))
    return (
        f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, "
        f"Signature={signer.signature(text, request)}"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://pypi.org/simple",
        "https://example.org/https://a-123456789012.d.codeartifact.x.amazonaws.com/pypi/b/simple",
        URL.replace("amazonaws.com", "amazonaws.com.example.org"),
        URL.replace("https", "http"),
        URL.replace("123456789012", "1234"),
    ],
)
def test_no_other_index_gets_a_token(aws: Aws, url: str) -> None:
    assert codeartifact.netrc(url) == ""
    assert aws.requests == []


def test_rights_that_are_still_spreading_are_waited_for(aws: Aws) -> None:
    aws.answers.insert(0, (403, {"message": "not yet"}))
    assert "a.token" in codeartifact.netrc(URL)
    assert len(aws.requests) == 2


def test_a_refusal_says_what_the_role_needs(aws: Aws) -> None:
    aws.answers = [(403, {"message": "User is not authorized to perform: x"})]
    with pytest.raises(InstallError) as caught:
        codeartifact.netrc(URL)
    assert caught.value.code is ExitCode.NETWORK
    assert f"no token for {URL}: 403 User is not authorized to perform: x. Its role needs" in str(
        caught.value
    )


def test_a_domain_that_is_not_there_is_not_asked_again(aws: Aws) -> None:
    aws.answers = [(404, {"message": "Domain not found."})]
    with pytest.raises(InstallError, match="404 Domain not found"):
        codeartifact.netrc(URL)
    assert len(aws.requests) == 1


@pytest.mark.parametrize("answer", [{}, [], {"authorizationToken": ""}, {"authorizationToken": 1}])
def test_an_answer_without_a_token_is_said(aws: Aws, answer: Any) -> None:
    aws.answers = [(200, answer)]
    with pytest.raises(InstallError, match="gives the task no token"):
        codeartifact.netrc(URL)
    assert len(aws.requests) > 1


def test_a_task_without_a_role_is_said(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    with pytest.raises(InstallError, match=r"no token .* the task has no credentials"):
        codeartifact.netrc(URL)
    assert aws.requests == []


def test_what_the_users_own_netrc_names_needs_no_token(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text(
        "machine team-ml-123456789012.d.codeartifact.eu-west-1.amazonaws.com login aws password x"
    )
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert codeartifact.netrc(URL) == ""
    (tmp_path / "netrc").write_text("machine pypi.example login aws password x")
    assert codeartifact.netrc(URL) != ""
