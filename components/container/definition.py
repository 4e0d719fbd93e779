"""The container of the populate task: plain text, known in full before anything is deployed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..contract import Mount, Release, runtime
from .index import container_secrets

CONTAINER = "populate"
VOLUME = "efs"


def definitions(
    *,
    program_url: str,
    release: Release,
    mount: Mount,
    source: Sequence[str],
    secret_arn: str = "",
    timeout_minutes: int,
    log_group: str,
    region: str,
) -> str:
    """The container definitions as a plain JSON string, which policies can read in preview.

    Args:
        program_url: Where the container's program is to be had.
        release: What it publishes.
        mount: Where it has the file system.
        source: Options that say where the wheels come from, see `Populator.source`.
        secret_arn: The secret with the credentials of package indexes, if there is one.
        timeout_minutes: Minutes after which it ends by itself.
        log_group: Name of its log group.
        region: That of the log group.
    """
    container = {
        "name": CONTAINER,
        "image": release.target.image,
        "essential": True,
        # Runs in the image as it is: fetches the program and becomes it, with the command.
        "entryPoint": ["python3", "-c", runtime.BOOTSTRAP, program_url],
        "command": [
            "install",
            *("--release", mount.release_path(release.id)),
            *("--requirements", runtime.LOCK),
            *source,
            *("--timeout", str(timeout_minutes * 60)),
        ],
        **({"secrets": secrets} if (secrets := container_secrets(secret_arn)) else {}),
        "mountPoints": [mount.mount_point(VOLUME)],
        "stopTimeout": 60,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group,
                "awslogs-region": region,
                "awslogs-stream-prefix": CONTAINER,
                # Since 2025-06 the default mode may drop lines; the last one matters.
                "mode": "blocking",
            },
        },
    }
    return json.dumps([container])
