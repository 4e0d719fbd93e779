"""What a new lock changes, as versions."""

from __future__ import annotations

from ..contract.requirements import logical_lines, versions_of


def changes(before: str | None, after: str) -> list[str]:
    """Each package whose pin is another one, ``numpy 2.2.5 -> 2.2.6``; empty if none is.

    Args:
        before: Text of the lock as it was; None if there was none.
        after: Text of the lock as it is.
    """
    old, new = versions_of(before or ""), versions_of(after)
    old_lines, new_lines = _lines(before or ""), _lines(after)
    found = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            found.append(f"+ {name} {new[name]}")
        elif name not in new:
            found.append(f"- {name} {old[name]}")
        elif old[name] != new[name]:
            found.append(f"{name} {old[name]} -> {new[name]}")
        elif old_lines[name] != new_lines[name]:
            found.append(f"{name} {new[name]}, another file")
    return found


def report(name: str, before: str | None, after: str) -> str:
    """What is said of one lock."""
    count = len(versions_of(after))
    packages = "1 package" if count == 1 else f"{count} packages"
    if before is None:
        return f"{name}: new, {packages}"
    if before == after:
        return f"{name}: unchanged, {packages}"
    found = changes(before, after) or ["comments only"]
    return "\n    ".join([f"{name}: {packages}", *found])


def _lines(text: str) -> dict[str, str]:
    found = {}
    for _, line in logical_lines(text):
        found.update(dict.fromkeys(versions_of(line), line))
    return found
