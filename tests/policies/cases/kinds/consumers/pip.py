"""For which Python and machine pip installs, and whereto."""

from ...building import OLD, PYTHON, Build, populated
from ...table import LOADS, Cases, wrong
from .. import sources

CASES = Cases()
TOO_OLD = wrong(LOADS, "infer", "infer", "install", "3.11", "3.12")


def pip(*options: str) -> list[str]:
    return ["python3", "-m", "pip", "install", *options, "--target", "/mnt/data/python", "numpy"]


BINARY = ("--only-binary=:all:",)


@CASES.sound(sources.PIP)
def python_version_says_for_which_python(p: Build) -> None:
    populated(
        p, image=PYTHON.replace("3.12", "3.13"), command=pip(*BINARY, "--python-version", "3.12")
    )


@CASES.sound(sources.PIP)
def python_version_in_one_word(p: Build) -> None:
    populated(p, image=PYTHON.replace("3.12", "3.13"), command=pip(*BINARY, "--python-version=312"))


@CASES.sound(sources.PIP)
def python_version_in_a_shell_line(p: Build) -> None:
    line = " ".join(pip(*BINARY, "--python-version", "3.12", "--implementation", "cp"))
    populated(p, image=PYTHON.replace("3.12", "3.13"), command=["sh", "-c", line])


@CASES.wrong(sources.PIP, wrong(LOADS, "infer", "infer", "install", "3.11", "3.12"))
def python_version_of_another_python(p: Build) -> None:
    populated(p, command=pip(*BINARY, "--python-version", "3.11"))


@CASES.sound(sources.PIP)
def platform_says_for_which_architecture(p: Build) -> None:
    words = pip(*BINARY, "--platform", "manylinux2014_aarch64")
    populated(p, command=words, architectures=["arm64"])


@CASES.wrong(sources.PIP, wrong(LOADS, "infer", "infer", "install"))
def platform_of_another_architecture(p: Build) -> None:
    populated(p, command=pip(*BINARY, "--platform=manylinux2014_aarch64"))


@CASES.sound(sources.PIP, may_note=True)
def image_that_does_not_tell_its_python(p: Build) -> None:
    populated(p, image="acme/builder:7", command=pip(*BINARY, "--python-version", "3.12"))


@CASES.wrong(sources.PIP, TOO_OLD)
def target_in_one_word(p: Build) -> None:
    words = ["pip3", "install", "--no-cache-dir", "--target=/mnt/data/python", "numpy"]
    populated(p, image=OLD, command=words)


@CASES.wrong(sources.PIP, TOO_OLD)
def target_in_a_shell_line(p: Build) -> None:
    line = "set -e; pip install -q -t /mnt/data/python -r requirements.txt && touch /mnt/data/ok"
    populated(p, image=OLD, command=["/bin/sh", "-c", line])


@CASES.either(sources.PIP, wrong(LOADS, "infer", "infer", "install", "3.11", "3.12"))
def target_in_the_environment(p: Build) -> None:
    pair = populated(p, image=OLD, command=["pip", "install", "numpy"])
    text = pair.task.props["containerDefinitions"].value[0]
    text["environment"] = [{"name": "PIP_TARGET", "value": "/mnt/data/python"}]


@CASES.wrong(sources.PIP, TOO_OLD)
def installed_by_the_newer_tool(p: Build) -> None:
    words = ["uv", "pip", "install", "--target", "/mnt/data/python", "numpy"]
    populated(p, image=OLD, command=words)


@CASES.sound(sources.PIP)
def newer_tool_that_is_given_the_python(p: Build) -> None:
    words = [
        "uv",
        "pip",
        "install",
        "--python-version",
        "3.12",
        "--target",
        "/mnt/data/python",
        "x",
    ]
    populated(p, image=OLD, command=words)
