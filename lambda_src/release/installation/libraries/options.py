"""What requirements.in asks of a release beside its packages, in comments of their own:

    # release: keep numpy scipy
    # release: prune tests
    # release: index https://download.pytorch.org/whl/cpu for torch torchvision
    # release: lazy tensorflow._api keras

The first leaves whole what belongs to these packages, the second prunes tests inside packages as
well; see prune.py. The third names the package index of these packages; all others come from the
stack's indexUrl. The fourth lets the modules at and below these names wait for their first use;
see trial/defer.py. Whatever makes a lock copies them to its head. This file imports nothing of its
package, because the program reads locks with it, too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping, Sequence

RULE = (
    "a comment `# release: ...` stands on a line of its own and says `keep PACKAGE ...`, "
    "`prune tests`, `index URL for PACKAGE ...` or `lazy MODULE ...`"
)
URL_RULE = (
    "the URL of an index is https, without credentials and query: they would stand in the task "
    "definition for everyone to read"
)
_OPTION = re.compile(r"(?:^|\s)#\s*release:(.*)", re.IGNORECASE)
_URL = re.compile(
    r"(?:https://[^\s/?#@:]+|http://(?:127\.0\.0\.1|localhost|\[::1\]))(?::\d{1,5})?(?:/[^\s?#@]*)?"
)
_INDEX = "index "
_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def read(text: str, packages: Collection[str]) -> tuple[dict[str, str], list[tuple[int, str, str]]]:
    """The options in a requirements file, such as ``{"keep": "numpy scipy", "prune": "tests"}``.

    An index is the option ``index URL for``. ``packages`` are the normalised names that ``keep``
    and ``index`` may name. The second is what is wrong: number of the line, the line, the rule that
    it breaks.
    """
    named: dict[str, set[str]] = {}
    problems: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        option = _OPTION.search(line)
        if option is None:
            continue
        key, names, rule = _parsed(option[1].strip())
        if line[: option.start()].strip():
            rule = RULE
        elif not rule and key.startswith(_INDEX):
            rule = _second_index(key, names, named)
        elif not rule and key == "lazy":
            rule = _not_lazy(names, named.get(key, ()))
        if not rule:
            known = [n for n in names if n in packages or key in ("prune", "lazy")]
            named.setdefault(key, set()).update(known)
            if unknown := [name for name in names if name not in known]:
                word = key.partition(" ")[0]
                rule = f"`{word}` names packages that are locked, and {', '.join(unknown)} is not"
        if rule:
            problems.append((number, line.strip(), rule))
    options = {key: " ".join(sorted(names)) for key, names in sorted(named.items()) if names}
    return options, problems


def _parsed(text: str) -> tuple[str, list[str], str]:
    """Key and names of an option, and the rule that it breaks."""
    word, *rest = re.split(r"[\s,]+", text)
    word, modules = word.lower(), [name for name in rest if name]
    names = [normal(name) for name in modules]
    if (word == "keep" and names) or (word, names) == ("prune", ["tests"]):
        return word, names, ""
    if word == "lazy" and modules:
        return word, modules, ""
    if word == "index" and len(names) > 2 and names[1] == "for":
        url = rest[0].rstrip("/")
        return f"{_INDEX}{url} for", names[2:], "" if _URL.fullmatch(url) else URL_RULE
    return "", [], RULE


def _second_index(key: str, names: Collection[str], named: Mapping[str, Collection[str]]) -> str:
    """The rule that these names break if one of them has another index already."""
    others = {name for k, v in named.items() if k.startswith(_INDEX) and k != key for name in v}
    twice = sorted(others & set(names))
    return f"a package has one index, and {', '.join(twice)} has another one above" if twice else ""


def _not_lazy(names: Sequence[str], others: Collection[str]) -> str:
    """The rule that these names of modules break, beside others above them."""
    found: list[str] = []
    for number, name in enumerate(names):
        before = [*others, *names[:number]]
        near = [each for each in before if f"{name}.".startswith(f"{each}.")]
        near += [each for each in before if each.startswith(f"{name}.")]
        if not _MODULE.fullmatch(name):
            found.append(f"{name} is no name of a module")
        elif name.partition(".")[0] in sys.stdlib_module_names:
            found.append(f"{name} is of the standard library")
        elif near:
            found.append(f"{name} is there twice" if name in near else f"{near[0]} overlaps {name}")
    rule = "`lazy` names modules of packages, such as `keras.src`, each once and none below another"
    return f"{rule}, and {', '.join(found)}" if found else ""


def indexes(options: Mapping[str, str]) -> dict[str, str]:
    """For each package that has an index of its own the URL of that."""
    return {
        name: key.removeprefix(_INDEX).removesuffix(" for")
        for key, names in options.items()
        if key.startswith(_INDEX)
        for name in names.split()
    }


def normal(name: str) -> str:
    """The name of a package as all spellings of it have it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def comments(options: Mapping[str, str]) -> list[str]:
    """The options as lines of a requirements file."""
    return [f"# release: {word} {names}" for word, names in options.items()]
