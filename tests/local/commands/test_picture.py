"""The drawing of a stack: whole XML, every text within its box, columns by dependency."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from local.commands.picture import draw, groups

from ..programs import preview, project

SVG = "{http://www.w3.org/2000/svg}"
PROGRAM = """
import pulumi, pulumi_aws as aws

class Net(pulumi.ComponentResource):
    def __init__(self, name, after=None):
        super().__init__("t:index:Net", name)
        own = pulumi.ResourceOptions(parent=self)
        self.vpc = aws.ec2.Vpc(name, cidr_block="10.0.0.0/16", opts=own)
        for n in range(20):
            aws.ec2.Subnet(f"{name}-{n}", vpc_id=self.vpc.id, cidr_block=f"10.0.{n}.0/24", opts=own)

first = Net("first")
group = aws.ec2.SecurityGroup("a<b", vpc_id=first.vpc.id, description="d")
aws.vpc.SecurityGroupIngressRule("rule", security_group_id=group.id, ip_protocol="-1",
                                 cidr_ipv4="10.0.0.0/8")
"""
COLD = {"ActivateDuration": 0.1, "ImportDuration": 3.0, "LoadDuration": 0.5}


def test_components_stand_left_of_what_depends_on_them(tmp_path: Path) -> None:
    found = {g.name: g for g in groups(preview(project(tmp_path, PROGRAM)).resources)}

    names = ["Net first", "SecurityGroup a<b", "SecurityGroupIngressRule rule"]
    assert [(name, found[name].column) for name in found] == [*zip(names, range(3), strict=True)]
    for before, after in pairwise(names):
        assert before in found[after].needs
    assert found["Net first"].lines[0] == "Vpc first"
    assert found["Net first"].lines[-1] == "and 7 more"


def test_the_drawing_is_xml_whose_texts_lie_within_their_boxes(tmp_path: Path) -> None:
    result = preview(project(tmp_path, PROGRAM))
    root = ElementTree.fromstring(draw(result, {"hello": COLD}))

    numbers = [
        [float(each.get(name, "0")) for name in ("x", "y", "width", "height")]
        for each in root.iter(f"{SVG}rect")
        if each.get("class") == "box"
    ]
    assert len(numbers) == 3
    inside = 0
    for text in root.iter(f"{SVG}text"):
        x, y = float(text.get("x", "")), float(text.get("y", ""))
        end = x + float(text.get("textLength", ""))
        around = [b for b in numbers if b[0] <= x < b[0] + b[2] and b[1] <= y < b[1] + b[3]]
        inside += len(around)
        assert all(end <= box[0] + box[2] for box in around)
    assert inside == 16 + 2 + 2
    bars = [r.get("width") for r in root.iter(f"{SVG}rect") if r.get("class") in ("import", "load")]
    assert bars == ["500.0", "83.3"]
