"""A lock is that of requirements.in, or a preview names what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from components import Application, Target
from components.contract.lock import read_lock
from components.contract.requirements import asked, made_for
from components.contract.runtimes import RUNTIMES
from components.errors import ConfigurationError
from components.lock import main as lock_command

OWN = Application(Path(__file__).parents[3] / "lambda_src" / "application")
HASH = "--hash=sha256:" + "a" * 64
MADE_FOR = "# made for: circles\n# made for: shapes\n"


class Folder:
    """A folder with requirements.in and the locks of shapes 1.0 and circles 2.0."""

    def __init__(self, root: Path) -> None:
        (root / "locks").mkdir(parents=True)
        (root / "model.py").touch()
        self.application = Application(root)
        self.head = MADE_FOR

    def ask(self, text: str) -> None:
        self.application.requirements_path.write_text(text)
        for runtime in RUNTIMES:
            for architecture in ("x86_64", "arm64"):
                target = Target(runtime=runtime, architecture=architecture)
                self.application.lock_path(target).write_text(
                    f"{self.head}circles==2.0 {HASH}\nshapes==1.0 {HASH}\n"
                )

    def problems(self, runtime: str = "python3.11", architecture: str = "x86_64") -> list[str]:
        try:
            read_lock(self.application, Target(runtime=runtime, architecture=architecture))
        except ConfigurationError as error:
            return [str(problem) for problem in error.problems]
        return []

    def check(self) -> int:
        return lock_command(["--check", "--directory", str(self.application.root)])


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "src")


BOTH = "circles\nshapes\n"


@pytest.mark.parametrize(
    "text",
    [
        BOTH,
        "# why\n\nCIRCLES==2.*  # a circle\nshapes>=1,\\\n  <2\n",
        f"{BOTH}squares; sys_platform == 'win32'\n",
        f"{BOTH}squares; platform_machine == 'aarch64'\n",
        f"{BOTH}squares; python_version >= '3.12'\n",
        f"circles==2.0 {HASH}\nshapes\n",
    ],
)
def test_what_the_lock_holds_is_no_problem(folder: Folder, text: str) -> None:
    folder.ask(text)
    assert folder.problems() == []


@pytest.mark.parametrize(
    ("text", "found", "wanted"),
    [
        (f"{BOTH}squares\n", "no squares", "'squares'"),
        ("circles\nshapes>=2\n", "shapes 1.0", "'shapes>=2'"),
        ("circles!=2.0\nshapes\n", "circles 2.0", "'circles!=2.0'"),
        ("circles\nshapes[round]\n", "shapes 1.0 without extras", "'shapes[round]'"),
        ("circles\n", "what 'shapes' needed", "no 'shapes'"),
        (
            f"{BOTH}squares; platform_machine == 'x86_64'\n",
            "no squares",
            "'squares; platform_machine == \"x86_64\"'",
        ),
        (
            f"{BOTH}squares; python_version < '3.12'\n",
            "no squares",
            "'squares; python_version < \"3.12\"'",
        ),
        (f"# release: keep shapes\n{BOTH}", "no `# release:`", "'# release: keep shapes'"),
    ],
)
def test_what_differs_is_named_with_the_lock_and_the_remedy(
    folder: Folder, capsys: pytest.CaptureFixture[str], text: str, found: str, wanted: str
) -> None:
    folder.ask(text)
    assert folder.problems() == [
        f"python3.11-x86_64.txt: it has {found}, and requirements.in asks for {wanted}, so it is "
        "out of date. Remedy: `make lock`"
    ]
    assert folder.check() == 1
    assert folder.problems()[0] in capsys.readouterr().err.splitlines()


def test_markers_mean_the_target_and_not_this_machine(folder: Folder) -> None:
    folder.ask(f"{BOTH}squares; platform_machine == 'aarch64' and python_version == '3.13'\n")
    assert folder.problems("python3.13", "x86_64") == []
    assert folder.problems("python3.12", "arm64") == []
    assert len(folder.problems("python3.13", "arm64")) == 1


def test_an_extra_for_which_the_lock_was_made_is_no_problem(folder: Folder) -> None:
    folder.head = "# made for: circles\n# made for: shapes[edged,round]\n"
    folder.ask("circles\nShapes[round]\n")
    assert folder.problems() == []


def test_a_lock_that_does_not_say_for_what_it_was_made_is_asked_for_versions_only(
    folder: Folder,
) -> None:
    folder.head = ""
    folder.ask("circles[round]\n")
    assert folder.problems() == []
    folder.ask("circles<2\n")
    assert len(folder.problems()) == 1


def test_requirements_of_another_file_count(folder: Folder) -> None:
    (folder.application.root / "more.in").write_text("-r requirements.in\nsquares\n")
    folder.ask(f"{BOTH}-r more.in\n")
    (problem,) = folder.problems()
    assert "'squares'" in problem
    folder.ask(f"{BOTH}--requirement=none.in\n")
    (problem,) = folder.problems()
    assert problem.startswith("requirements.in, line 3 = '--requirement=none.in': there is no such")


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("scikit learn", "a line is a requirement such as numpy>=2"),
        ("./wheels/shapes.whl", "a wheel is asked for by name and URL"),
        ("# release: kepe shapes", "a comment `# release: ...` stands on a line of its own"),
        ("# release: keep squares", "squares is not"),
    ],
)
def test_a_line_that_cannot_be_read_is_one_problem_with_its_number(
    folder: Folder, capsys: pytest.CaptureFixture[str], line: str, rule: str
) -> None:
    folder.ask(f"{BOTH}{line}\n")
    (problem,) = folder.problems()
    assert problem.startswith(f"requirements.in, line 3 = {line!r}: ")
    assert rule in problem
    assert "Remedy: correct it, and run `make lock`" in problem
    assert folder.check() == 1
    assert "requirements.in, line 3 = " in capsys.readouterr().err


def test_requirements_that_are_no_text_are_one_problem(folder: Folder) -> None:
    folder.ask(BOTH)
    folder.application.requirements_path.write_bytes(b"\xff\xfe")
    (problem,) = folder.problems()
    assert problem.startswith("requirements.in = no text: it has to be UTF-8 text")
    assert folder.check() == 1


def test_a_folder_without_requirements_is_its_locks_alone(folder: Folder) -> None:
    folder.ask(BOTH)
    folder.application.requirements_path.unlink()
    assert folder.problems() == []


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
@pytest.mark.parametrize("runtime", ["python3.11", "python3.12", "python3.13"])
def test_the_locks_here_say_for_what_they_were_made(runtime: str, architecture: str) -> None:
    lock = OWN.lock_path(Target(runtime=runtime, architecture=architecture))
    said = [line for line in lock.read_text().splitlines() if line.startswith("# made for: ")]
    assert said == made_for(asked(OWN.requirements_path, runtime, architecture).requirements)
    assert said


def test_an_error_says_where(tmp_path: Path) -> None:
    (tmp_path / "requirements.in").write_text("fine\nnot fine\n")
    with pytest.raises(ConfigurationError, match=r"requirements\.in, line 2 = 'not fine'"):
        asked(tmp_path / "requirements.in", "python3.11", "arm64")
