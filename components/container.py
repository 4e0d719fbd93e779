"""The container of the populate task: plain text, known in full before anything is deployed."""

from __future__ import annotations

import json

from .contract import Application, Mount, Release, runtime
from .errors import ConfigurationError, Problem
from .fargate import MAX_TASK_DEFINITION_BYTES
from .package_index import container_secrets

CONTAINER = "populate"
VOLUME = "efs"
_REQUIREMENTS = "requirements.txt"
# What ECS stores around the container definitions (family, roles, volume, sizes), rounded up.
_OTHER_PARTS_BYTES = 2_048

# Runs in the image as it is: unpacks the installer next to nothing else and becomes it.
_BOOTSTRAP = (
    "import base64,io,os,sys,tempfile,zipfile,zlib;"
    "d=tempfile.mkdtemp();"
    "z=zlib.decompress(base64.b64decode(os.environ.pop('INSTALLER')));"
    "zipfile.ZipFile(io.BytesIO(z)).extractall(d);"
    "os.chdir(d);"
    "os.execv(sys.executable,[sys.executable,'-m','release',*sys.argv[1:]])"
)


def definitions(
    *,
    application: Application,
    release: Release,
    mount: Mount,
    index_url: str,
    index_secret_arn: str = "",
    timeout_minutes: int,
    log_group: str,
    region: str,
) -> str:
    """The container definitions as a plain JSON string, which policies can read in preview.

    Raises:
        ConfigurationError: The task definition would be larger than ECS accepts.
    """
    container = {
        "name": CONTAINER,
        "image": release.target.image,
        "essential": True,
        "entryPoint": ["python3", "-c", _BOOTSTRAP],
        "command": [
            "install",
            *("--release", mount.release_path(release.id)),
            *("--requirements", _REQUIREMENTS),
            *("--index-url", index_url),
            *("--timeout", str(timeout_minutes * 60)),
        ],
        "environment": [
            {
                "name": "INSTALLER",
                "value": runtime.packed(application, {_REQUIREMENTS: release.lock}),
            }
        ],
        **({"secrets": secrets} if (secrets := container_secrets(index_secret_arn)) else {}),
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
    text = json.dumps([container])
    _refuse_too_large(len(text.encode()))
    return text


def _refuse_too_large(size: int) -> None:
    allowed = MAX_TASK_DEFINITION_BYTES - _OTHER_PARTS_BYTES
    if size > allowed:
        raise ConfigurationError(
            [
                Problem(
                    subject="task definition",
                    value=f"{size} bytes of container definitions",
                    rule=f"ECS accepts {MAX_TASK_DEFINITION_BYTES} bytes in all, "
                    f"which leaves {allowed} for them",
                    remedy="ask for fewer packages in requirements.in",
                )
            ]
        )
