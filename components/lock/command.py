"""Locks requirements.in for the runtimes and architectures in use.

``python -m efs_inference.lock`` reads the application's requirements.in, in DIR of ``--directory
DIR``, and writes its ``locks/<runtime>-<architecture>.txt``: each line one package with the hash of
the one wheel that pip takes on that target. Hashes of other wheels are left out, as a release is
made of what is installed. Versions that are locked stay as long as they satisfy requirements.in;
``--upgrade`` and ``--upgrade-package`` take newer ones. ``--check`` only compares the locks that
are there with requirements.in, without network, as `pulumi preview` does.

Where the folder has an artifacts.in, ``locks/artifacts.txt`` gets the size and the SHA-256 of each
of its artifacts. What is locked is not read again before it is upgraded by its name.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from functools import partial
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .. import commands
from ..contract import Application, Artifacts, Pin, Target, read_lock
from ..contract.lock import option_problems
from ..contract.requirements import asked, made_for, pins_in, text_of
from ..contract.runtime import indexes_of, option_comments, read_options
from ..contract.runtimes import RUNTIMES
from ..errors import ConfigurationError
from . import artifacts
from .advice import advice, no_solution
from .changes import report
from .errors import LockError
from .pins import pin
from .resolution import NoSolutionError, Sources, Wishes, resolve
from .targets import ALL, Stacks, chosen

PYPI = "https://pypi.org/simple"


def lock(
    requirements: Path,
    target: Target,
    index_url: str | None,
    *,
    before: str = "",
    upgraded: Collection[str] = (),
) -> tuple[str, list[str]]:
    """The text of the target's lock, and what to warn of.

    Args:
        requirements: The file.
        target: For what.
        index_url: The default index; None: uv's.
        before: Text of the lock as it is; its versions stay where they can.
        upgraded: Names of packages whose version does not have to stay.

    Raises:
        LockError: There is no lock of what is asked for.
    """
    wanted = asked(requirements, target.runtime, target.architecture)
    text, kept = text_of(requirements), pins_in(before)
    names = {canonicalize_name(each.name) for each in wanted.requirements}
    own, _ = read_options(text, names)
    wishes = Wishes(
        asked=[_bare(each) for each in wanted.requirements],
        constraints=[_bare(each) for each in wanted.constraints],
        sources=Sources(index_url=index_url, indexes=indexes_of(own)),
        kept={name: each.version for name, each in kept.items()},
        upgraded=upgraded,
    )
    try:
        packages = resolve(wishes, target)
        said = list(advice(wishes, target, packages))
    except NoSolutionError as error:
        raise no_solution(wishes, target, error) from error
    tags = target.tags()
    pins = [pin(package, target, tags, kept) for package in packages]
    _refuse_other_hashes(requirements, wanted.hashes, pins)
    runtime = RUNTIMES[target.runtime]
    head = [
        f"# Made from {requirements.name} by {commands.LOCK} for {target.runtime} on "
        f"{target.architecture}",
        f"# (CPython {runtime.python}, glibc 2.{runtime.glibc}): each package with the hash of the "
        "one wheel that pip takes there.",
    ]
    options, _ = read_options(text, {each.name for each in pins})
    _refuse_unasked(indexes_of(options).keys() - indexes_of(own).keys())
    tail = made_for(wanted.requirements)
    lines = [*head, *option_comments(options), *sorted(map(str, pins)), *tail, ""]
    return "\n".join(lines), said


def _bare(requirement: Requirement) -> Requirement:
    """A requirement of the target, whose marker has done its work."""
    bare = copy(requirement)
    bare.marker = None
    return bare


def main(arguments: list[str] | None = None) -> int:
    """Make or check the locks; the exit code says whether that went well."""
    options = _parser().parse_args(arguments)
    try:
        directory = options.directory or the_application(Path())
        requirements = directory / "requirements.in"
        stacks = Stacks.around(directory)
        targets = chosen(requirements, stacks, options.target)
        if options.check:
            return check(Application(directory), targets)
        # So that a mirror of PyPI which uv's own variables name is used.
        found = None if stacks.index_url == PYPI else stacks.index_url
        had = artifacts.locked(directory)
        names = set(options.upgrade_package) - had.keys()
        texts = _made(requirements, targets, options.index_url or found, names, options.upgrade)
        upgraded = had.keys() if options.upgrade else options.upgrade_package
        found = artifacts.made(directory, had.values(), upgraded)
    except ConfigurationError as error:
        return _refused(map(str, error.problems))
    except (LockError, OSError) as error:
        return _refused([str(error)])
    for target, text in texts.items():
        path = lock_path(requirements, target)
        before = text_of(path) if path.is_file() else None
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="ascii")
        print(report(target.name, before, text))
    if found is not None or had:
        print(artifacts.write(directory, had, found))
    for line in [] if options.target else _left_out(requirements, targets, stacks):
        print(line, file=sys.stderr)
    return 0


def the_application(here: Path) -> Path:
    """The only application in a folder or one below: what has a model.py and a requirements.in.

    Raises:
        LockError: There is none, or there are several.
    """
    folders = sorted({here, *(path.parent for path in here.glob("[!.]*/requirements.in"))})
    found = [f for f in folders if (f / "model.py").is_file() and (f / "requirements.in").is_file()]
    if len(found) == 1:
        return found[0]
    said = f"there are several: {', '.join(map(str, found))}" if found else "there is none here"
    raise LockError(
        f"an application is a folder with model.py and requirements.in, and {said}. Name it: "
        "--directory DIR"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, without network")
    text = (
        "where requirements.in and locks/ are; default: the application here, or one folder below"
    )
    parser.add_argument("--directory", type=Path, metavar="DIR", help=text)
    text = "package index; default: the stacks' indexUrl"
    parser.add_argument("--index-url", metavar="URL", help=text)
    parser.add_argument("--upgrade", action="store_true", help="take the newest of everything")
    text = "take the newest version of this package, or read this artifact; may be repeated"
    parser.add_argument(
        "--upgrade-package", "-P", action="append", default=[], metavar="NAME", help=text
    )
    text = f"lock this one only, such as {ALL[0].name}; may be repeated"
    parser.add_argument("--target", action="append", default=[], metavar="NAME", help=text)
    return parser


def _made(
    requirements: Path,
    targets: Sequence[Target],
    index_url: str | None,
    upgraded: Collection[str],
    upgrade: bool,
) -> dict[Target, str]:
    """The text of every target's lock; warnings go to the screen."""
    paths = {target: lock_path(requirements, target) for target in targets}
    before = {
        target: text_of(path) if path.is_file() and not upgrade else ""
        for target, path in paths.items()
    }
    names = {canonicalize_name(name) for name in upgraded}
    known = {name for text in before.values() for name in pins_in(text)}
    if not upgrade and (unknown := sorted(names - known)):
        raise LockError(
            f"no lock has {', '.join(unknown)}, so there is nothing to upgrade. Write what is to "
            "be installed into requirements.in."
        )
    texts: dict[Target, str] = {}
    problems: list[str] = []
    for target in targets:
        try:
            made = lock(requirements, target, index_url, before=before[target], upgraded=names)
        except ConfigurationError as error:
            problems += map(str, error.problems)
            continue
        except LockError as error:
            problems += str(error).splitlines()
            continue
        texts[target], said = made
        print(*said, sep="\n", end="\n" * bool(said), file=sys.stderr)
    if problems:
        raise LockError("\n".join(dict.fromkeys(problems)))
    packages = {name for text in texts.values() for name in pins_in(text)}
    if wrong := option_problems(requirements, packages):
        raise ConfigurationError(wrong)
    return texts


