"""What requirements.in asks of a release beside its packages, in comments of their own:

    # release: keep numpy scipy
    # release: prune tests

The first leaves whole what belongs to these packages, the second prunes tests inside packages as
well; see prune.py. tools.lock copies them to the head of the locks. This file imports nothing of
its package, because the program reads locks with it, too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

RULE = (
    "a comment `# release: ...` stands on a line of its own and says `keep PACKAGE ...` or "
    "`prune tests`"
)
_OPTION = re.compile(r"(?:^|\s)#\s*release:(.*)", re.IGNORECASE)


def read(text: str, packages: Collection[str]) -> tuple[dict[str, str], list[tuple[int, str, str]]]:
    """The options in a requirements file, such as ``{"keep": "numpy scipy", "prune": "tests"}``.

    ``packages`` are the normalised names that ``keep`` may name. The second is what is wrong:
    number of the line, the line, the rule that it breaks.
    """
    kept: set[str] = set()
    options: dict[str, str] = {}
    problems: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        option = _OPTION.search(line)
        if option is None:
            continue
        word, *names = re.split(r"[\s,]+", option[1].strip().lower())
        names = [normal(name) for name in names if name]
        unknown = [name for name in names if name not in packages]
        alone = not line[: option.start()].strip()
        known = (word == "keep" and names) or (word, names) == ("prune", ["tests"])
        if not (alone and known):
            problems.append((number, line.strip(), RULE))
        elif word == "prune":
            options["prune"] = "tests"
        else:
            kept.update(name for name in names if name in packages)
            if unknown:
                rule = f"`keep` names packages that are locked, and {', '.join(unknown)} is not"
                problems.append((number, line.strip(), rule))
    if kept:
        options["keep"] = " ".join(sorted(kept))
    return dict(sorted(options.items())), problems


def normal(name: str) -> str:
    """The name of a package as all spellings of it have it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def comments(options: Mapping[str, str]) -> list[str]:
    """The options as lines of a requirements file."""
    return [f"# release: {word} {names}" for word, names in options.items()]
