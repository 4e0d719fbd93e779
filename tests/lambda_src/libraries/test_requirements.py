"""How the installer takes the lock apart that the program has written."""

from pathlib import Path

import pytest

from components.contract.lock import render
from components.contract.requirements import Pin, parse_lock
from lambda_src.release.installation.libraries import requirements
from lambda_src.release.layout import ExitCode, InstallError

HASH = "--hash=sha256:" + "a" * 64
WHEEL = "https://example.org/a/en_model-3.8.0%2Bcpu-1a-py3-none-any.whl"


def read(folder: Path, text: str) -> dict[str, str]:
    path = folder / "requirements.txt"
    path.write_text(text)
    return requirements.read(path)


def test_what_the_program_writes_is_read_by_normalised_names(tmp_path: Path) -> None:
    """Whatever form a lock has that people write."""
    lock = f"""
        # why
        Ab_c.d==1.0+cpu \\
            {HASH} \\
            --hash=sha256:{"b" * 64}   # here too
        En.model @ {WHEEL} {HASH}
    """
    written = render(parse_lock(lock, "lock"), {"keep": "ab-c-d"})
    assert read(tmp_path, written) == {"ab-c-d": "1.0+cpu", "en-model": "3.8.0+cpu"}
    path = tmp_path / "requirements.txt"
    assert requirements.options(path, ["ab-c-d"]) == {"keep": "ab-c-d"}
    pins = requirements.pins(path)
    assert pins["ab-c-d"].hashes.split() == [HASH, f"--hash=sha256:{'b' * 64}"]
    assert (
        str(Pin("en-model", "3.8.0+cpu", (f"sha256:{'a' * 64}",), WHEEL)) == pins["en-model"].line
    )


@pytest.mark.parametrize(
    "line",
    [
        "a==1",
        f"a>=1 {HASH}",
        f"a==1.* {HASH}",
        "a==1 --hash=sha256:aa",
        f"a==1 {HASH} --extra-index-url=https://elsewhere",
        "https://example.org/a-1-py3-none-any.whl",
        f"a @ https://example.org/a-1-py3-none-any.whl?token=1 {HASH}",
        f"a @ file:///a-1-py3-none-any.whl {HASH}",
        "-e ./a",
        "--extra-index-url=http",
        "-r other.txt",
        "./a",
    ],
)
def test_a_line_that_pip_might_take_for_something_else_is_refused(
    tmp_path: Path, line: str
) -> None:
    with pytest.raises(InstallError) as caught:
        read(tmp_path, f"# comment\nb==1 {HASH}\n{line}\n")
    assert str(caught.value).startswith("requirements.txt, line 3: ")
    assert "is not of the form name==version --hash=sha256:<64 hex digits>" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"a-b==1 {HASH}\nA_b==2 {HASH}\n", "locks a-b a second time"),
        ("# nothing\n", "names no package"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_lock_is_refused(tmp_path: Path, text: str | None, problem: str) -> None:
    path = tmp_path / "requirements.txt"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InstallError, match=problem) as caught:
        requirements.read(path)
    assert caught.value.code is ExitCode.RESOLUTION
