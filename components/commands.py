"""Our commands and settings as messages name them: in this repository, or with the wheel."""

from __future__ import annotations

import re

_INSTALLED = __package__ != "components"

LOCK = "`python -m efs_inference.lock`" if _INSTALLED else "`make lock`"
"""Makes the locks of an application."""
WHEELS = "`python -m efs_inference.wheels`" if _INSTALLED else "`make wheels`"
"""Fills a wheel cache."""
UP = "`python -m efs_inference.local up`" if _INSTALLED else "`python -m local up`"
"""Deploys and calls the program on the embedded cloud."""
UV = "`pip install 'efs-inference[lock]'`" if _INSTALLED else "`make install`"
"""Installs what makes locks."""

ARGUMENTS = {
    "availabilityZones": "NetworkArgs.zones",
    "indexSecretArn": "PopulatorArgs.index_secret_arn",
    "indexUrl": "PopulatorArgs.index_url",
    "memoryMb": "InferenceFunctionArgs.memory_mb",
    "mountPath": "EfsStoreArgs.mount_path",
    "networkCidr": "NetworkArgs.cidr",
    "populatorCpu": "TaskSize.cpu",
    "populatorEphemeralStorageGib": "TaskSize.ephemeral_storage_gib",
    "populatorImage": "Target.image",
    "populatorMemoryMb": "TaskSize.memory_mb",
    "populatorSubnetIds": "ExistingNetworkArgs.populator_subnet_ids",
    "populatorTimeoutMinutes": "PopulatorArgs.timeout_minutes",
    "releaseSalt": "PublicationArgs.salt",
    "subnetIds": "ExistingNetworkArgs.subnet_ids",
    "timeoutSeconds": "InferenceFunctionArgs.timeout_seconds",
}
"""What a program of one's own has in place of a key of this repository's program."""
_KEY = re.compile(rf"\b({'|'.join(ARGUMENTS)})\b")
_SET = re.compile(rf"`pulumi config set (?:--path )?'?({'|'.join(ARGUMENTS)})(\[\d+\])?'? ([^`]+)`")


def for_this_program(text: str) -> str:
    """A message with the settings that there are: keys here, with the wheel the arguments."""
    if not _INSTALLED:
        return text
    text = _SET.sub(lambda found: f"set {found[1]}{found[2] or ''} to {found[3]}", text)
    return _KEY.sub(lambda found: ARGUMENTS[found[1]], text)


def image(image: str, stack: str) -> str:
    """What names an image of a stack by its digest."""
    if _INSTALLED:
        return f"`python -m efs_inference.image {image}` prints its digest, for populatorImage"
    return f"`make image STACK={stack}` writes its digest into Pulumi.{stack}.yaml"
