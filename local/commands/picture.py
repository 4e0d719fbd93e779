"""A deployed stack as a drawing: its components, what depends on what, and each cold start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ..engine import Resource, Result
from .deployed import steps_of

_STACK = "pulumi:pulumi:Stack"
_LINES = 14
_CHARACTER, _LINE, _EDGE, _GAP = 7, 17, 12, 60
_STYLE = """
    .back { fill: #fff } .box { fill: #f4f7f9; stroke: #37474f }
    .line { fill: none; stroke: #90a4ae }
    text { font: 12px Menlo, Consolas, monospace; fill: #37474f } .name { font-weight: bold }
    .activate { fill: #90a4ae } .import { fill: #4a90d9 } .load { fill: #56a64b }
    @media (prefers-color-scheme: dark) {
      .back { fill: #0d1117 } .box { fill: #161b22; stroke: #8b949e } .line { stroke: #57606a }
      text { fill: #e6edf3 }
    }"""

ColdStarts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Group:
    """A component of the program with all that belongs to it, or a resource without one.

    Attributes:
        name: As the program has it.
        lines: What is in it.
        column: Nothing that it depends on is in this column or right of it.
        needs: Names of the groups that it depends on.
    """

    name: str
    lines: tuple[str, ...]
    column: int
    needs: frozenset[str]

    @property
    def width(self) -> int:
        """Width in pixels: no text is longer, because each has its length.

        The further pixel is for viewers that do not heed that, as librsvg.
        """
        return 2 * _EDGE + (_CHARACTER + 1) * max(map(len, (self.name, *self.lines)))

    @property
    def height(self) -> int:
        """Height in pixels."""
        return 2 * _EDGE + _LINE * (1 + len(self.lines))


def draw(result: Result, cold_starts: ColdStarts) -> str:
    """The SVG of a stack.

    Args:
        result: What the engine made.
        cold_starts: What each function's log says of its last cold start.
    """
    drawn = groups(result.resources)
    columns = [[g for g in drawn if g.column == n] for n in range(1 + max(g.column for g in drawn))]
    places, parts = dict[str, tuple[int, int]](), list[str]()
    x, bottom = _EDGE, 0
    for column in columns:
        y = _EDGE + 2 * _LINE
        for group in column:
            places[group.name] = x, y
            parts += _box(group, x, y)
            y += group.height + 2 * _EDGE
        bottom = max(bottom, y)
        x += max(group.width for group in column) + _GAP
    lines = [_arrow(places, group, drawn) for group in drawn]
    bars = list(_bars(cold_starts, bottom))
    height = bottom + _LINE * (3 * len(cold_starts) + 1)
    title = f"{result.project.name}, stack {result.project.stack}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {x} {height}">',
            f"  <title>{escape(title)}</title>\n  <style>{_STYLE}\n  </style>",
            f'  <rect class="back" width="{x}" height="{height}"/>',
            *(f"  {part}" for part in [_text(title, _EDGE, 24, "name"), *lines, *parts, *bars]),
            "</svg>\n",
        ]
    )


def groups(resources: Sequence[Resource]) -> list[Group]:
    """The resources by the component right under the stack to which they belong."""
    known = {resource.urn: resource for resource in resources if resource.type != _STACK}
    top = {urn: _top(resource, known) for urn, resource in known.items()}
    needs: dict[str, set[str]] = {head.urn: set() for head in top.values()}
    for urn, resource in known.items():
        found = {top[other].urn for other in resource.request.dependencies if other in top}
        needs[top[urn].urn] |= found - {top[urn].urn}
    columns = _columns(needs)
    drawn = []
    for urn, names in needs.items():
        inner = [r for r in known.values() if top[r.urn].urn == urn and r.custom]
        lines = [f"{r.type.rpartition(':')[2]} {r.name}" for r in inner]
        more = [f"and {len(lines) - _LINES} more"] if len(lines) > _LINES else []
        others = frozenset(_name(known[other]) for other in names)
        shown = (*lines[:_LINES], *more)
        drawn.append(Group(_name(known[urn]), shown, columns[urn], others))
    return drawn


def _name(resource: Resource) -> str:
    return f"{resource.type.rpartition(':')[2]} {resource.name}"


def _top(resource: Resource, known: Mapping[str, Resource]) -> Resource:
    while resource.parent in known:
        resource = known[resource.parent]
    return resource


def _columns(needs: Mapping[str, set[str]]) -> dict[str, int]:
    """For each group the length of the longest way to it; two that need each other share one."""
    columns = dict.fromkeys(needs, 0)
    for _ in needs:
        for urn, others in needs.items():
            above = [columns[other] + 1 for other in others if urn not in needs[other]]
            columns[urn] = min(max([columns[urn], *above]), len(needs))
    used = sorted(set(columns.values()))
    return {urn: used.index(column) for urn, column in columns.items()}


def _box(group: Group, x: int, y: int) -> Iterator[str]:
    size = f'width="{group.width}" height="{group.height}"'
    yield f'<rect class="box" x="{x}" y="{y}" {size} rx="6"/>'
    for number, line in enumerate((group.name, *group.lines)):
        at = y + _EDGE + _LINE * number + 10
        yield _text(line, x + _EDGE, at, "" if number else "name")


def _text(text: str, x: int, y: int, class_: str = "") -> str:
    length = f'textLength="{_CHARACTER * len(text)}" lengthAdjust="spacingAndGlyphs"'
    return f'<text class="{class_}" x="{x}" y="{y}" {length}>{escape(text)}</text>'


def _arrow(places: Mapping[str, tuple[int, int]], group: Group, drawn: Sequence[Group]) -> str:
    widths = {other.name: other.width for other in drawn}
    to_x, to_y = places[group.name]
    curves = []
    for name in sorted(group.needs):
        x, y = places[name][0] + widths[name], places[name][1] + _LINE
        middle = (x + to_x) // 2
        curves.append(f"M{x} {y} C{middle} {y} {middle} {to_y + _LINE} {to_x} {to_y + _LINE}")
    return f'<path class="line" d="{" ".join(curves)}"/>' if curves else ""


def _bars(cold_starts: ColdStarts, y: int) -> Iterator[str]:
    """A bar of each cold start, all in the same scale."""
    longest = max((sum(steps_of(said).values()) for said in cold_starts.values()), default=0) or 1
    for number, (function, said) in enumerate(cold_starts.items()):
        at, x = y + 3 * _LINE * number, float(_EDGE)
        steps = steps_of(said)
        spoken = ", ".join(f"{step} {seconds:.2f} s" for step, seconds in steps.items())
        yield _text(f"cold start of {function}: {spoken}", _EDGE, at + 10, "name")
        for step, seconds in steps.items():
            width = 600 * seconds / longest
            place = f'x="{x:.1f}" y="{at + _LINE}" width="{width:.1f}" height="14"'
            yield f'<rect class="{step}" {place}/>'
            x += width
