"""Lambda functions as consumers."""

from collections.abc import Iterator

from ...reading.findings import Report, doubt
from ...reading.graph import Resource, Stack
from ...reading.kinds import ACCESS_POINTS, FUNCTION
from ...reading.naming import Elsewhere, NotYet, register
from ...reading.values import UNKNOWN, Plain, at, items, text
from ..paths import normalise
from .consumer import Consumer, Mount, Reading, Text, mount_of, variables, words


def read_functions(stack: Stack) -> Reading:
    """Each function that mounts an access point, and what cannot be read of one."""
    found: Reading = []
    for function in stack.of_type(FUNCTION):
        configs = items(function.get("fileSystemConfig"))
        read = [_mount(stack, function, config) for config in configs]
        found += [one for one in read if isinstance(one, Report)]
        mounts = tuple(one for one in read if isinstance(one, Mount))
        if mounts:
            found.append(
                Consumer(
                    resource=function,
                    label=function.label,
                    path_property="fileSystemConfig.localMountPath",
                    mounts=mounts,
                    mounted_paths=tuple(mount.path for mount in mounts),
                    texts=tuple(_texts(function)),
                )
            )
    return found


def _mount(stack: Stack, function: Resource, config: Plain) -> Mount | Report:
    arn = at(config, "arn")
    point = register(stack, ACCESS_POINTS).named(arn, function, "fileSystemConfig")
    path = text(at(config, "localMountPath"))
    if path is UNKNOWN:
        whole = "" if config is UNKNOWN else ".localMountPath"
        return doubt(
            f"at which path {function.label} mounts {point.label if point else 'an access point'}",
            function.urn,
            f"fileSystemConfig{whole} is unknown. Give localMountPath a value that is known in "
            "preview",
            preview=True,
        )
    if path is None or point is None:
        missing = "localMountPath" if path is None else "arn"
        because = (
            f"its fileSystemConfig has no {missing}. Give both arn and localMountPath as texts"
        )
        return doubt(f"what {function.label} mounts", function.urn, because)
    if isinstance(point, NotYet) and not point.candidates:
        return doubt(
            f"which access point {function.label} mounts at {path}",
            function.urn,
            "fileSystemConfig.arn is unknown and comes from no access point of this stack. Take it "
            "from the access point's own output, or give it as a known text",
            preview=True,
        )
    if isinstance(point, Elsewhere) and ":s3files:" in point.given:
        point = Elsewhere(point.key, f"S3 Files access point {point.key}", point.given)
    return mount_of(stack, point, normalise(path))


def _texts(function: Resource) -> Iterator[Text]:
    given = function.get("environment", "variables")
    if given is UNKNOWN:
        yield Text("environment", UNKNOWN)
    elif isinstance(given, dict):
        yield from variables([(name, at(given, name)) for name in sorted(given)])
    yield from words("command", function.get("imageConfig", "commands"))
    yield from words("entry point", function.get("imageConfig", "entryPoints"))
