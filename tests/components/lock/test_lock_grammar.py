"""What a line of requirements.in may be: a lock, its check and a preview say the same of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from components import Application, Target
from components.contract.lock import read_lock
from components.errors import ConfigurationError
from tests.lambda_src.conftest import Index, build_wheel

from .conftest import X86, Locks, digest

OLD, NEW = (build_wheel("shapes", {"shapes.py": ""}, version=v) for v in ("0.9", "1.0"))
ROUNDS = build_wheel("rounds", {"rounds.py": ""}, requires=("shapes",))
LOCAL = build_wheel("local", {"local.py": ""}, version="1.0+cpu")
EPOCH = build_wheel("epoch", {"epoch.py": ""}, version="1!1.0")
EARLY = build_wheel("early", {"early.py": ""}, version="2.0rc1")
SPELT = build_wheel("under_score", {"under_score.py": ""})
ARM = build_wheel("arm", {"arm.py": ""}, tag="cp311-cp311-manylinux_2_17_aarch64")
WHEELS = (OLD, NEW, ROUNDS, LOCAL, EPOCH, EARLY, SPELT, ARM)
OTHER = f"--hash=sha256:{'0' * 64}"


def ask(locks: Locks, index: Index, text: str | bytes, files: Mapping[str, str | bytes]) -> None:
    """Write requirements.in and files beside it; URL and HASH stand for those of shapes 1.0."""
    index.add(*WHEELS)
    url = index.url.removesuffix("/simple")
    for name, content in {"requirements.in": text, "model.py": "", **files}.items():
        path = locks.folder / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, str):
            content = content.replace("FILES", f"{url}/files").replace("HASH", digest(NEW)).encode()
        path.write_bytes(content)


def preview(locks: Locks) -> list[str]:
    """What a preview says of the lock and requirements.in."""
    try:
        read_lock(Application(locks.folder), Target(runtime="python3.11"))
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]
    return []


LIMIT = {"constraints.txt": "shapes<1  # why\nnothing>2\n"}
WHEEL = "FILES/shapes-1.0-py3-none-any.whl"
LOCKED: dict[str, tuple[str, dict[str, str], str]] = {
    "byte-order-mark": ("\ufeff# lock: runtimes python3.11\nshapes\n", {}, "shapes==1.0"),
    "windows": ("shapes\r\nrounds\r\n", {}, "rounds==1.0 shapes==1.0"),
    "continued": ("shapes\\\n>=0.5,\\\n<1\\\n\nrounds \\", {}, "rounds==1.0 shapes==0.9"),
    "comments": ("# é\nshapes  # why\\\n", {}, "shapes==1.0"),
    "another-file": ("-r sub/a.txt\n", {"sub/a.txt": "\ufeff-rb.txt\n-c c.txt\n",
                     "sub/b.txt": "-r ../requirements.in\nshapes", "sub/c.txt": "shapes<1"},
                     "shapes==0.9"),
    "a-name-with-spaces": ("--requirement='a b.txt'  # base\n", {"a b.txt": "shapes"},
                           "shapes==1.0"),
    "constraints": ("-c constraints.txt\nshapes\n", LIMIT, "shapes==0.9"),
    "constraints-of-another": ("rounds\n--constraint=constraints.txt\n", LIMIT,
                               "rounds==1.0 shapes==0.9"),
    "hash": ("shapes==1.0 --hash=sha256:HASH\n", {}, "shapes==1.0"),
    "hashes": (f"shapes \\\n  {OTHER} \\\n  --hash sha256:HASH\nrounds\n", {},
               "rounds==1.0 shapes==1.0"),
    "local-version": ("local==1.*\n", {}, "local==1.0+cpu"),
    "all-of-a-local-version": ("local==1.0+cpu\n", {}, "local==1.0+cpu"),
    "epoch": ("epoch==1!1.*\n", {}, "epoch==1!1.0"),
    "early": ("early>=2.0rc1\n", {}, "early==2.0rc1"),
    "spelling": ("Under.Score\nSHAPES\n", {}, "shapes==1.0 under-score==1.0"),
    "twice": ("shapes>=0.5\nshapes<2\nshapes[x]\n", {}, "shapes==1.0"),
    "markers": ("shapes; python_version < '4' and extra != 'x'\nnone; sys_platform == 'win32'\n"
                "none; python_full_version >= '3.12'\n", {}, "shapes==1.0"),
    "old-form": ("shapes (>=0.5,)\n", {}, "shapes==1.0"),
    "url": (f"shapes@{WHEEL}#sha256=HASH\nshapes>=0.5\nrounds\n", {},
            "rounds==1.0 shapes @ FILES/shapes-1.0-py3-none-any.whl"),
    "url-of-a-local-version": ("local @ FILES/local-1.0%2Bcpu-py3-none-any.whl ; os_name=='posix'",
                               {}, "local @ FILES/local-1.0%2Bcpu-py3-none-any.whl"),
    "url-of-an-epoch": ("epoch @ FILES/epoch-1%211.0-py3-none-any.whl\n", {},
                        "epoch @ FILES/epoch-1%211.0-py3-none-any.whl"),
}  # fmt: skip


@pytest.mark.parametrize("case", LOCKED)
def test_what_is_locked_passes_the_check_and_a_preview(
    locks: Locks, index: Index, case: str
) -> None:
    text, files, pins = LOCKED[case]
    ask(locks, index, text, files)
    run = locks.one()
    assert run.code == 0, run.errors
    url = index.url.removesuffix("/simple")
    assert " ".join(locks.pins()) == pins.replace("FILES", f"{url}/files")
    assert (locks.one("--check").errors, preview(locks)) == ("", [])


NESTED = {"a.txt": "# release: keep shapes\nshapes\n"}
REFUSED: dict[str, tuple[str | bytes, Mapping[str, str | bytes], str]] = {
    "editable": ("-e ./x\n", {}, "nothing is built here"),
    "index": ("-iFILES\n", {}, "indexes are not mixed"),
    "index-apart": ("-i FILES\n", {}, "indexes are not mixed"),
    "index-by-its-long-name": ("--index-url FILES\n", {}, "indexes are not mixed"),
    "indexes": ("--extra-index-url=FILES\n", {}, "indexes are not mixed"),
    "no-index": ("--no-index\n", {}, "indexes are not mixed"),
    "links": ("--find-links .\n", {}, "indexes are not mixed"),
    "links-by-the-short-name": ("-f FILES\n", {}, "indexes are not mixed"),
    "host": ("--trusted-host x\n", {}, "indexes are not mixed"),
    "early": ("--pre\n", {}, "a pre-release is asked for by its version"),
    "sources": ("--no-binary shapes\n", {}, "only wheels are installed"),
    "wheels": ("--only-binary=:all:\n", {}, "only wheels are installed"),
    "hashes": ("--require-hashes\n", {}, "a lock has the hash of each wheel anyway"),
    "feature": ("--use-feature x\n", {}, "of pip's options a line may have"),
    "unknown": ("--unknown\n", {}, "of pip's options a line may have"),
    "dashes": ("---\n", {}, "of pip's options a line may have"),
    "settings": ("shapes --config-settings a=b\n", {}, "there is no option but --hash"),
    "setting": ("shapes -C a=b\n", {}, "there is no option but --hash"),
    "sha512": ("shapes --hash=sha512:HASH\n", {}, "a hash is sha256:<64 hex digits>"),
    "no-hash": ("shapes --hash\n", {}, "a hash is sha256:<64 hex digits>"),
    "quote": ("shapes --hash='\n", {}, "a quote without its end"),
    "variable": ("shapes @ https://${HOST}/shapes-1.0-py3-none-any.whl\n", {},
                 "variables are not replaced"),
    "gone": ("-r gone.txt\n", {}, "there is no such file"),
    "gone-constraints": ("-c gone.txt\nshapes\n", {}, "there is no such file"),
    "folder": ("-r .\n", {}, "there is no such file"),
    "far": ("-r FILES/x.txt\n", {}, "lies here; copy it"),
    "two-files": ("-r a.txt b.txt\n", {}, "name one file"),
    "comment-in-another-file": ("-r a.txt\n", NESTED, "stand in requirements.in itself"),
    "constraint-with-url": ("shapes\n-c c.txt\n", {"c.txt": f"shapes @ {WHEEL}\n"},
                            "a constraint is a name with versions"),
    "constraint-with-extra": ("shapes\n-c c.txt\n", {"c.txt": "shapes[x]\n"},
                              "a constraint is a name with versions"),
    "source": ("shapes @ FILES/shapes-1.0.tar.gz\n", {}, "it is the https URL of a wheel"),
    "git": ("shapes @ git+https://example.org/x.git\n", {}, "it is the https URL of a wheel"),
    "file": ("shapes @ file:///x/shapes-1.0-py3-none-any.whl\n", {}, "the https URL of a wheel"),
    "plain-http": ("shapes @ http://e.org/shapes-1.0-py3-none-any.whl\n", {}, "the https URL"),
    "query": (f"shapes @ {WHEEL}?a=1\n", {}, "without credentials and query"),
    "egg": (f"shapes @ {WHEEL}#egg=shapes\n", {}, "what follows # in a URL"),
    "another": ("shapes @ FILES/rounds-1.0-py3-none-any.whl\n", {}, "that is a wheel of rounds"),
    "no-ascii": ("shapes @ https://é.org/shapes-1.0-py3-none-any.whl\n", {}, "ASCII alone"),
    "two-urls": (f"shapes @ {WHEEL}\nshapes @ FILES/shapes-0.9-py3-none-any.whl\n", {}, "one URL"),
    "bare-url": (f"{WHEEL}\n", {}, "a wheel is asked for by name and URL"),
    "bare-git": ("git+https://example.org/x.git#egg=x\n", {}, "asked for by name and URL"),
    "path": ("./shapes-1.0-py3-none-any.whl\n", {}, "a wheel is asked for by name and URL"),
    "name-of-a-file": ("shapes-1.0-py3-none-any.whl\n", {}, "asked for by name and URL"),
    "here": (".\n", {}, "a wheel is asked for by name and URL"),
    "texts": ("shapes===1.0\n", {}, "`===` compares texts"),
    "release": ("shapes; platform_release > '5'\n", {}, "is not known"),
    "patch": ("shapes; python_full_version >= '3.11.4'\n", {}, "the patch release of python3.11"),
    "word": ("shapes>=banana\n", {}, "a line is a requirement"),
    "nothing": ("# nothing\n", {}, "it asks for at least one on python3.11 on x86_64"),
    "not-here": ("shapes; sys_platform == 'win32'\n", {}, "it asks for at least one"),
    "latin-1": ("shapes  # é\n".encode("latin-1"), {}, "it has to be UTF-8 text"),
    "utf-16": ("shapes\n".encode("utf-16"), {}, "it has to be UTF-8 text"),
    "other-utf-16": ("-r a.txt\n", {"a.txt": "s\n".encode("utf-16")}, "it has to be UTF-8 text"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_supported_is_refused_in_the_same_words(
    locks: Locks, index: Index, case: str
) -> None:
    text, files, rule = REFUSED[case]
    ask(locks, index, text, files)
    made = locks.one()
    assert (made.code, rule in made.errors, locks.made()) == (1, True, set()), made.errors
    (locks.folder / "locks").mkdir()
    (locks.folder / f"locks/{X86}.txt").write_text(f"shapes==1.0 --hash=sha256:{digest(NEW)}\n")
    assert locks.one("--check") == made
    (problem,) = preview(locks)
    assert rule in problem


def test_every_line_that_is_refused_is_said_at_once_and_no_password(
    locks: Locks, index: Index
) -> None:
    lines = ["--pre", "shapes===1.0", "rounds", "shapes @ https://me:secret@example.org/x.whl"]
    ask(locks, index, "\n".join(lines), {})
    run = locks.make("--target", X86, "--target", "python3.12-arm64")
    assert [line.partition(" = ")[0] for line in run.errors.splitlines()] == [
        f"requirements.in, line {number}" for number in (1, 2, 4)
    ]
    assert "secret" not in run.errors
    assert "https://***@example.org" in run.errors


def test_a_wheel_of_another_target_is_said_to_be_one(locks: Locks, index: Index) -> None:
    ask(locks, index, "arm @ FILES/arm-1.0-cp311-cp311-manylinux_2_17_aarch64.whl\n", {})
    run = locks.one()
    assert run.code == 1
    assert "is a wheel that python3.11 on x86_64 (CPython 3.11, glibc 2.26) does not take" in (
        run.errors
    )
    assert locks.make("--target", "python3.11-arm64").code == 0


def test_a_constraint_and_a_hash_that_have_changed_are_differences(
    locks: Locks, index: Index
) -> None:
    ask(locks, index, "rounds\nshapes\n", {})
    assert locks.one().code == 0
    ask(locks, index, f"rounds\nshapes {OTHER}\n-c constraints.txt\n", LIMIT)
    said = [
        f"{X86}.txt: it has {each}, so it is out of date. Remedy: `make lock`"
        for each in (
            "shapes 1.0, and requirements.in asks for 'shapes<1'",
            f"shapes with sha256:{digest(NEW)}, and requirements.in asks for sha256:{'0' * 64}",
        )
    ]
    assert locks.one("--check").errors.splitlines() == said == preview(locks)


FORMS: dict[str, Callable[[str], bytes]] = {
    "byte-order-mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "windows": lambda text: text.replace("\n", "\r\n").encode(),
    "continued": lambda text: text.replace(" --hash", " \\\n    --hash").encode(),
    "spaces": lambda text: text.replace("\n", "  \n\n").encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_lock_in_another_form_is_the_same_lock(locks: Locks, index: Index, form: str) -> None:
    ask(locks, index, "local\nshapes\n", {})
    assert locks.one().code == 0
    path = locks.folder / f"locks/{X86}.txt"
    text = path.read_text()
    path.write_bytes(FORMS[form](text))
    assert (locks.one("--check").errors, preview(locks)) == ("", [])
    assert locks.one().code == 0
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"shapes==1.0\n", "each package has at least one --hash"),
        ("shapes==1.0 # é\n".encode("latin-1"), "it has to be UTF-8 text"),
        ("shapes==1.0\n".encode("utf-16"), "it has to be UTF-8 text"),
        (b"-r other.txt\n", "options, paths and editable installs are refused"),
        (b"# nothing\n", "a lock names packages"),
    ],
)
def test_a_lock_that_is_none_is_refused_in_the_same_words(
    locks: Locks, index: Index, content: bytes, rule: str
) -> None:
    ask(locks, index, "shapes\n", {})
    (locks.folder / "locks").mkdir()
    (locks.folder / f"locks/{X86}.txt").write_bytes(content)
    run = locks.one("--check")
    assert (run.code, rule in run.errors) == (1, True), run.errors
    assert any(rule in problem for problem in preview(locks))
