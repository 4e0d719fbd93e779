"""Which names in `# release: lazy` would save most: what has run and the model never used.

A suggestion is tried before it is made. Whatever fails in here is only logged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...layout import InstallError
from ..log import log
from .again import difference, read
from .defer import plan
from .smoke import RECORD, Smoke

NAMES = 5
"""Names that are suggested, at most."""
SHORT = 0.5
"""Seconds of CPU time of a proof below which there is little to save."""
LONG = 60.0
"""Seconds of all that is done in here, about. If a proof takes half of that, nothing is."""
SHOWN = 0.05
"""Seconds of CPU time that are worth a word."""
LEAST = 0.02
"""Part of the modules' time that a name has to save."""

_TRACED, _TRIED = "trace.json", "tried.json"


@dataclass(frozen=True)
class Traced:
    """What `Trace` has written."""

    seconds: Mapping[str, float]
    imports: Mapping[str, Sequence[str]]
    uses: Mapping[str, Sequence[str]]

    def needed(self, waiting: Collection[str] | None) -> set[str]:
        """The modules that run if those at and below these names wait; None: if all wait."""
        found: set[str] = set()
        work = [""]
        while work:
            module = work.pop()
            wanted = {*self.uses.get(module, ())}
            for name in self.imports.get(module, ()):
                wanted |= {*_packages(name)}
                if waiting is not None and not below(name, waiting):
                    wanted.add(name)
            wanted |= {package for name in wanted for package in _packages(name)}
            new = (wanted & self.seconds.keys()) - found
            found |= new
            work += new
        return found

    def saved(self, waiting: Collection[str]) -> float:
        """Seconds of the modules that do not run if these wait."""
        needed = self.needed(waiting)
        return sum(took for name, took in self.seconds.items() if name not in needed)

    def candidates(self) -> Iterator[str]:
        """Names that nobody who is needed uses himself, those with most unused time first."""
        needed = self.needed(None)
        used = {name for user in ("", *needed) for name in self.uses.get(user, ())}
        unused: dict[str, float] = {}
        for name, took in self.seconds.items():
            for each in (*_packages(name), name) if name not in needed else ():
                unused[each] = unused.get(each, 0.0) + took
        chosen: list[str] = []
        for name in sorted(unused, key=lambda name: (-unused[name], len(name))):
            if name in self.seconds and name not in used and not below(name, chosen):
                chosen = [name, *chosen]
                yield name

    def best(self, others: Sequence[str]) -> dict[str, float]:
        """The names that save most beside others that wait already, with the seconds."""
        least = LEAST * sum(self.seconds.values())
        had = self.saved(others)
        alone = {
            name: self.saved([*others, name])
            for _, name in zip(range(3 * NAMES), self.candidates(), strict=False)
            if not below(name, others)
        }
        found: dict[str, float] = {}
        for name in sorted(alone, key=lambda name: -alone[name]):
            # What one saves may be a part of what another does.
            more = alone[name] - had
            if found and more >= least:
                more = self.saved([*others, *found, name]) - had - sum(found.values())
            if more >= least and len(found) < NAMES:
                found[name] = more
        return found


def below(module: str, names: Iterable[str]) -> bool:
    """Whether a module is at or below one of the names."""
    return any(f"{module}.".startswith(f"{name}.") for name in names)


def _packages(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def suggest(smoke: Smoke, names: Sequence[str], seconds: float) -> dict[str, float]:
    """Log which names would save most beside those that are there, and return them.

    The values are seconds of CPU time. ``seconds`` is what a proof took.
    """
    begin = time.monotonic()
    try:
        *_, used, _, _, _ = read(smoke, RECORD)
        if used < SHORT:
            return {}
        if seconds > LONG / 2:
            log("suggest", f"not tried, because a proof takes {seconds:.0f} s")
            return {}
        found = _found(replace(smoke, limit=LONG), names, begin + LONG)
    except (InstallError, OSError, ValueError, LookupError, TypeError) as error:
        log("suggest", f"which modules could wait is not known: {str(error)[:300]}")
        return {}
    text = "no name in `# release: lazy` would save much"
    if sum(found.values()) >= SHOWN:
        text = (
            f"`# release: lazy {' '.join(found)}` in requirements.in would save about "
            f"{sum(found.values()):.1f} s of CPU time in a cold start; the answers stay the same"
        )
    rounded = {name: round(saved, 2) for name, saved in found.items()}
    log("suggest", text, lazy=rounded, seconds=round(time.monotonic() - begin, 1))
    return rounded


def _found(smoke: Smoke, names: Sequence[str], end: float) -> dict[str, float]:
    """The best names with which the model has done the same, until it is late."""
    smoke.run(_TRACED, trace=True)
    *document, _ = json.loads((smoke.scratch / _TRACED).read_text())
    best = Traced(*document).best(names)
    if not best or _works(smoke, [*names, *best]):
        return best
    found: dict[str, float] = {}
    for name, saved in best.items():
        if time.monotonic() < end and _works(smoke, [*names, *found, name]):
            found[name] = saved
    return found


def _works(smoke: Smoke, names: Sequence[str]) -> bool:
    """Whether the model does the same with these names waiting."""
    opened, *_, modules, attributes, _ = read(smoke, RECORD)
    try:
        smoke.run(_TRIED, plan(smoke.site_packages, names, opened, modules, attributes))
    except InstallError:
        return False
    return not difference(smoke, _TRIED)
