"""Rule: what a function loads is made for its Python and architecture, and where it looks."""

import posixpath
import re
from collections import defaultdict

from ..reading.findings import Open, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.pack import Reports, rule
from ..reading.values import UNKNOWN, Plain, items
from .parts.consumer import Consumer, Mount
from .parts.populators import (
    Writer,
    by_space,
    command_of,
    mounting,
    related,
    suppliers,
    writers_for,
)
from .rights import may_write

# AWS's base and build images for Lambda, a copy in a private ECR, and Docker's official image.
_PYTHON_IMAGE = re.compile(
    r"(?:public\.ecr\.aws/lambda/python|\d{12}\.dkr\.ecr\.[\w.-]+/(?:[\w-]+/)?lambda/python"
    r"|(?:docker\.io/)?amazon/aws-lambda-python"
    r"|public\.ecr\.aws/sam/build-python(?P<sam>3\.\d+)|public\.ecr\.aws/docker/library/python"
    r"|(?:docker\.io/)?(?:library/)?python)(?::(?P<tag>[\w][\w.-]*))?(?:@sha256:[0-9a-f]{64})?"
)
_VERSION = re.compile(r"(3\.\d+)(?![\d])")
_RUNTIME = re.compile(r"python(3\.\d+)")
# What pip and uv are asked to install for, whatever they run on.
_FOR_PYTHON = re.compile(
    r"(?:--python(?:-version)?[=\s]+(?:python)?|\bpython(?:={1,2}|(?=3\.\d+ -m ))|\bpip(?=3\.))"
    r"(3)\.?(\d+)"
)
_FOR_PLATFORM = re.compile(r"--(?:python-)?platform[=\s]+\S*?(x86_64|aarch64|arm64|amd64)")
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}
# Names of variables that hold a place to import from.
_LIBRARIES = re.compile(
    r"(?:^|_)(PYTHON\w*|RELEASES?|LIBS?|LIBRAR(?:Y|IES)|PACKAGES?|SITE|DEPS|DEPENDENCIES)(?:_|$)"
)


def _subjects(stack: Stack) -> list[Mount]:
    mounts = [one for one in mounting(stack) if one.consumer.is_function and one.location]
    kinds: dict[str, set[tuple[str, str | None]]] = defaultdict(set)
    for mount in mounts:
        kinds[mount.space].add(_runs_on(mount.consumer))
    return [mount for mount in mounts if writers_for(mount) or len(kinds[mount.space]) > 1]


def _runs_on(function: Consumer) -> tuple[str, str | None]:
    return str(function.resource.get("runtime")), _function_architecture(function.resource)


@rule(_subjects)
def function_loads_what_is_populated(mount: Mount) -> Reports:
    """What populates a place has the Python and the architecture of the functions that load
    from it, and the release path of a function is one that it publishes.
    """
    function = mount.consumer
    found = writers_for(mount)
    if not found:
        yield from _other_functions(mount)
        return
    for writer in suppliers(mount):
        if isinstance(writer.proof, Open):
            what = f"whether {writer.consumer.label} populates what {function.label} loads"
            yield Report(what, writer.proof)
        else:
            yield from _python(function, writer.consumer)
            yield from _architecture(function, writer)
    yield from _paths(mount, [writer.mount for writer in found if writer.proof is True])


def _other_functions(mount: Mount) -> Reports:
    """Functions of another Python or architecture that may write what this one only reads."""
    function = mount.consumer
    for at in by_space(mount.stack).get(mount.space, []):
        other = at.consumer
        meets = other.is_function and mount.location and mount.location.meets(at.location)
        if not meets or _runs_on(other) == _runs_on(function):
            continue
        if may_write(at) is True and may_write(mount) is not True:
            (mine, machine), (theirs, another) = _runs_on(function), _runs_on(other)
            yield doubt(
                f"whether {other.label} populates what {function.label} loads",
                f"it runs on {theirs} ({another}), {function.label} on {mine} ({machine}), and "
                "what a function writes is not judged",
            )


def _python(function: Consumer, who: Consumer) -> Reports:
    runtime = function.resource.get("runtime")
    what = f"whether {who.label} has the Python of {function.label}"
    match = _RUNTIME.fullmatch(runtime) if isinstance(runtime, str) else None
    if function.resource.get("packageType") == "Image" and match is None:
        yield doubt(what, f"{function.label} runs an image")
    elif runtime is UNKNOWN:
        yield doubt(what, "its runtime is unknown", preview=True)
    if match is None:
        return
    asked = [f"{found[1]}.{found[2]}" for found in _FOR_PYTHON.finditer(command_of(who))]
    found = asked or list(filter(None, [_python_of(who.image)]))
    source = "its command" if asked else f"image {who.image}"
    if not found:
        unknown = who.image is UNKNOWN
        because = f"its image {'is unknown' if unknown else who.image} does not tell"
        yield doubt(f"{what}, {match[1]}", because, preview=unknown)
    elif match[1] not in found:
        yield Report(
            f"{function.label} runs on {runtime}, but {who.label} populates with Python "
            f"{', '.join(found)} ({source}): compiled packages do not load. Give both the same "
            f"Python, for instance the image public.ecr.aws/lambda/python:{match[1]}."
        )


