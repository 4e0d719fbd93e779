"""As whom the container fetches its program, and how it signs."""

from __future__ import annotations

import datetime
import io
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambda_src.release.installation import aws
from lambda_src.release.layout import ExitCode

from .conftest import (
    AUTHORIZATION,
    HOST,
    KEYS,
    PROGRAM,
    Answer,
    Service,
    environment,
    run,
    url_of,
)


def test_a_task_without_a_role_is_said(serve: Callable[..., Service], tmp_path: Path) -> None:
    done = run(serve(Answer()), tmp_path, AWS_CONTAINER_CREDENTIALS_FULL_URI="")
    assert done.code == ExitCode.PROGRAM
    assert "its definition needs a taskRoleArn" in done.failure["message"]


ODD_KEYS = [
    (Answer(), "the answer has no AccessKeyId, and says nothing about it"),
    (Answer(body=b"{}"), "the answer has no AccessKeyId, and says nothing about it"),
    (Answer(body=b"[1]"), "the answer has no AccessKeyId"),
    (Answer(body=b"null"), "the answer has no AccessKeyId"),
    (Answer(body=b'{"message": "No role for you."}'), "AccessKeyId, and says No role for you."),
    (Answer(body=json.dumps(KEYS | {"Token": None}).encode()), "the answer has no Token"),
    (Answer(body=json.dumps(KEYS | {"Token": "a\nb"}).encode()), "the answer has no Token"),
    (Answer(body=json.dumps(KEYS | {"SecretAccessKey": 5}).encode()), "no SecretAccessKey"),
    (Answer(body=b"<html>Sign in</html>"), "Expecting value: line 1 column 1"),
    (Answer(body=b"\xff\xfe\xff"), "decode"),
    (Answer(body=b"[" * 60_000), "recursion"),
    (Answer(body=b'{"x": "' + b"x" * 3_000_000), "Unterminated string"),
    (Answer(status=404), "HTTP Error 404"),
    (Answer(status=500, body=b"no"), "HTTP Error 500"),
    (Answer(status=302, location="http://127.0.0.1:9/"), "HTTP Error 302"),
]


@pytest.mark.parametrize(("answer", "words"), ODD_KEYS, ids=[words for _, words in ODD_KEYS])
def test_an_odd_answer_for_the_credentials_is_said_without_them(
    serve: Callable[..., Service],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    words: str,
) -> None:
    service = serve(Answer())
    service.keys = answer
    for name, value in environment(service, tmp_path).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(aws.CredentialsError) as caught:
        aws.credentials()
    assert str(caught.value).startswith(f"{service.url}/credentials: ")
    assert words in str(caught.value)
    assert not [secret for secret in KEYS.values() if secret in str(caught.value)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "no url"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\nb"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere"),
    ],
)
def test_an_odd_way_to_the_credentials_is_said(
    serve: Callable[..., Service],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    for key, known in environment(serve(Answer()), tmp_path, **{name: value}).items():
        monkeypatch.setenv(key, known)
    with pytest.raises(aws.CredentialsError):
        aws.credentials()


def test_credentials_that_come_late_are_waited_for_and_none_are_the_programs_failure(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    service = serve(Answer(body=PROGRAM))
    service.keys = Answer(body=b"{}")
    done = run(service, tmp_path, AWS_MAX_ATTEMPTS="2")
    assert (done.code, done.failure["kind"]) == (ExitCode.PROGRAM, ExitCode.PROGRAM.kind)
    assert "the task gets no credentials from http://127.0.0.1:" in done.failure["message"]
    assert "has no AccessKeyId" in done.lines[1]["message"]
    assert "next attempt is in 1 s" in done.lines[1]["message"]
    assert service.asked == []


def test_an_authorization_in_a_file_is_read(serve: Callable[..., Service], tmp_path: Path) -> None:
    (tmp_path / "token").write_text(AUTHORIZATION + "\n")
    done = run(
        serve(Answer(body=PROGRAM)),
        tmp_path,
        AWS_CONTAINER_AUTHORIZATION_TOKEN="other",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "token"),
    )
    assert done.code == 0, done.output


def test_a_proxy_of_the_task_is_not_asked_for_credentials(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    service, proxy = serve(Answer()), serve(Answer(body=PROGRAM))
    done = run(service, tmp_path, http_proxy=proxy.url, AWS_ENDPOINT_URL_S3="http://s3.example")
    assert done.code == 0, done.output
    assert [path for path, _ in proxy.asked] == [
        "http://s3.example/packages" + url_of(PROGRAM).removeprefix(HOST)
    ]


URLS = [
    f"{HOST}/a.zip",
    f"{HOST}/",
    f"{HOST}/with%20space/%C3%A9~_-.txt?versionId=a%2Fb%3D&x",
    "http://127.0.0.1:8080/packages/a/b.zip",
]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-99"}], ids=["whole", "range"])
@pytest.mark.parametrize("token", [KEYS["Token"], ""], ids=["session", "user"])
def test_a_request_is_signed_as_botocore_signs_it(
    url: str, headers: dict[str, str], token: str
) -> None:
    now = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    sent = aws.signed(url, "eu-central-1", KEYS | {"Token": token}, headers, now)
    request = AWSRequest("GET", url, dict(headers))
    request.context["timestamp"] = sent["x-amz-date"]
    credentials = Credentials(KEYS["AccessKeyId"], KEYS["SecretAccessKey"], token or None)
    signer = S3SigV4Auth(credentials, "s3", "eu-central-1")
    request.headers["X-Amz-Date"] = sent["x-amz-date"]
    request.headers["X-Amz-Content-SHA256"] = signer.payload(request)
    if token:
        request.headers["X-Amz-Security-Token"] = token
    signature = signer.signature(
        signer.string_to_sign(request, signer.canonical_request(request)), request
    )
    names = signer.signed_headers(signer.headers_to_sign(request))
    assert sent["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, "
        f"SignedHeaders={names}, Signature={signature}"
    )


def test_its_request_for_the_credentials_goes_to_ecs_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []

    class Opener:
        def open(self, request: Any, timeout: float) -> io.BytesIO:
            opened.append(request.full_url)
            return io.BytesIO(json.dumps(KEYS).encode())

    monkeypatch.setattr(urllib.request, "build_opener", lambda *_: Opener())
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x")
    assert aws.credentials() == KEYS
    assert opened == ["http://169.254.170.2/v2/credentials/x"]
