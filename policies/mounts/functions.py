"""Lambda functions as consumers."""

from ..reading.graph import Resource, Stack
from ..reading.identity import ACCESS_POINTS, FUNCTION, Register, register
from ..reading.values import UNKNOWN, Plain, at, items, text
from .consumer import Consumer, Mount, Reading, Text, words
from .paths import normalise


def read_functions(stack: Stack, reading: Reading) -> None:
    """Add each function that mounts an access point."""
    access_points = register(stack, ACCESS_POINTS)
    for function in stack.of_type(FUNCTION):
        mounts = [
            mount
            for config in items(function.get("fileSystemConfig"))
            if (mount := _mount(function, config, access_points, reading)) is not None
        ]
        if mounts:
            consumer = Consumer(
                resource=function,
                label=function.label,
                path_property="fileSystemConfig.localMountPath",
                mounts=tuple(mounts),
                mounted_paths=tuple(mount.path for mount in mounts),
                texts=tuple(_texts(function)),
            )
            reading.consumers.append(consumer)


def _mount(
    function: Resource, config: Plain, access_points: Register, reading: Reading
) -> Mount | None:
    candidates = access_points.named(at(config, "arn"), function, "fileSystemConfig")
    path = text(at(config, "localMountPath"))
    if path is UNKNOWN:
        whole = "" if config is UNKNOWN else ".localMountPath"
        what = " or ".join(candidate.label for candidate in candidates) or "an access point"
        reading.leave_out(
            function,
            f"at which path {function.label} mounts {what}; fileSystemConfig{whole} is unknown",
            "Give localMountPath a value that is known in preview.",
            preview=True,
        )
        return None
    if not candidates and at(config, "arn") is UNKNOWN:
        reading.leave_out(
            function,
            f"which access point {function.label} mounts at {path}; fileSystemConfig.arn is "
            "unknown and comes from no access point of this stack",
            "Take it from the access point's own output, or give it as a known text.",
            preview=True,
        )
        return None
    if path is None or not candidates:
        missing = "localMountPath" if path is None else "arn"
        reading.leave_out(
            function,
            f"what {function.label} mounts; its fileSystemConfig has no {missing}",
            "Give both arn and localMountPath as texts.",
            preview=False,
        )
        return None
    return Mount(candidates, normalise(path))


def _texts(function: Resource) -> list[Text]:
    variables = function.get("environment", "variables")
    if variables is UNKNOWN:
        found = [Text("environment", UNKNOWN)]
    else:
        found = [
            Text(f"environment variable {name}", value)
            for name in sorted(variables if isinstance(variables, dict) else ())
            if (value := text(at(variables, name))) is not None
        ]
    found += words("command", function.get("imageConfig", "commands"))
    found += words("entry point", function.get("imageConfig", "entryPoints"))
    return found
