"""Fills a stack's wheel cache on the embedded cloud, as `make wheels` does on AWS."""

from __future__ import annotations

import subprocess
import sys

import boto3

from .. import MODULE
from ..project import Project
from .deployed import DeploymentError
from .locks import ROOT, applications
from .screen import Screen

_COMMAND = f"{MODULE.rpartition('.')[0] or 'components'}.wheels"


def fill_cache(project: Project, screen: Screen) -> None:
    """Make the bucket of the cache that the stack's configuration names, and fill it.

    Raises:
        DeploymentError: A wheel cannot be had.
    """
    cache, target = project.own("wheelCache"), f"{project.own('runtime')}-"
    if not cache:
        return
    target += str(project.own("architecture"))
    place = (
        {}
        if project.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": project.region}}
    )
    boto3.client("s3").create_bucket(Bucket=cache.split("/")[2], **place)
    for folder in applications(project.root, target):
        with screen.step(f"wheel cache {cache}"):
            command = [sys.executable, "-m", _COMMAND, "--directory", str(folder), cache]
            command += ["--target", target, "--index-url", project.own("indexUrl") or ""]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DeploymentError(f"{cache} cannot be filled.\n{done.stderr.strip()}")
