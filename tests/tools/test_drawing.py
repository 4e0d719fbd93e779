"""The dashboard's JSON, and its drawing in docs."""

from __future__ import annotations

import dataclasses
import json
import xml.etree.ElementTree as ET
from html import unescape
from typing import Any

import pytest

from components.observability import Subject, dashboard
from tools.drawing import example, known, svg, table

SUBJECT = Subject(
    region="eu-central-1",
    dimensions={"FunctionName": "f", "Resource": "f:live", "FileSystemId": "fs-1"},
    function_log="/log/function",
    task_log="/log/task",
    timeout_seconds=7,
    cold_start_seconds=30,
    bursting=False,
    alarms=["arn:aws:cloudwatch:eu-central-1:1:alarm:p/s/one"],
)


@pytest.mark.parametrize("bursting", [False, True])
def test_widgets_lie_side_by_side_in_the_grid_of_24_columns(bursting: bool) -> None:
    body = dashboard(dataclasses.replace(SUBJECT, bursting=bursting))
    taken: set[tuple[int, int]] = set()
    for widget in body["widgets"]:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken, widget["properties"]["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert ("BurstCreditBalance" in json.dumps(body)) is bursting


def test_the_drawing_shows_what_is_in_the_json_and_inside_of_its_box() -> None:
    body = example()
    drawn = ET.fromstring(svg(body).replace(' xmlns="http://www.w3.org/2000/svg"', ""))
    texts = [unescape(found.text or "") for found in drawn.iter("text")]
    for widget in body["widgets"]:
        properties: dict[str, Any] = widget["properties"]
        assert properties["title"] in texts
        for line in properties.get("metrics", ()):
            if line[-1].get("visible", True):
                assert any(text.startswith(line[-1]["label"]) for text in texts)
        for arn in properties.get("alarms", ()):
            assert any(arn.rpartition("/")[2] in text for text in texts)
    height = float(drawn.attrib["viewBox"].split()[3])
    assert all(float(found.attrib["y"]) < height for found in drawn.iter("text"))


def test_the_table_names_every_alarm_with_what_to_do() -> None:
    rows = table().splitlines()[2:]
    assert len(rows) == len(known(bursting=True)) == 9
    assert all(row.count(" | ") == 3 and not row.endswith("|  |") for row in rows)
