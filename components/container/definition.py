"""The container of the populate task: plain text, known in full before anything is deployed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ..contract import Mount, runtime

CONTAINER = "populate"
VOLUME = "efs"


def definitions(
    *,
    program_url: str,
    image: str,
    command: Sequence[str],
    release_path: str,
    mount: Mount,
    secrets: Sequence[Mapping[str, str]] = (),
    timeout_minutes: int,
    log_group: str,
    region: str,
) -> str:
    """The container definitions as a plain JSON string, which policies can read in preview.

    Args:
        program_url: Where the container's program is to be had.
        image: The container's image.
        command: How the program is called, but for the release and the deadline.
        release_path: Where it publishes what it makes.
        mount: Where it has the file system.
        secrets: Entries of `secrets`.
        timeout_minutes: Minutes after which it ends by itself.
        log_group: Name of its log group.
        region: That of the log group.
    """
    container = {
        "name": CONTAINER,
        "image": image,
        "essential": True,
        # Runs in the image as it is: fetches the program and becomes it, with the command.
        "entryPoint": ["python3", "-c", runtime.BOOTSTRAP, program_url],
        "command": [
            *command[:1],
            *("--release", release_path),
            *command[1:],
            *("--timeout", str(timeout_minutes * 60)),
        ],
        **({"secrets": [*secrets]} if secrets else {}),
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
