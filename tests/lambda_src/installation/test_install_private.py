"""An index that wants credentials: pip has them, and nothing else has."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_src.release.installation.libraries import credentials

from ..conftest import Populate, Run

NETRC = "machine 127.0.0.1 login team password s3cret+word\n"
LOOKING = """
import os, shapes

def demonstrate():
    return {"seen": [name for name, value in os.environ.items() if "s3cret" in value]}
"""


@pytest.fixture
def private(populate: Populate) -> Populate:
    populate.index.user_and_password = "team:s3cret+word"
    populate.environment["INDEX_NETRC"] = NETRC
    populate.environment["NETRC"] = "/dev/null"
    return populate


def said(run: Run) -> str:
    return f"{run.lines}{run.errors}"


def test_a_private_index_gets_the_credentials_and_the_model_does_not(private: Populate) -> None:
    private.write_model(LOOKING)
    run = private.run()
    assert run.code == 0, run.message
    (line,) = [line for line in run.lines if line["phase"] == "import" and "seen" in str(line)]
    assert "'seen': []" in str(line["message"])
    assert "s3cret" not in said(run)
    assert private.left_behind() == set()
    assert not list(private.folder.rglob("netrc"))


@pytest.mark.parametrize("netrc", ["", NETRC.replace("s3cret", "other")])
def test_an_index_that_refuses_says_what_to_look_at(private: Populate, netrc: str) -> None:
    private.environment["INDEX_NETRC"] = netrc
    run = private.run()
    assert run.code == 11
    assert private.index.url in run.message
    assert "the secret that indexSecretArn names" in run.message
    assert "+word" not in said(run)


@pytest.mark.parametrize(
    ("netrc", "problem"),
    [
        ("team:s3cret+word", "is no netrc file"),
        ('{"username": "team", "password": "s3cret+word"}', "is no netrc file"),
        ("machine 127.0.0.1 login team secret s3cret+word", "is no netrc file"),
        (NETRC.replace("127.0.0.1", "pypi.example"), "names none of the hosts 127.0.0.1"),
    ],
)
def test_a_secret_of_another_form_is_refused_and_not_shown(
    private: Populate, netrc: str, problem: str
) -> None:
    private.environment["INDEX_NETRC"] = netrc
    run = private.run()
    assert run.code == 11
    assert f"the value of the secret that indexSecretArn names {problem}. It has lines" in (
        run.message
    )
    assert "s3cret" not in said(run)
    assert private.left_behind() == set()


def test_the_file_is_there_as_long_as_it_is_needed_and_nobody_elses(tmp_path: Path) -> None:
    with credentials.file(NETRC, tmp_path, ["http://127.0.0.1:8000/simple"]) as variables:
        path = Path(variables["NETRC"])
        assert path.read_text() == NETRC
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()
    with credentials.file("", tmp_path, []) as variables:
        assert variables == {}
