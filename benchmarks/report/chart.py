"""Horizontal bar charts as SVG, readable on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, LABELS, VALUES = 760, 190, 70
ROW, GAP, HEAD = 20, 14, 40
STYLE = """
    text { fill: #37474f } .bar0 { fill: #90a4ae } .bar1 { fill: #b0bec5 } .bar2 { fill: #c77700 }
    .bar3 { fill: #3f7d33 } line { stroke: #90a4ae }
    @media (prefers-color-scheme: dark) {
      text { fill: #cfd8dc } .bar0 { fill: #78909c } .bar1 { fill: #546e7a } .bar2 { fill: #ffb74d }
      .bar3 { fill: #66bb6a } line { stroke: #78909c }
    }
"""


@dataclass(frozen=True)
class Bar:
    """One way, and how much."""

    label: str
    value: float


@dataclass(frozen=True)
class Group:
    """Bars that are to be compared with each other."""

    label: str
    bars: tuple[Bar, ...]


def svg(title: str, unit: str, groups: Sequence[Group]) -> str:
    """The chart. Each way has a colour of its own; the longest bar fills the width."""
    ways = list(dict.fromkeys(bar.label for group in groups for bar in group.bars))
    largest = max((bar.value for group in groups for bar in group.bars), default=0) or 1.0
    scale = (WIDTH - LABELS - VALUES) / largest
    y = HEAD
    body: list[str] = []
    for group in groups:
        body.append(_text(0, y + 14, group.label, 'font-weight="bold"'))
        for bar in group.bars:
            width = max(1.0, bar.value * scale)
            body.append(_text(LABELS - 8, y + 14, bar.label, 'text-anchor="end"'))
            body.append(
                f'  <rect class="bar{ways.index(bar.label) % 4}" x="{LABELS}" y="{y + 2}" '
                f'width="{width:.1f}" height="{ROW - 4}" rx="2"/>'
            )
            body.append(_text(LABELS + width + 6, y + 14, _number(bar.value, unit)))
            y += ROW
        y += GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="13">'
    )
    title = escape(title)
    heading = _text(0, 18, title, 'font-size="15" font-weight="bold"')
    return (
        "\n".join(
            [
                head,
                f"  <title>{title}</title>",
                f"  <style>{STYLE}  </style>",
                heading,
                *body,
                "</svg>",
            ]
        )
        + "\n"
    )


def _text(x: float, y: float, text: str, attributes: str = "") -> str:
    space = " " if attributes else ""
    return f'  <text x="{x:.1f}" y="{y}"{space}{attributes}>{escape(text)}</text>'


def _number(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}{unit and ' ' + unit}"
