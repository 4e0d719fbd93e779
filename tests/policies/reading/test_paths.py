"""Which parts of a text count as paths under /mnt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.mounts.paths import lies_under, normalise, paths_under_mnt


def resolved(text: str) -> list[str]:
    return [path.resolved for path in paths_under_mnt(text)]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("/mnt/a", ["/mnt/a"]),
        ("/mnt/a/", ["/mnt/a"]),
        ("//mnt///a", ["/mnt/a"]),
        ("/tmp/../mnt/a", ["/mnt/a"]),
        ("/mnt/a/../../mnt2/b", []),
        ("/a:/mnt/b:/mnt/c", ["/mnt/b", "/mnt/c"]),
        ("lib:/mnt/b", ["/mnt/b"]),
        ("app.jar:/mnt/b", ["/mnt/b"]),
        ("PYTHONPATH=/a:/mnt/b", ["/mnt/b"]),
        ("--release=/mnt/x", ["/mnt/x"]),
        ("-I/mnt/x", ["/mnt/x"]),
        ("/mnt/a,/mnt/b;/mnt/c", ["/mnt/a", "/mnt/b", "/mnt/c"]),
        ("pip install --target /mnt/a && ls '/mnt/b' > /mnt/c", ["/mnt/a", "/mnt/b", "/mnt/c"]),
        ('{"path":"/mnt/a","n":1}', ["/mnt/a"]),
        ("Libraries lie under /mnt/a.", ["/mnt/a"]),
        ("$(/mnt/a/bin/tool)", ["/mnt/a/bin/tool"]),
        ("${X:-/mnt/a}", ["/mnt/a"]),
        ("/mnt/a/year=2026/x", ["/mnt/a/year"]),
        ("/mnt/a /mnt/a/", ["/mnt/a"]),
        ("https://a/b /mnt/a", ["/mnt/a"]),
        ("jdbc:sqlite:/mnt/a/db", ["/mnt/a/db"]),
        ("/mnt/a/${NAME}", ["/mnt/a"]),
        ("/mnt/a/lib*.so", ["/mnt/a"]),
    ],
)
def test_a_path_counts_in(text: str, paths: list[str]) -> None:
    assert resolved(text) == paths


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/mnt",
        "/mnt/",
        "/mnt2/a",
        "/var/mnt/a",
        "mnt/a",
        "./mnt/a",
        "https://example.org/mnt/a",
        "https://example.org:8443/mnt/a?x=/mnt/b:/mnt/c",
        "postgres://u:p@h:5432/mnt/a",
        "file:///mnt/a",
        "git+https://h/mnt/a",
        "arn:aws:s3:::bucket/mnt/a",
        "$ROOT/mnt/a",
        "${ROOT}/mnt/a",
        '"$ROOT"/mnt/a',
        "$(pwd)/mnt/a",
        "/mnt/${NAME}/x",
        "/mnt/mod$X",
        "user@host:/mnt/a",
        "fs-0123.efs.eu-central-1.amazonaws.com:/mnt/a",
        "10.0.0.1:/mnt/a",
        "/mnt/3q2+7wAAA==",
        "key=/mnt/3q2+7wAAA==",
        "UEsDBBQAAAAIAA/mnt/x+" * 100,
        "/mnt/" + "A1b2" * 64,
        "/mnt/" + "x-y_" * 100,
    ],
)
def test_no_path_is_in(text: str) -> None:
    assert resolved(text) == []


@pytest.mark.parametrize(
    ("path", "mount", "under"),
    [
        ("/mnt/a", "/mnt/a", True),
        ("/mnt/a/b", "/mnt/a", True),
        ("/mnt/ab", "/mnt/a", False),
        ("/mnt", "/mnt/a", False),
        ("/mnt/a", "/", True),
    ],
)
def test_a_path_lies_under_a_mount_by_whole_names(path: str, mount: str, under: bool) -> None:
    assert lies_under(path, mount) is under


@settings(max_examples=300, database=None, deadline=None)
@given(st.text(alphabet="/mnt.ab:= \"'$@-", max_size=40))
def test_whatever_is_found_is_normal_and_below_mnt(text: str) -> None:
    for path in paths_under_mnt(text):
        assert path.resolved == normalise(path.resolved)
        assert path.resolved.startswith("/mnt/")


_NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)


@settings(max_examples=200, database=None, deadline=None)
@given(
    st.lists(_NAMES, min_size=1, max_size=5),
    st.sampled_from(["{}", "/opt:{}", "--to={}", "sh -c 'ls {}'", '["{}"]', "see {}, please"]),
)
def test_a_path_is_found_in_every_kind_of_text(names: list[str], template: str) -> None:
    path = "/mnt/" + "/".join(names)
    assert resolved(template.format(path)) == [path]


def test_a_text_of_a_task_definitions_size_takes_no_time() -> None:
    assert resolved("/mnt/a " + "x" * 65_536 + " a:" * 10_000 + "@" * 1_000) == ["/mnt/a"]
