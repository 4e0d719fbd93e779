"""The picture in README: what it says stays within its boxes, whatever font shows it."""

from xml.etree import ElementTree

from .pages import ROOT

SVG = "{http://www.w3.org/2000/svg}"


def test_every_text_of_the_picture_ends_within_its_box() -> None:
    root = ElementTree.parse(ROOT / "docs" / "architecture.svg").getroot()
    boxes = [
        [float(each.get(name, "0")) for name in ("x", "y", "width", "height")]
        for each in root.iter(f"{SVG}rect")
    ]
    texts = [text for text in root.iter(f"{SVG}text") if text.get("class") != "number"]
    assert len(texts) > 30
    for text in texts:
        x, y, length = (float(text.get(name, "")) for name in ("x", "y", "textLength"))
        around = [b for b in boxes if b[0] <= x < b[0] + b[2] and b[1] <= y < b[1] + b[3]]
        assert all(x + length < box[0] + box[2] for box in around), text.text


def test_the_picture_is_made_for_dark_pages_too() -> None:
    assert "prefers-color-scheme: dark" in (ROOT / "docs" / "architecture.svg").read_text()
