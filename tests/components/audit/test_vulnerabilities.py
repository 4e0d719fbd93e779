"""The audit: pip-audit runs as it is, against an OSV of these tests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from components.audit.__main__ import main

HASH = "--hash=sha256:" + "1" * 64
FIXED = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}


def advisory(name: str, *ranges: Any) -> dict[str, Any]:
    package = {"name": name, "ecosystem": "PyPI"}
    return {
        "id": f"PYSEC-{name}",
        "aliases": [f"CVE-{name}"],
        "affected": [{"package": package, "ranges": list(ranges)}],
    }


KNOWN = {("old", "1.0"): [advisory("old", FIXED)], ("odd", "1.0+cpu"): [advisory("odd")]}


@contextmanager
def osv(status: int = 200) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = KNOWN.get((asked["package"]["name"], asked["version"]))
            body = json.dumps({"vulns": found} if found else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def application(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text("def predict(instances):\n    return instances\n")
    (tmp_path / "locks").mkdir()
    return tmp_path


def lock(application: Path, target: str, *pins: str) -> None:
    (application / "requirements.in").write_text("".join(f"{p.split('=')[0]}\n" for p in pins))
    text = "".join(f"{pin} {HASH}\n" for pin in pins)
    (application / "locks" / f"{target}.txt").write_text(text)


def run(application: Path, *arguments: str) -> int:
    return main([*arguments, "--directory", str(application)])


def test_known_vulnerabilities_are_named_with_what_corrects_them(
    application: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock(application, "python3.12-x86_64", "fine==1.0", "odd==1.0+cpu", "old==2.0")
    lock(application, "python3.11-x86_64", "fine==1.0", "odd==1.0+cpu", "old==1.0")

    targets = ("--target", "python3.11-x86_64", "--target", "python3.12-x86_64")
    with osv() as url:
        status = run(application, "vulnerabilities", "--osv-url", url, *targets)

    assert status == 1
    assert capsys.readouterr().out.splitlines()[:-1] == [
        "odd 1.0+cpu: PYSEC-odd (CVE-odd), not corrected (python3.11-x86_64, python3.12-x86_64)",
        "old 1.0: PYSEC-old (CVE-old), corrected in 2.0 (python3.11-x86_64)",
    ]


def test_none_is_said_with_the_number_of_packages(
    application: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock(application, "python3.12-arm64", "fine==1.0", "other==3")

    with osv() as url:
        status = run(
            application, "vulnerabilities", "--osv-url", url, "--target", "python3.12-arm64"
        )

    assert status == 0
    assert capsys.readouterr().out == (
        "no vulnerability is known of 2 packages (python3.12-arm64)\n"
    )


def test_no_answer_is_no_clean_bill(application: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock(application, "python3.12-arm64", "fine==1.0")

    with osv(500) as url:
        status = run(
            application, "vulnerabilities", "--osv-url", url, "--target", "python3.12-arm64"
        )

    assert status == 2
    assert f"no answer from {url}" in capsys.readouterr().err


def test_of_several_locks_one_has_to_be_chosen_for_an_sbom(
    application: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for target in ("python3.11-x86_64", "python3.12-x86_64"):
        lock(application, target, "fine==1.0")
    (application / "requirements.in").write_text(
        "# lock: runtimes python3.11 python3.12\n# lock: architectures x86_64\nfine\n"
    )

    assert run(application, "sbom") == 2
    assert "Remedy: choose one with --target" in capsys.readouterr().err

    output = application / "sbom.json"
    assert run(application, "sbom", "--target", "python3.12-x86_64", "--output", str(output)) == 0
    assert json.loads(output.read_text())["bomFormat"] == "CycloneDX"
