"""What a lock may contain."""

from pathlib import Path

import pytest

from lambda_src.release.installation.libraries import requirements
from lambda_src.release.layout import ExitCode, InstallError

HASH = "--hash=sha256:" + "a" * 64


def read(folder: Path, text: str) -> dict[str, str]:
    path = folder / "requirements.txt"
    path.write_text(text)
    return requirements.read(path)


def test_pins_are_read_with_normalised_names(tmp_path: Path) -> None:
    assert read(tmp_path, f"Ab_c.d==1.0+cpu {HASH}\n") == {"ab-c-d": "1.0+cpu"}


def test_comments_blank_lines_and_continuations_are_allowed(tmp_path: Path) -> None:
    text = f"# why\n\na==1 \\\n    {HASH} \\\n    {HASH}\nb==2 {HASH}  # here too\n"
    assert read(tmp_path, text) == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a==1", "'a==1' has no --hash=sha256"),
        (f"a>=1 {HASH}", "is not of the form name==version"),
        (f"a==1.* {HASH}", "is not of the form name==version"),
        ("a==1 --hash=sha256:aa", "is not of the form name==version"),
        ("a==1 --hash=md5:" + "a" * 32, "is not of the form name==version"),
        (f"a==1; python_version < '3' {HASH}", "is not of the form name==version"),
        ("https://example.org/a-1-py3-none-any.whl", "is a URL"),
        ("a @ https://example.org/a-1-py3-none-any.whl", "is a URL"),
        ("git+https://example.org/a", "is a URL"),
        ("-e ./a", "is an editable install"),
        ("--editable=./a", "is an editable install"),
        ("--extra-index-url=http", "is an option"),
        ("-r other.txt", "is an option"),
        ("./a", "is not of the form name==version"),
    ],
)
def test_any_other_line_is_refused(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(InstallError, match=problem):
        read(tmp_path, f"b==1 {HASH}\n{line}\n")


def test_the_message_names_file_and_line_number(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match=r"^requirements\.txt, line 3: 'a' is not"):
        read(tmp_path, f"# comment\nb==1 {HASH}\na\n")


def test_a_package_locked_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="locks a-b a second time"):
        read(tmp_path, f"a-b==1 {HASH}\nA_b==2 {HASH}\n")


def test_an_empty_lock_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="names no package"):
        read(tmp_path, "# nothing\n")


def test_a_missing_lock_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="cannot be read") as caught:
        requirements.read(tmp_path / "requirements.txt")
    assert caught.value.code is ExitCode.RESOLUTION


WHEEL = "https://example.org/a/en_model-3.8.0%2Bcpu-1a-py3-none-any.whl"


def test_a_wheel_may_be_named_by_url_and_hash(tmp_path: Path) -> None:
    assert read(tmp_path, f"En.model @ {WHEEL} {HASH}\n") == {"en-model": "3.8.0+cpu"}


@pytest.mark.parametrize(
    "url",
    [
        WHEEL.replace("https", "http"),
        WHEEL.replace("//", "//user:word@"),
        WHEEL + "?token=1",
        WHEEL + "#sha256=1",
        WHEEL.replace("en_model", "fr_model"),
        "https://example.org/en_model.whl",
        "https://example.org/en_model-1.0.tar.gz",
        "git+https://example.org/en_model",
        "file:///en_model-3.8.0-py3-none-any.whl",
    ],
)
def test_other_urls_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InstallError, match="is a URL"):
        read(tmp_path, f"en-model @ {url} {HASH}\n")
