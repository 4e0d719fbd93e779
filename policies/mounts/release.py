"""Rule: what a function loads is made for its Python and architecture, and where it looks."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator

from ..reading.findings import Open, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.pack import Parameters, Rule
from ..reading.values import UNKNOWN, items, text
from .parts.consumer import Consumer, Mount, Pair
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

# AWS's base and build images for Lambda, and Docker's official image.
_PYTHON_IMAGE = re.compile(
    r"(?:public\.ecr\.aws/lambda/python|(?:docker\.io/)?amazon/aws-lambda-python"
    r"|public\.ecr\.aws/sam/build-python(?P<sam>3\.\d+)|public\.ecr\.aws/docker/library/python"
    r"|(?:docker\.io/)?(?:library/)?python)(?::(?P<tag>[\w][\w.-]*))?(?:@sha256:[0-9a-f]{64})?"
)
_VERSION = re.compile(r"(3\.\d+)(?![\d])")
_RUNTIME = re.compile(r"python(3\.\d+)")
# What pip and uv are asked to install for, whatever they run on.
_FOR_PYTHON = re.compile(
    r"(?:--python(?:-version)?[=\s]+(?:python)?|\bpython(?=3\.\d+ -m )|\bpip(?=3\.))(3)\.?(\d+)"
)
_FOR_PLATFORM = re.compile(r"--(?:python-)?platform[=\s]+\S*?(x86_64|aarch64|arm64|amd64)")
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}
# Names of variables that hold a place to import from.
_LIBRARIES = re.compile(
    r"(?:^|_)(PYTHON\w*|RELEASES?|LIBS?|LIBRAR(?:Y|IES)|PACKAGES?|SITE|DEPS|DEPENDENCIES)(?:_|$)"
)


def _subjects(stack: Stack) -> list[Pair]:
    functions = [(f, m) for f, m in stack.once(mounting) if f.is_function and m.location]
    kinds: dict[str, set[tuple[str, str | None]]] = defaultdict(set)
    for function, mount in functions:
        kinds[_space(mount)].add(_runs_on(function))
    return [(f, m) for f, m in functions if writers_for(stack, m) or len(kinds[_space(m)]) > 1]


def _space(mount: Mount) -> str:
    return mount.location.space if mount.location else ""


def _runs_on(function: Consumer) -> tuple[str, str | None]:
    return str(function.resource.get("runtime")), _function_architecture(function.resource)


def _judge(stack: Stack, pair: Pair, _: Parameters) -> Iterator[Report]:
    function, mount = pair
    found = writers_for(stack, mount)
    if not found:
        yield from _other_functions(stack, function, mount)
        return
    for writer in suppliers(stack, function, mount):
        if isinstance(writer.proof, Open):
            what = f"whether {writer.consumer.label} populates what {function.label} loads"
            yield Report(what, function.urn, writer.proof)
        else:
            yield from _python(function, writer)
            yield from _architecture(function, writer)
    yield from _paths(function, mount, [writer for writer in found if writer.proof is True])


def _other_functions(stack: Stack, function: Consumer, mount: Mount) -> Iterator[Report]:
    """Functions of another Python or architecture that may write what this one only reads."""
    place = mount.location
    for other, at in stack.once(by_space).get(_space(mount), []):
        meets = other.is_function and place and at.location and place.meets(at.location)
        if not meets or _runs_on(other) == _runs_on(function):
            continue
        if may_write(stack, other, at) is True and may_write(stack, function, mount) is not True:
            what = f"whether {other.label} populates what {function.label} loads"
            (mine, machine), (theirs, another) = _runs_on(function), _runs_on(other)
            because = (
                f"it runs on {theirs} ({another}), {function.label} on {mine} ({machine}), and "
            )
            yield doubt(what, function.urn, because + "what a function writes is not judged")


def _python(function: Consumer, writer: Writer) -> Iterator[Report]:
    runtime = function.resource.get("runtime")
    who = writer.consumer
    what = f"whether {who.label} has the Python of {function.label}"
    match = _RUNTIME.fullmatch(runtime) if isinstance(runtime, str) else None
    if match is None:
        if function.resource.get("packageType") == "Image":
            yield doubt(what, function.urn, f"{function.label} runs an image")
        elif runtime is UNKNOWN:
            yield doubt(what, function.urn, "its runtime is unknown", preview=True)
        return
    image = text(who.image)
    asked = [f"{found[1]}.{found[2]}" for found in _FOR_PYTHON.finditer(command_of(who))]
    found = asked or [p for p in [_python_of(image) if isinstance(image, str) else None] if p]
    source = "its command" if asked else f"image {image}"
    if not found:
        named = image if isinstance(image, str) else "is unknown"
        why = f"its image {named} does not tell"
        yield doubt(f"{what}, {match[1]}", function.urn, why, preview=image is UNKNOWN)
    elif match[1] not in found:
        yield Report(
            f"{function.label} runs on {runtime}, but {who.label} populates with Python "
            f"{', '.join(found)} ({source}): compiled packages do not load. Give both the same "
            f"Python, for instance the image public.ecr.aws/lambda/python:{match[1]}.",
            function.urn,
        )


def _python_of(image: str) -> str | None:
    match = _PYTHON_IMAGE.fullmatch(image)
    if match is None:
        return None
    version = _VERSION.match(match["tag"] or "")
    return match["sam"] or (version[1] if version else None)


def _architecture(function: Consumer, writer: Writer) -> Iterator[Report]:
    who = writer.consumer
    loads = _function_architecture(function.resource)
    asked = {_MACHINES[found[1]] for found in _FOR_PLATFORM.finditer(command_of(who))}
    runs_on = _task_architecture(who.resource)
    if loads is None or (runs_on is None and not asked):
        unknown = (
            function.resource.given("architectures"),
            who.resource.get("runtimePlatform", "cpuArchitecture"),
        )
        yield doubt(
            f"whether {who.label} runs on the architecture of {function.label}",
            function.urn,
            f"{'architectures' if loads is None else 'cpuArchitecture'} is not known",
            preview=UNKNOWN in unknown,
        )
        return
    installed = asked or {runs_on or ""}
    if loads in installed:
        return
    image = text(who.image)
    if not writer.installs and not (isinstance(image, str) and _python_of(image)):
        yield doubt(
            f"whether what {who.label} writes depends on the architecture",
            function.urn,
            f"it runs on {runs_on}, {function.label} on {loads}",
        )
        return
    given = f"runtimePlatform.cpuArchitecture of {who.resource.label}"
    yield Report(
        f"{function.label} runs on {loads} (architectures), but {who.label} populates on "
        f"{', '.join(sorted(installed))} ({'its command' if asked else given}): compiled "
        "packages do not load. Give both the same architecture.",
        function.urn,
    )


def _function_architecture(function: Resource) -> str | None:
    given = function.given("architectures")
    if given is UNKNOWN:
        return None
    stated = [item for item in items(given) if isinstance(item, str)]
    return _MACHINES.get(stated[0] if stated else "x86_64")


def _task_architecture(task: Resource) -> str | None:
    given = task.get("runtimePlatform", "cpuArchitecture")
    if given is UNKNOWN:
        return None
    if isinstance(given, str) and given:
        return _MACHINES.get(given.lower())
    # Without it Fargate takes X86_64; on EC2 the instances decide.
    fargate = "FARGATE" in items(task.get("requiresCompatibilities"))
    return "x86_64" if fargate else None


def _paths(function: Consumer, mount: Mount, found: list[Writer]) -> Iterator[Report]:
    wanted: dict[str, list[str]] = defaultdict(list)
    for holder, path in function.named_below(mount):
        wanted[holder].append(path)
    published = {
        path: writer for writer in found for _, path in writer.consumer.named_below(writer.mount)
    }
    if not wanted or not published:
        return
    if any(text.value is UNKNOWN for writer in found for text in writer.consumer.texts):
        return  # rule one-access-point-one-path has said that these are unknown
    matched = {
        holder: any(related(path, other) for path in paths for other in published)
        for holder, paths in wanted.items()
    }
    for holder, paths in wanted.items():
        if matched[holder]:
            continue
        sure = [path for path in paths if any(_versions(path, other) for other in published)]
        if not sure and _LIBRARIES.search(holder.rpartition(" ")[2].upper()):
            sure = paths
        other, writer = next(iter(published.items()))
        who, publishes = writer.consumer.label, _seen(writer.mount, other)
        if sure:
            yield Report(
                f"{holder} of {function.label} names {_seen(mount, sure[0])}, but {who} publishes "
                f"{publishes}: the function finds nothing there. Give both the same release path.",
                function.urn,
            )
        elif not any(matched.values()):
            what = f"whether what {holder} of {function.label} names, {_seen(mount, paths[0])},"
            yield doubt(f"{what} is populated", function.urn, f"{who} names {publishes}")


def _seen(mount: Mount, path: str) -> str:
    """A path of the file system as a consumer sees it through its mount."""
    root = ((mount.location.directory if mount.location else None) or "").rstrip("/")
    return posixpath.join(mount.path, path.removeprefix(root).lstrip("/"))


def _versions(path: str, other: str) -> bool:
    """Whether both look like two versions of one thing: beside each other, both with digits."""
    above, name = posixpath.split(path)
    other_above, other_name = posixpath.split(other)
    return above == other_above and all(re.search(r"\d", leaf) for leaf in (name, other_name))


RULE = Rule(
    name="function-loads-what-is-populated",
    description=(
        "What populates a place has the Python and the architecture of the functions that load "
        "from it, and the release path of a function is one that it publishes."
    ),
    subjects=_subjects,
    judge=_judge,
)
