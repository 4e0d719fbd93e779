"""What is made of a program's code, its rules and zones, one resource at a time."""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path

import pytest

from local.cloud import Cloud
from local.provider import AwsProvider, ProviderError

from ..conftest import client, zipped
from .everything import TRUST
from .test_provider import deployed


def test_rules_within_a_group_take_the_place_of_those_of_aws(cloud: Cloud, tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        other = aws.ec2.SecurityGroup("other", vpc_id=vpc.id, description="d")
        group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, description="d", ingress=[
            {"protocol": "tcp", "from_port": 1, "to_port": 2, "cidr_blocks": ["10.0.0.0/8"]},
            {"protocol": "tcp", "from_port": 3, "to_port": 3, "self": True,
             "security_groups": [other.id], "description": "both"},
        ], egress=[{"protocol": "-1", "from_port": 0, "to_port": 0,
                    "ipv6_cidr_blocks": ["::/0"]}])
        pulumi.export("ids", [group.id, other.id])
    """
    result, _ = deployed(cloud, tmp_path, program)
    assert result.error is None
    own, other = result.outputs["ids"]
    (found,) = client(cloud, "ec2").describe_security_groups(GroupIds=[own])["SecurityGroups"]
    first, second = found["IpPermissions"]
    assert (first["FromPort"], first["ToPort"]) == (1, 2)
    assert [each["CidrIp"] for each in first["IpRanges"]] == ["10.0.0.0/8"]
    assert {each["GroupId"] for each in second["UserIdGroupPairs"]} == {own, other}
    (way_out,) = found["IpPermissionsEgress"]
    assert (way_out["IpProtocol"], len(way_out["Ipv6Ranges"])) == ("-1", 1)


def test_code_is_a_folder_or_a_zip_file_as_well(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "code" / "inner").mkdir(parents=True)
    (tmp_path / "code" / "app.py").write_text("from inner import of\ndef main(e, _): return of.V")
    (tmp_path / "code" / "inner" / "of.py").write_text("V = 5")
    (tmp_path / "code.zip").write_bytes(zipped("import of\ndef main(e, _): return of.V + 1"))
    program = f"""
        import pulumi, pulumi_aws as aws
        role = aws.iam.Role("archives", assume_role_policy={TRUST!r})
        def function(name, code):
            aws.lambda_.Function(name, name=name, role=role.arn, handler="app.main", code=code,
                                 runtime="python{sys.version_info[0]}.{sys.version_info[1]}")
        function("folder", pulumi.FileArchive("code"))
        function("both", pulumi.AssetArchive({{"of.py": pulumi.FileAsset("code/inner/of.py"),
            "app.py": pulumi.StringAsset("import sys; sys.path.append('/var/task/old')\\n"
                                         "from old.app import main"),
            "old": pulumi.FileArchive("code.zip")}}))
        function("zip", pulumi.FileArchive("code.zip"))
    """
    result, _ = deployed(cloud, tmp_path, program)
    assert result.error is None
    names = ("folder", "both")
    said = [client(cloud, "lambda").invoke(FunctionName=name, Payload=b"{}") for name in names]
    assert [each["Payload"].read() for each in said] == [b"5", b"6"]
    code = client(cloud, "lambda").get_function(FunctionName="zip")["Configuration"]["CodeSha256"]
    packed = hashlib.sha256((tmp_path / "code.zip").read_bytes()).digest()
    assert code == base64.b64encode(packed).decode()


def test_zones_are_those_of_the_cloud(cloud: Cloud, tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_aws as aws
        zones = aws.get_availability_zones()
        pulumi.export("zones", [zones.names, zones.zone_ids])
    """
    result, _ = deployed(cloud, tmp_path, program)
    zones = client(cloud, "ec2").describe_availability_zones()["AvailabilityZones"]
    assert result.outputs["zones"] == [
        [zone["ZoneName"] for zone in zones],
        [zone["ZoneId"] for zone in zones],
    ]


def test_the_code_is_what_the_archive_holds(cloud: Cloud, tmp_path: Path) -> None:
    program = f"""
        import pulumi, pulumi_aws as aws
        open("b.py", "w").write("B = 1")
        role = aws.iam.Role("code", assume_role_policy={TRUST!r})
        inner = pulumi.AssetArchive({{"b.py": pulumi.FileAsset("b.py")}})
        aws.lambda_.Function("code", role=role.arn, runtime="python3.11", handler="a.main",
            code=pulumi.AssetArchive({{"in": inner, "a.py": pulumi.StringAsset(
                "from importlib import *\\ndef main(event, _): return import_module('in.b').B")}}))
    """
    result, _ = deployed(cloud, tmp_path, program)
    assert result.error is None
    (function,) = result.of_type("aws:lambda/function:Function")
    answer = client(cloud, "lambda").invoke(FunctionName=function.id)
    assert answer["Payload"].read() == b"1"


def test_code_from_elsewhere_is_refused() -> None:
    import pulumi

    provider = AwsProvider("us-east-1", cloud=True)
    for code, message in (
        (pulumi.FileArchive("x.zip"), "'x.zip' is neither a folder nor a zip file"),
        (pulumi.RemoteArchive("https://example.org/x.zip"), "code from RemoteArchive is not"),
    ):
        with pytest.raises(ProviderError, match=message):
            provider.create("aws:lambda/function:Function", "f", {"code": code, "name": "f"})
