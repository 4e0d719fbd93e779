"""A release of libraries on the task's own disk, and its proof."""

from __future__ import annotations

from pathlib import Path

from ...layout import SITE_PACKAGES, ExitCode, InstallError, is_published
from ..job import LibrariesJob
from ..log import log, timed
from ..trial import defer
from ..trial.again import import_again
from ..trial.pack import pack
from ..trial.smoke import Smoke
from ..trial.suggest import suggest
from . import compile as bytecode
from . import names, pip, requirements
from .prune import Pruning, blame


class Staging:
    """Makes and proves it. ``shown`` is what the summary says of it.

    Raises:
        InstallError: The lock is none, or the model's artifacts are not there.
    """

    def __init__(self, job: LibrariesJob) -> None:
        self._job = job
        if job.artifacts is not None and not is_published(job.artifacts):
            raise InstallError(
                ExitCode.ABSENT,
                f"the artifacts that model.py loads are not there: {job.artifacts}. Let `pulumi "
                "up` publish them first; if something has removed them, `pulumi config set "
                "releaseSalt <any new word>` makes them again under another id.",
            )
        self._pins = requirements.pins(job.requirements)
        self._options = requirements.options(job.requirements, self._pins)
        self.shown: dict[str, object] = {}

    def run(self, folder: Path, seconds: dict[str, float]) -> Path:
        """Install the libraries, and import and try the model with them. Raises InstallError."""
        job = self._job
        staged = folder / "release"
        scratch = folder / "scratch"
        site_packages = staged / SITE_PACKAGES
        site_packages.mkdir(parents=True)
        scratch.mkdir()
        folder.chmod(0o755)
        with timed(seconds, "install", f"pip, {len(self._pins)} packages"):
            pip.install(job, site_packages, scratch, self._pins, self._options)
        names.check(site_packages)
        with timed(seconds, "compile", "sources to bytecode"):
            final = job.release / SITE_PACKAGES
            done, failed = bytecode.compile_tree(site_packages, final, scratch)
        log("compile", f"{done} sources compiled, {failed} do not compile")
        pruning = Pruning(site_packages, scratch, self._options)
        with timed(seconds, "prune", "what a run cannot use"):
            pruning.run()
        log("prune", str(pruning), **pruning.numbers())
        lazy = self._options.get("lazy", "").split()
        defer.check(site_packages, lazy)
        smoke = Smoke(site_packages, job.program, scratch, job.import_limit, job.artifacts)
        with timed(seconds, "import", "model.py with the staged libraries"):
            log("import", prove(smoke, pruning)[:200])
        pruning.note(staged)
        with timed(seconds, "cold-start", "what the import reads, in one file"):
            waiting = import_again(smoke, lazy)
            suggested = suggest(smoke, lazy, seconds["import"])
            smoke.compare()
            log("cold-start", **pack(staged, job.release.name, scratch, waiting))
        self.shown |= {"pruned": pruning.numbers(), "suggested": suggested}
        return staged


def prove(smoke: Smoke, pruning: Pruning) -> str:
    """Make the import of exactly what will be published. Returns what there is to say of it.

    Raises InstallError that names the pruned files where it needs one.
    """
    try:
        said = smoke.run()
    except InstallError as error:
        raise blame(pruning, smoke, error) from error
    smoke.compare()
    return said
