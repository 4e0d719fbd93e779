"""What a new lock changes, as versions."""

from __future__ import annotations

from ..contract.requirements import pins_in


def changes(before: str | None, after: str) -> list[str]:
    """Each package whose pin is another one, ``numpy 2.2.5 -> 2.2.6``; empty if none is.

    Args:
        before: Text of the lock as it was; None if there was none.
        after: Text of the lock as it is.
    """
    old, new = pins_in(before or ""), pins_in(after)
    found = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            found.append(f"+ {name} {new[name].version}")
        elif name not in new:
            found.append(f"- {name} {old[name].version}")
        elif old[name].version != new[name].version:
            found.append(f"{name} {old[name].version} -> {new[name].version}")
        elif old[name] != new[name]:
            found.append(f"{name} {new[name].version}, another file")
    return found


def report(name: str, before: str | None, after: str) -> str:
    """What is said of one lock."""
    count = len(pins_in(after))
    packages = "1 package" if count == 1 else f"{count} packages"
    if before is None:
        return f"{name}: new, {packages}"
    if before == after:
        return f"{name}: unchanged, {packages}"
    found = changes(before, after) or ["comments only"]
    return "\n    ".join([f"{name}: {packages}", *found])
