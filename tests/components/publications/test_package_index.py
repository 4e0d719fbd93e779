"""The rights that an index with credentials needs: on that secret or repository alone."""

from __future__ import annotations

import pytest

from components.container.index import container_secrets, secret_statements, token_statements

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:index-a1B2c3"
HOST = "https://team-123456789012.d.codeartifact.eu-west-1.amazonaws.com"


def test_a_secret_is_named_by_its_arn_and_readable_alone() -> None:
    assert container_secrets(SECRET) == [{"name": "INDEX_NETRC", "valueFrom": SECRET}]
    (statement,) = secret_statements(SECRET)
    assert (statement["Action"], statement["Resource"]) == (
        "secretsmanager:GetSecretValue",
        SECRET,
    )


def test_without_a_secret_there_is_nothing() -> None:
    assert container_secrets("") == []
    assert secret_statements("") == []


def test_a_repository_of_codeartifact_is_readable_alone() -> None:
    urls = [f"{HOST}/pypi/wheels/simple/", f"{HOST}/pypi/own/simple", "https://pypi.org/simple"]
    domain, repositories, bearer = token_statements(urls, "aws")
    arn = "arn:aws:codeartifact:eu-west-1:123456789012"
    assert domain["Action"] == "codeartifact:GetAuthorizationToken"
    assert domain["Resource"] == [f"{arn}:domain/team"]
    assert repositories["Action"] == "codeartifact:ReadFromRepository"
    assert repositories["Resource"] == [
        f"{arn}:repository/team/own",
        f"{arn}:repository/team/wheels",
    ]
    assert bearer == {
        "Effect": "Allow",
        "Action": "sts:GetServiceBearerToken",
        "Resource": "*",
        "Condition": {"StringEquals": {"sts:AWSServiceName": "codeartifact.amazonaws.com"}},
    }


@pytest.mark.parametrize(
    "url", ["https://pypi.org/simple", f"{HOST}.example.org/pypi/a/simple", f"{HOST}/npm/a/"]
)
def test_other_indexes_need_no_right(url: str) -> None:
    assert token_statements([url], "aws") == []