def _refuse_unasked(names: Collection[str]) -> None:
    """The index of a package that another one brings would be asked for nothing."""
    if names:
        raise LockError(
            f"`# release: index` names {', '.join(sorted(names))}, which another package brings. "
            "Ask for it in requirements.in by name, so that it comes from there."
        )


def _refuse_other_hashes(
    requirements: Path, hashes: Mapping[str, Collection[str]], pins: Sequence[Pin]
) -> None:
    """A hash in requirements.in is that of the wheel which is locked."""
    for each in pins:
        wanted = hashes.get(each.name)
        if wanted is not None and not set(each.hashes) <= set(wanted):
            raise LockError(
                f"{each.name} has the hash {each.hashes[0]}, and {requirements.name} asks for "
                f"{' or '.join(sorted(wanted))}. If the file is meant, correct the hash; if not, "
                "do not install it."
            )


def _left_out(requirements: Path, targets: Sequence[Target], stacks: Stacks) -> list[str]:
    """What there is of targets that are not locked."""
    lines = [
        f"{file}: its {target.name} is not locked, because a `# lock:` in {requirements.name} "
        "leaves it out"
        for file, target in stacks.targets.items()
        if target not in targets
    ]
    rest = [t.name for t in ALL if t not in targets and lock_path(requirements, t).is_file()]
    if rest:
        lines.append(
            f"{', '.join(rest)}: no stack is of it, so its lock stays as it is. Remove the file, "
            f"or choose it in {requirements.name}: `# lock: runtimes ...`, `# lock: architectures "
            "...`"
        )
    return lines


def check(application: Application, targets: Sequence[Target]) -> int:
    """Say what is wrong with the locks, as a preview does."""
    problems: list[str] = []
    reads: list[Callable[[], object]] = [partial(read_lock, application, t) for t in targets]
    reads.append(partial(Artifacts.of, application))
    for read in reads:
        try:
            read()
        except ConfigurationError as error:
            problems += map(str, error.problems)
    return _refused(problems) if problems else 0


def _refused(problems: Iterable[str]) -> int:
    for problem in dict.fromkeys(problems):
        print(problem, file=sys.stderr)
    return 1


def lock_path(requirements: Path, target: Target) -> Path:
    """Where the target's lock lies, beside requirements.in."""
    return requirements.parent / "locks" / f"{target.name}.txt"
