"""Names the populate task's image by its digest: `make image STACK=prod`.

The digest is what `python -m components.image` prints.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import yaml

from components import Target
from components.image import RegistryError, pinned
from local.project import Project, ProjectError

ROOT = Path(__file__).resolve().parents[1]
_KEY = "populatorImage"


class StackFileError(Exception):
    """A stack's file that cannot be edited here."""


def with_value(text: str, project: str, key: str, value: str) -> str:
    """A stack's file with another value of a key of the project; the rest stays as it is.

    Raises:
        StackFileError: The file has a form in which the key cannot be written.
    """
    before = yaml.safe_load(text) or {}
    spelt = rf"(?:{re.escape(project)}:)?{re.escape(key)}"
    line = re.compile(
        rf"^(?P<key>[ ]+(?P<quote>[\"']?){spelt}(?P=quote)[ ]*:)[^\n#]*?(?P<rest>[ ]+#.*)?$",
        re.MULTILINE,
    )
    if line.search(text):
        after = line.sub(
            lambda found: f"{found['key']} {value}{found['rest'] or ''}", text, count=1
        )
    else:
        after = _with_line(text, f"{project}:{key}: {value}")
    config = dict(before.get("config") or {})
    name = key if key in config else f"{project}:{key}"
    if _loaded(after) != {**before, "config": {**config, name: value}}:
        raise StackFileError(
            f"the file has a form in which {key} cannot be written here. Remedy: "
            f"`pulumi config set {key} {value}`"
        )
    return after


def _with_line(text: str, line: str) -> str:
    """The text with another line at the end of its block `config`."""
    lines = text.splitlines()
    start = next((i for i, each in enumerate(lines) if re.match(r"config\s*:", each)), None)
    if start is None:
        return "\n".join([*lines, "config:", f"  {line}", ""])
    lines[start] = re.sub(r"^config\s*:\s*\{\s*\}", "config:", lines[start])
    end = start + 1
    for index in range(start + 1, len(lines)):
        if lines[index].strip() and not lines[index].startswith((" ", "#")):
            break
        if lines[index].startswith(" "):
            end = index + 1
    inner = (re.match(r" +", each) for each in lines[start + 1 : end])
    indent = next((found[0] for found in inner if found), "  ")
    return "\n".join([*lines[:end], f"{indent}{line}", *lines[end:], ""])


def _loaded(text: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; what it returns is the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.image", description=__doc__)
    parser.add_argument("--stack", required=True, help="the stack whose file is written")
    parser.add_argument("--image", help="another image, by its tag; default: the stack's")
    options = parser.parse_args(arguments)
    path = root / f"Pulumi.{options.stack}.yaml"
    try:
        project = Project.load(root, options.stack)
        target = Target(runtime=str(project.own("runtime")), image=project.own(_KEY) or "")
        image = options.image or target.image
        value = pinned(image, str(project.own("architecture")))
        text = path.read_text(encoding="utf-8")
        new = with_value(text, project.name, _KEY, value)
    except (ProjectError, RegistryError, StackFileError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if value == project.own(_KEY):
        print(f"{path.name} names {value} already")
        return 0
    path.write_text(new, encoding="utf-8")
    print(f"{path.name}: {_KEY} is {value} now ({image}). The next `pulumi up` makes a new release")
    return 0


if __name__ == "__main__":
    sys.exit(main())
