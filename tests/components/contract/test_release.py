"""Release identity: what makes another release, and what does not."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from components import Application, Release, Target
from components.contract.lock import render
from components.contract.requirements import Pin, parse_lock
from components.errors import ConfigurationError

A, B = "a" * 64, "b" * 64
LOCK = f"""\
# made for a test
numpy==2.2.6 --hash=sha256:{A}
six==1.17.0 \\
    --hash=sha256:{B} \\
    --hash=sha256:{A}
"""
PINS = (
    Pin("numpy", "2.2.6", (f"sha256:{A}",)),
    Pin("six", "1.17.0", (f"sha256:{A}", f"sha256:{B}")),
)
TARGET = Target(runtime="python3.11", architecture="x86_64", image="python:3.11")
RELEASE = Release(pins=PINS, target=TARGET, format=1)


def test_a_lock_is_read_as_pins() -> None:
    assert parse_lock(LOCK, "lock.txt") == PINS


def test_a_lock_that_travels_is_that_of_the_pins() -> None:
    assert parse_lock(render(PINS, {"keep": "six"}), "lock.txt") == PINS
    assert RELEASE.lock == (
        f"numpy==2.2.6 --hash=sha256:{A}\nsix==1.17.0 --hash=sha256:{A} --hash=sha256:{B}\n"
    )


def test_comments_order_white_space_and_spelling_do_not_count() -> None:
    other = (
        f"\n\nSIX==1.17.0   --hash=sha256:{A} --hash=sha256:{B}  # why\n"
        f"NumPy==2.2.6 --hash=sha256:{A}"
    )
    assert parse_lock(other, "lock.txt") == PINS


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("six==1.17.0", "at least one --hash"),
        ("six==1.17.0 --hash=md5:abc", "at least one --hash"),
        (f"six==1.17.0 --hash=sha256:{A[:-1]}", "at least one --hash"),
        (f"six>=1.17.0 --hash=sha256:{A}", "one version with =="),
        (f"six==1.* --hash=sha256:{A}", "one version with =="),
        (f"six --hash=sha256:{A}", "one version with =="),
        (f"six @ https://example.org/six.whl --hash=sha256:{A}", "URLs are refused"),
        (f"https://example.org/six.whl --hash=sha256:{A}", "refused"),
        ("-e .", "refused"),
        ("--index-url https://example.org", "refused"),
        (f"./six.whl --hash=sha256:{A}", "refused"),
        (f"six[extra]==1.17.0 --hash=sha256:{A}", "extras are refused"),
        (f"six==1.17.0; python_version>'3' --hash=sha256:{A}", "refused"),
        ("six=='1", "refused"),
    ],
)
def test_a_line_that_is_no_pin_with_hashes_is_refused_by_number(line: str, rule: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_lock(f"# one\n{line}\n", "lock.txt")
    (problem,) = caught.value.problems
    assert problem.subject == "lock.txt, line 2"
    assert rule in problem.rule


WHEEL = "https://example.org/six-1.17.0-py3-none-any.whl"


def test_a_wheel_by_url_is_a_pin_whose_url_counts() -> None:
    (pin,) = parse_lock(f"Six @ {WHEEL} --hash=sha256:{A}\n", "lock.txt")
    assert pin == Pin("six", "1.17.0", (f"sha256:{A}",), WHEEL)
    assert parse_lock(render([pin], {}), "lock.txt") == (pin,)
    without = dataclasses.replace(pin, url="")
    ids = {dataclasses.replace(RELEASE, pins=(each,)).id for each in (pin, without)}
    assert len(ids) == 2
    with pytest.raises(ConfigurationError, match="markers and extras are refused"):
        parse_lock(f"six[extra] @ {WHEEL} --hash=sha256:{A}\n", "lock.txt")


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        (WHEEL.replace("https", "http"), "other URLs are refused"),
        (WHEEL.replace("//", "//me:word@"), "other URLs are refused"),
        (f"{WHEEL}?token=1", "other URLs are refused"),
        (WHEEL.replace("six", "seven"), "other URLs are refused"),
        (WHEEL.replace(".whl", ".tar.gz"), "other URLs are refused"),
    ],
)
def test_another_url_is_refused(url: str, rule: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_lock(f"six @ {url} --hash=sha256:{A}\n", "lock.txt")
    assert rule in str(caught.value)


def test_all_wrong_lines_are_reported() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_lock(f"six==1\n-e .\nnumpy==1 --hash=sha256:{A}\nnumpy==2 --hash=sha256:{A}", "l")
    assert [problem.subject for problem in caught.value.problems] == [
        "l, line 1",
        "l, line 2",
        "l, line 4",
    ]


def test_an_empty_lock_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="a lock names packages, and this one has none"):
        parse_lock("# nothing\n", "lock.txt")


def test_an_id_does_not_depend_on_the_order_of_the_pins() -> None:
    assert dataclasses.replace(RELEASE, pins=PINS[::-1]).id == RELEASE.id


@pytest.mark.parametrize(
    "change",
    [
        {"pins": PINS[:1]},
        {"pins": (dataclasses.replace(PINS[0], version="2.2.7"), PINS[1])},
        {"pins": (dataclasses.replace(PINS[0], hashes=(f"sha256:{B}",)), PINS[1])},
        {"target": dataclasses.replace(TARGET, runtime="python3.12")},
        {"target": dataclasses.replace(TARGET, architecture="arm64")},
        {"target": dataclasses.replace(TARGET, image="python@sha256:" + A)},
        {"format": 2},
        {"options": {"prune": "tests"}},
        {"salt": "again"},
    ],
)
def test_whatever_a_release_is_made_of_changes_its_id(change: dict[str, object]) -> None:
    assert dataclasses.replace(RELEASE, **change).id != RELEASE.id  # type: ignore[arg-type]


def application_with(folder: Path, lock: str) -> Application:
    """An application with this lock."""
    (folder / "locks").mkdir(parents=True)
    (folder / "model.py").touch()
    made = Application(folder)
    made.lock_path(TARGET).write_text(lock)
    return made


def test_a_salt_makes_another_release_of_the_same_packages(tmp_path: Path) -> None:
    made = application_with(tmp_path, f"six==1 --hash=sha256:{A}\n")
    assert len({Release.of(made, TARGET, salt=salt).id for salt in ("", "again", "and-again")}) == 3


def test_what_is_pruned_makes_another_release(tmp_path: Path) -> None:
    heads = ["", "# release: keep six\n", "# release: prune tests\n"]
    heads.append("".join(heads))
    locks = [f"{head}six==1 --hash=sha256:{A}\n" for head in heads]
    ids = [
        Release.of(application_with(tmp_path / str(number), lock), TARGET).id
        for number, lock in enumerate(locks)
    ]
    assert len(set(ids)) == 4
    other = application_with(tmp_path / "other", f"{locks[0]}#RELEASE:  keep Six,six\n")
    assert Release.of(other, TARGET).id == ids[1]


def test_a_wrong_option_of_a_lock_is_a_problem_of_the_configuration(tmp_path: Path) -> None:
    lock = f"# release: keep sixth\nsix==1 --hash=sha256:{A}\n# release: prune headers\n"
    with pytest.raises(ConfigurationError) as caught:
        Release.of(application_with(tmp_path, lock), TARGET)
    first, second = caught.value.problems
    assert first.subject == "python3.11-x86_64.txt, line 1"
    assert first.value == "'# release: keep sixth'"
    assert "sixth is not" in first.rule
    assert "requirements.in" in first.remedy
    assert "`prune tests`" in second.rule


def test_an_id_stays_the_same_from_version_to_version_of_this_program() -> None:
    assert RELEASE.id == "da3f07b0eb0cdaa1"
