"""What a release is without: written when it is made, and read when something asks for it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from .layout import LOCK_AGAIN, RELEASE_PATH, SITE_PACKAGES

PRUNED = "pruned.json"
"""File of a release with what is pruned of it: for each package the paths below site-packages."""

_SHOWN = 5
_NO_NAME = re.compile(r"cannot import name '([\w.]+)' from '([\w.]+)'")
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")


def write(release: Path, files: Mapping[str, Collection[str]]) -> None:
    """Write what is pruned of a release that is being made."""
    with (release / PRUNED).open("x", encoding="ascii") as stream:
        json.dump({name: list(paths) for name, paths in files.items()}, stream, indent=0)


def needed(error: BaseException, release: str = "") -> str:
    """What to say where an error comes of what is pruned, with the option that keeps it; else "".

    ``release`` is by default the function's.
    """
    try:
        release = release or os.environ.get(RELEASE_PATH, "").rstrip("/")
        texts = list(_texts(error, set()))
        if not any(release in text or _NO_MODULE.search(text) for text in texts) or not release:
            return ""
        files = json.loads(Path(release, PRUNED).read_text(encoding="ascii"))
        owners = {path: name for name, paths in files.items() for path in paths}
        asked = asked_for(texts, f"{release}/{SITE_PACKAGES}", owners)
        return said(asked, {_owner(path, owners) for path in asked}) if asked else ""
    except Exception:  # whatever it is, the error itself is more
        return ""


def asked_for(texts: Iterable[str], root: str, pruned: Collection[str]) -> list[str]:
    """What texts name of what is pruned below a folder: files, or folders that had them."""
    folders = {folder for path in pruned for folder in _above(path)}
    found: dict[str, None] = {}
    for text in texts:
        for path in (*_paths(text, root), *_modules(text)):
            for name in (path, f"{path}.py"):
                if (name in pruned or name in folders) and not os.path.lexists(f"{root}/{name}"):
                    found[name] = None
    return list(found)


def said(paths: Collection[str], packages: Collection[str]) -> str:
    """That these are needed, and what to do."""
    shown = ", ".join(list(paths)[:_SHOWN])
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    names = " ".join(sorted(filter(None, packages)))
    return (
        f"It needs what is pruned of a release: {shown}{more}. Write `# release: keep {names}` on "
        f"a line of its own into requirements.in, and {LOCK_AGAIN}."
    )


def _texts(error: BaseException | None, seen: set[int]) -> Iterator[str]:
    """What an error says, and those from which or while which it came."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield str(error)
    for name in (getattr(error, "filename", None), getattr(error, "filename2", None)):
        if isinstance(name, str | bytes | os.PathLike):
            yield os.fsdecode(name)
    for other in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        yield from _texts(other, seen)


def _paths(text: str, root: str) -> Iterator[str]:
    """The paths below a folder in a text."""
    for start in re.finditer(re.escape(root) + "/+", text):
        rest = text[start.end() :]
        for end in (r"['\"\n]", r"['\"\s:;,()<>\[\]]"):
            name = re.split(end, rest, maxsplit=1)[0]
            yield os.path.normpath(name)


def _modules(text: str) -> Iterator[str]:
    """Where modules lie that an import has not found."""
    names = _NO_MODULE.findall(text)
    names += [f"{package}.{name}" for name, package in _NO_NAME.findall(text)]
    for name in names:
        yield name.replace(".", "/")


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _owner(path: str, owners: Mapping[str, str]) -> str:
    return owners.get(path) or next(
        name for other, name in owners.items() if other.startswith(f"{path}/")
    )
