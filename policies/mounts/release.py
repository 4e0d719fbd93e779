"""Rule: what a function loads is made for its Python and architecture, and where it looks."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator

from ..reading.findings import Findings, Report, doubt
from ..reading.graph import Resource, Stack
from ..reading.values import UNKNOWN, items, text
from .consumer import Consumer, Mount, Text
from .consumers import by_access_point
from .launches import installs, populators
from .paths import lies_under, paths_under_mnt

NAME = "function-loads-what-is-populated"
DESCRIPTION = (
    "What populates an access point has the Python and the architecture of the functions that load "
    "from it, and the release path of a function is one that it publishes."
)

# AWS's base and build images for Lambda, and Docker's official image.
_PYTHON_IMAGE = re.compile(
    r"(?:public\.ecr\.aws/lambda/python|(?:docker\.io/)?amazon/aws-lambda-python"
    r"|public\.ecr\.aws/sam/build-python(?P<sam>3\.\d+)|public\.ecr\.aws/docker/library/python"
    r"|(?:docker\.io/)?(?:library/)?python)(?::(?P<tag>[\w][\w.-]*))?(?:@sha256:[0-9a-f]{64})?"
)
_VERSION = re.compile(r"(3\.\d+)(?![\d])")
_RUNTIME = re.compile(r"python(3\.\d+)")
_MACHINES = {"x86_64": "x86_64", "arm64": "arm64"}
# Names of variables that hold a place to import from.
_LIBRARIES = re.compile(
    r"(?:^|_)(PYTHON\w*|RELEASES?|LIBS?|LIBRAR(?:Y|IES)|PACKAGES?|SITE|DEPS|DEPENDENCIES)(?:_|$)"
)


def judge(stack: Stack) -> Findings:
    """Each function with each container that populates its access point."""
    reports: list[Report] = []
    judged = 0
    writers: dict[str, list[tuple[Consumer, Mount]]] = defaultdict(list)
    for writer in stack.once(populators):
        for mount in writer.mounts:
            if mount.access_point is not None and not mount.read_only:
                writers[mount.access_point.key].append((writer, mount))
    for key, sharing in stack.once(by_access_point).items():
        for function, mount in sharing:
            if not function.is_function or key not in writers:
                continue
            judged += 1
            for writer, _ in _suppliers(function, mount, writers[key]):
                reports.extend(_python(function, writer))
                reports.extend(_architecture(function, writer))
            reports.extend(_paths(function, mount, writers[key]))
    return Findings.of(judged, dict.fromkeys(reports))


def _suppliers(
    function: Consumer, mount: Mount, writers: list[tuple[Consumer, Mount]]
) -> list[tuple[Consumer, Mount]]:
    """Who populates what the function loads; all of them where no path tells.

    Releases for several Pythons lie side by side on one access point, as in a migration.
    """
    wanted = [path for _, path in _below(function.texts, mount.path)]
    named = [
        (writer, at_)
        for writer, at_ in writers
        if any(
            _related(path, mine) for _, path in _below(writer.texts, at_.path) for mine in wanted
        )
    ]
    return named or writers


def _python(function: Consumer, writer: Consumer) -> Iterator[Report]:
    runtime = function.resource.get("runtime")
    match = _RUNTIME.fullmatch(runtime) if isinstance(runtime, str) else None
    if match is None:
        if function.resource.get("packageType") == "Image":
            yield doubt(
                f"whether {writer.label} has the Python of {function.label}, which runs an image.",
                function.resource.urn,
                preview=False,
            )
        elif runtime is UNKNOWN:
            yield doubt(
                f"whether {writer.label} has the Python of {function.label}; runtime is unknown.",
                function.resource.urn,
                preview=True,
            )
        return
    image = text(writer.image)
    found = _python_of(image) if isinstance(image, str) else None
    if found is None:
        yield doubt(
            f"whether {writer.label} has the Python of {function.label}, {match[1]}; its image "
            f"{image if isinstance(image, str) else 'is unknown'} does not tell.",
            function.resource.urn,
            preview=image is UNKNOWN,
        )
    elif found != match[1]:
        yield Report(
            f"{function.label} runs on {runtime}, but {writer.label} populates with Python {found} "
            f"(image {image}): compiled packages do not load. Give both the same Python, for "
            f"instance the image public.ecr.aws/lambda/python:{match[1]}.",
            function.resource.urn,
        )


def _python_of(image: str) -> str | None:
    match = _PYTHON_IMAGE.fullmatch(image)
    if match is None:
        return None
    version = _VERSION.match(match["tag"] or "")
    return match["sam"] or (version[1] if version else None)


def _architecture(function: Consumer, writer: Consumer) -> Iterator[Report]:
    loads = _function_architecture(function.resource)
    installed = _task_architecture(writer.resource)
    if loads is None or installed is None:
        yield doubt(
            f"whether {writer.label} runs on the architecture of {function.label}; "
            f"{'architectures' if loads is None else 'cpuArchitecture'} is not known.",
            function.resource.urn,
            preview=UNKNOWN
            in (
                function.resource.given("architectures"),
                writer.resource.get("runtimePlatform", "cpuArchitecture"),
            ),
        )
        return
    if loads == installed:
        return
    image = text(writer.image)
    if not installs(writer) and not (isinstance(image, str) and _python_of(image)):
        yield doubt(
            f"whether what {writer.label} writes depends on the architecture; it runs on "
            f"{installed}, {function.label} on {loads}.",
            function.resource.urn,
            preview=False,
        )
        return
    yield Report(
        f"{function.label} runs on {loads} (architectures), but {writer.label} populates on "
        f"{installed} (runtimePlatform.cpuArchitecture of {writer.resource.label}): compiled "
        "packages do not load. Give both the same architecture.",
        function.resource.urn,
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


def _below(texts: tuple[Text, ...], path: str) -> Iterator[tuple[str, str]]:
    """(what holds it, the path relative to the mount) of each path below a mount."""
    for told in texts:
        for found in paths_under_mnt(told.value) if isinstance(told.value, str) else ():
            if lies_under(found.resolved, path) and found.resolved != path:
                yield told.holder, found.resolved.removeprefix(path).lstrip("/")


def _paths(
    function: Consumer, mount: Mount, writers: list[tuple[Consumer, Mount]]
) -> Iterator[Report]:
    wanted: dict[str, list[str]] = defaultdict(list)
    for holder, path in _below(function.texts, mount.path):
        wanted[holder].append(path)
    published = {
        path: writer for writer, at_ in writers for _, path in _below(writer.texts, at_.path)
    }
    if not wanted or not published:
        return
    if any(told.value is UNKNOWN for writer, _ in writers for told in writer.texts):
        return  # rule one-access-point-one-path has said that these are unknown
    matched = {
        holder: any(_related(path, other) for path in paths for other in published)
        for holder, paths in wanted.items()
    }
    for holder, paths in wanted.items():
        if matched[holder]:
            continue
        sure = [path for path in paths if any(_versions(path, other) for other in published)]
        if not sure and _LIBRARIES.search(holder.rpartition(" ")[2].upper()):
            sure = paths
        if sure:
            other, writer = next(iter(published.items()))
            yield Report(
                f"{holder} of {function.label} names {posixpath.join(mount.path, sure[0])}, but "
                f"{writer.label} publishes {posixpath.join(mount.path, other)}: the function finds "
                "nothing there. Give both the same release path.",
                function.resource.urn,
            )
        elif not any(matched.values()):
            yield doubt(
                f"whether what {holder} of {function.label} names, "
                f"{posixpath.join(mount.path, paths[0])}, is populated; "
                f"{next(iter(published.values())).label} names "
                f"{posixpath.join(mount.path, next(iter(published)))}.",
                function.resource.urn,
                preview=False,
            )


def _related(path: str, other: str) -> bool:
    return lies_under("/" + path, "/" + other) or lies_under("/" + other, "/" + path)


def _versions(path: str, other: str) -> bool:
    """Whether both look like two versions of one thing: beside each other, both with digits."""
    above, name = posixpath.split(path)
    other_above, other_name = posixpath.split(other)
    return above == other_above and all(re.search(r"\d", leaf) for leaf in (name, other_name))
