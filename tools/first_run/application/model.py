"""The first run's own model: time zones by the package tzdata, and what it sees around itself."""

import json
import os
import platform
import sys
import time
import zoneinfo
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tzdata  # type: ignore[import-untyped, import-not-found, unused-ignore]

VARIANT = "first"
SAMPLE = {"instances": ["Europe/Berlin"]}
DELIBERATE = "deliberate failure of the first run"
ZONES = Path(tzdata.__file__).parent / "zoneinfo"
ON_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def load() -> None:
    """Fail where the variant says so, later than an init waits: so it fails within a call."""
    if VARIANT == "failing" and ON_LAMBDA:
        time.sleep(10)
        raise RuntimeError(DELIBERATE)


def predict(instances: list[Any]) -> list[Any]:
    """For each zone its offset in seconds; `log:<word>` writes log lines instead."""
    return [_logged(name[4:]) if name.startswith("log:") else _offset(name) for name in instances]


def demonstrate() -> dict[str, Any]:
    """What the first run wants to know of the task's image, and of the function's mount."""
    found = {"pip": _pip(), "libc": "-".join(platform.libc_ver()), "tzdata": tzdata.IANA_VERSION}
    return found | ({"mount": _mount(), "reads": _reads(), "write": _write()} if ON_LAMBDA else {})


def _offset(name: str) -> dict[str, Any]:
    try:
        with (ZONES / name).open("rb") as file:
            zone = zoneinfo.ZoneInfo.from_file(file)
    except OSError as error:
        raise ValueError(f"{name!r} is no time zone") from error
    offset = datetime(2026, 1, 1, tzinfo=zone).utcoffset()
    seconds = offset.total_seconds() if offset else 0.0
    return {"seconds": seconds, "tzdata": tzdata.IANA_VERSION, "model": VARIANT}


def _logged(word: str) -> dict[str, str]:
    now = {"timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z")}
    for name, level, stamp in (
        ("error-with", "ERROR", now),
        ("debug-with", "DEBUG", now),
        ("error-without", "ERROR", {}),
    ):
        print(json.dumps({**stamp, "level": level, "message": f"{word} {name}"}), flush=True)
    return {"logged": word}


def _pip() -> str:
    found = list(Path(sys.prefix).glob("lib*/python3*/site-packages/pip-*.dist-info"))
    return found[0].stem.removeprefix("pip-") if found else ""


def _mount() -> dict[str, Any]:
    """The mount that holds the libraries, as the kernel shows it."""
    mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    above = [fields for fields in mounts if ZONES.is_relative_to(fields[4])]
    fields = max(above, key=lambda each: len(each[4]))
    kind = fields[fields.index("-") + 1 :]
    try:
        readahead = int(Path(f"/sys/class/bdi/{fields[2]}/read_ahead_kb").read_text())
    except (OSError, ValueError):
        readahead = None
    return {"path": fields[4], "type": kind[0], "options": kind[2], "readahead_kb": readahead}


def _reads() -> dict[str, float]:
    """How long it takes to open and read files one after the other that nobody has read before."""
    files = [path for path in sorted(ZONES.rglob("*")) if path.is_file()][:200]
    begin = time.monotonic()
    for path in files:
        path.read_bytes()
    return {"files": len(files), "seconds": round(time.monotonic() - begin, 4)}


def _write() -> str:
    try:
        (ZONES / "written").touch()
    except OSError as error:
        return f"errno {error.errno}: {error.strerror}"
    return "accepted"