def _python_of(image: Plain) -> str | None:
    match = _PYTHON_IMAGE.fullmatch(image) if isinstance(image, str) else None
    version = _VERSION.match(match["tag"] or "") if match else None
    return match and (match["sam"] or (version[1] if version else None))


def _architecture(function: Consumer, writer: Writer) -> Reports:
    who = writer.consumer
    loads, runs_on = _function_architecture(function.resource), _task_architecture(who.resource)
    asked = {_MACHINES[found[1]] for found in _FOR_PLATFORM.finditer(command_of(who))}
    installed = asked or {runs_on} - {None}
    unknown = "architectures" if loads is None else "" if installed else "cpuArchitecture"
    if unknown:
        machine = who.resource.get("runtimePlatform", "cpuArchitecture")
        given = (function.resource.given("architectures"), machine)
        what = f"whether {who.label} runs on the architecture of {function.label}"
        yield doubt(what, f"{unknown} is not known", preview=UNKNOWN in given)
    elif loads not in installed and not writer.installs and not _python_of(who.image):
        yield doubt(
            f"whether what {who.label} writes depends on the architecture",
            f"it runs on {runs_on}, {function.label} on {loads}",
        )
    elif loads not in installed:
        source = f"runtimePlatform.cpuArchitecture of {who.resource.label}"
        yield Report(
            f"{function.label} runs on {loads} (architectures), but {who.label} populates on "
            f"{', '.join(sorted(map(str, installed)))} ({'its command' if asked else source}): "
            "compiled packages do not load. Give both the same architecture."
        )


def _function_architecture(function: Resource) -> str | None:
    given = function.given("architectures")
    stated = [item for item in items(given) if isinstance(item, str)]
    return None if given is UNKNOWN else _MACHINES.get(stated[0] if stated else "x86_64")


def _task_architecture(task: Resource) -> str | None:
    given = task.get("runtimePlatform", "cpuArchitecture")
    if isinstance(given, str) and given:
        return _MACHINES.get(given.lower())
    # Without it Fargate takes X86_64; on EC2 the instances decide.
    fargate = "FARGATE" in items(task.get("requiresCompatibilities"))
    return "x86_64" if fargate and given is not UNKNOWN else None


def _paths(mount: Mount, written: list[Mount]) -> Reports:
    """Whether the paths that a function gets are among those that somebody publishes."""
    function = mount.consumer
    wanted: dict[str, list[str]] = defaultdict(list)
    for holder, path in mount.named_paths():
        wanted[holder].append(path)
    published = {path: one for one in written for _, path in one.named_paths()}
    if not published or any(t.value is UNKNOWN for one in written for t in one.consumer.texts):
        return  # rule one-access-point-one-path has said that these are unknown
    unmatched = {
        holder: paths
        for holder, paths in wanted.items()
        if not any(related(path, other) for path in paths for other in published)
    }
    other, at = next(iter(published.items()))
    publishes = _seen(at, other)
    for holder, paths in unmatched.items():
        sure = [path for path in paths if any(_versions(path, other) for other in published)]
        if not sure and _LIBRARIES.search(holder.rpartition(" ")[2].upper()):
            sure = paths
        if sure:
            yield Report(
                f"{holder} of {function.label} names {_seen(mount, sure[0])}, but "
                f"{at.consumer.label} publishes {publishes}: the function finds nothing there. "
                "Give both the same release path."
            )
        elif len(unmatched) == len(wanted):
            what = f"whether what {holder} of {function.label} names, {_seen(mount, paths[0])},"
            yield doubt(f"{what} is populated", f"{at.consumer.label} names {publishes}")


def _seen(mount: Mount, path: str) -> str:
    root = ((mount.location.directory if mount.location else None) or "").rstrip("/")
    return posixpath.join(mount.path, path.removeprefix(root).lstrip("/"))


def _versions(path: str, other: str) -> bool:
    """Whether both look like two versions of one thing: beside each other, both with digits."""
    above, name = posixpath.split(path)
    other_above, other_name = posixpath.split(other)
    return above == other_above and all(re.search(r"\d", leaf) for leaf in (name, other_name))
