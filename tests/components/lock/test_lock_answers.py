"""What an index may answer: other forms of the same, and what is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import quote

import pytest

from tests.lambda_src.conftest import Index, Wheel, build_wheel

from .conftest import Locks, digest

PLAIN, OLD = (build_wheel("shapes", {"shapes.py": ""}, version=v) for v in ("1.0", "0.9"))
LOCAL = build_wheel("shapes", {"shapes.py": ""}, version="1.0+cpu")
EPOCH = build_wheel("shapes", {"shapes.py": ""}, version="1!2.0")
JSON = "application/vnd.pypi.simple.v1+json"


class Answers(Index):
    """An index whose page of ``shapes`` is what a test says."""

    page: tuple[str, bytes] = ("text/html", b"")

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        request.path = request.path.partition("?")[0]
        if request.path == "/simple/shapes/":
            self._send(request, *self.page, 1.0)
        else:
            super().answer(request)


@pytest.fixture
def index() -> Iterator[Answers]:
    with Answers(PLAIN, OLD, LOCAL, EPOCH) as served:
        yield served


def link(wheel: Wheel, href: str = "/files/{quoted}#sha256={sha256}", text: str = "{name}",
         attributes: str = "") -> str:  # fmt: skip
    words = {"name": wheel.filename, "quoted": quote(wheel.filename), "sha256": digest(wheel)}
    return f'<a href="{href.format(**words)}" {attributes}>{text.format(**words)}</a>\n'


def entry(wheel: Wheel, **changes: Any) -> dict[str, Any]:
    """A file as PEP 691 has it."""
    url, hashes = f"/files/{quote(wheel.filename)}", {"sha256": digest(wheel)}
    return {"filename": wheel.filename, "url": url, "hashes": hashes} | changes


EVERY = "".join(f"%{ord(character):02X}" for character in PLAIN.filename)
OLDER = link(OLD)
LOCKED: dict[str, tuple[str | list[dict[str, Any]], Wheel]] = {
    "local-version": (link(LOCAL, "/files/{name}#sha256={sha256}"), LOCAL),
    "local-version-quoted": (link(LOCAL), LOCAL),
    "local-version-quoted-twice": (link(LOCAL, text="{quoted}"), LOCAL),
    "local-version-in-small-letters": (link(LOCAL).replace("%2B", "%2b"), LOCAL),
    "local-version-as-an-entity": (
        link(LOCAL, "/files/{name}#sha256={sha256}").replace("+", "&#43;"), LOCAL),
    "local-version-without-a-hash": (link(LOCAL, "/files/{quoted}"), LOCAL),
    "epoch-quoted": (link(EPOCH, text="{quoted}"), EPOCH),
    "all-quoted": (link(PLAIN, f"/files/{EVERY}#sha256={digest(PLAIN)}"), PLAIN),
    "query": (link(PLAIN, "/files/{name}?a=1&amp;b=%2F#sha256={sha256}"), PLAIN),
    "query-without-a-hash": (link(PLAIN, "/files/{name}?a=1"), PLAIN),
    "relative": (link(PLAIN, "../../files/{name}#sha256={sha256}"), PLAIN),
    "base": ('<base href="SERVER/files/">' + link(PLAIN, "{name}#sha256={sha256}"), PLAIN),
    "space": (link(PLAIN, "/files/./{name}").replace("/./", "/x y/../"), PLAIN),
    "no-hash": (link(PLAIN, "/files/{name}"), PLAIN),
    "sha512": (link(PLAIN, f"/files/{{name}}#sha512={digest(PLAIN, 'sha512')}"), PLAIN),
    "md5": (link(PLAIN, f"/files/{{name}}#md5={digest(PLAIN, 'md5')}"), PLAIN),
    "large-letters": (link(PLAIN, f"/files/{{name}}#sha256={digest(PLAIN).upper()}"), PLAIN),
    "yanked": (link(PLAIN, attributes="data-yanked") + OLDER, OLD),
    "python": (link(PLAIN, attributes='data-requires-python="&gt;=3.99"') + OLDER, OLD),
    "odd-python": (link(PLAIN, attributes='data-requires-python="&gt;=x"') + OLDER, OLD),
    "odd-names": ("".join(f'<a href="/files/{name}">{name}</a>' for name in (
        "shapes.whl", "shapes-1.0.whl", "shapes-1.0-x-py3-none-any.whl", "readme.txt",
        "shapes-1.0-1-2-py3-none-any.whl", "shapes-x-py3-none-any.whl", "shapes-9.tar.gz", "",
    )) + link(PLAIN), PLAIN),
    "json": ([entry(PLAIN)], PLAIN),
    "json-local-version": ([entry(LOCAL)], LOCAL),
    "json-no-hash": ([entry(PLAIN, hashes={})], PLAIN),
    "json-sha512": ([entry(PLAIN, hashes={"sha512": digest(PLAIN, "sha512")})], PLAIN),
    "json-relative": ([entry(PLAIN, url=f"../../files/{PLAIN.filename}")], PLAIN),
    "json-more": ([entry(PLAIN, size=5, **{"upload-time": "2020-01-01T00:00:00Z"})], PLAIN),
    "json-yanked": ([entry(PLAIN, yanked="bad"), entry(OLD, yanked=False)], OLD),
}  # fmt: skip


def serve(index: Answers, answer: str | list[dict[str, Any]]) -> None:
    if isinstance(answer, str):
        answer = answer.replace("SERVER", index.url.removesuffix("/simple"))
        index.page = "text/html", f"<!DOCTYPE html><html><body>{answer}</body></html>".encode()
    else:
        document = {"meta": {"api-version": "1.1"}, "name": "shapes", "files": answer}
        index.page = JSON, json.dumps(document).encode()


@pytest.mark.parametrize("form", LOCKED)
def test_a_wheel_is_locked_with_its_own_hash_whatever_form_the_answer_has(
    locks: Locks, index: Answers, form: str
) -> None:
    answer, wheel = LOCKED[form]
    serve(index, answer)
    locks.ask("shapes\n")
    run = locks.one()
    assert run.code == 0, run.errors
    version = wheel.filename.split("-")[1]
    assert f"\nshapes=={version} --hash=sha256:{digest(wheel)}\n" in locks.text()
    assert locks.one("--check").errors == ""


NONE: dict[str, tuple[str, bytes]] = {
    "empty": ("text/html", b" "),
    "short-hash": ("text/html", link(PLAIN, "/files/{name}#sha256=abc").encode()),
    "no-html": ("application/octet-stream", b"\0\xff"),
    "utf-16": ("text/html", link(PLAIN).encode("utf-16")),
    "cut-json": (JSON, b'{"meta":'),
    "null": (JSON, b"null"),
    "no-url": (JSON, b'{"name": "shapes", "files": [{"filename": "x", "hashes": {}}]}'),
    "odd-hash": ("text/html", link(PLAIN, "/files/{name}#egg=shapes").encode()),
    "yanked": ("text/html", link(PLAIN, attributes="data-yanked").encode()),
    "gone": ("text/html", b'<a href="/files/shapes-3.0-py3-none-any.whl">shapes</a>'),
    "a-file-of-this-machine": ("text/html", link(PLAIN, "file:///none/{name}").encode()),
}


@pytest.mark.parametrize("form", NONE)
def test_an_answer_without_a_wheel_is_said_and_nothing_is_written(
    locks: Locks, index: Answers, form: str
) -> None:
    index.page = NONE[form]
    locks.ask("shapes\n")
    run = locks.one()
    assert (run.code, locks.made()) == (1, set())
    assert run.errors.startswith("python3.11-x86_64: uv ")


def test_a_private_index_without_hashes_is_read_with_the_netrc(
    locks: Locks, index: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(index, link(PLAIN, "/files/{name}"))
    index.user_and_password = "me:secret"
    netrc = locks.folder / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    locks.ask("shapes\n")
    run = locks.one()
    assert run.code == 0, run.errors
    assert f"--hash=sha256:{digest(PLAIN)}" in locks.text()
