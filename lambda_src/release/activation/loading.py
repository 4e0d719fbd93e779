"""Loading the model in the function: the release is activated, model.py imported and loaded."""

from __future__ import annotations

import importlib
import os
import time
from itertools import pairwise
from pathlib import Path
from types import ModuleType

from ..artifacts import arguments
from ..encoding import sendable
from ..layout import ARTIFACTS_PATH, RELEASE_PATH, ReleaseError
from ..pruned import needed
from .activate import ReleaseMissingError, activate, check_published
from .cold_start import ColdStart
from .contract import ModelError, check
from .metrics import embedded, log, log_error, text_of


class LoadError(ReleaseError):
    """There is no model to answer with, and in this process there will be none.

    Extension modules cannot be imported twice, so another attempt needs another process.
    """


class Loading:
    """The only attempt to activate the release and to import and load the model.

    Make it before there are threads, because it forks.
    """

    def __init__(self) -> None:
        self._release = os.environ.get(RELEASE_PATH, "").rstrip("/")
        self._artifacts = os.environ.get(ARTIFACTS_PATH, "").rstrip("/")
        self._cold_start = ColdStart(self._release, self._artifacts)
        self._process = os.getpid()

    def model(self) -> ModuleType:
        """Load the model, in the thread that calls this. Raises LoadError."""
        try:
            begin = time.monotonic()
            with self._cold_start as cold_start:
                activate(self._path(), cold_start)
                if self._artifacts:
                    check_published(Path(self._artifacts))
                activated = time.monotonic()
                model = importlib.import_module("model")
                cold_start.imported()
                imported = time.monotonic()
                check(model)
                if hasattr(model, "load"):
                    model.load(*arguments(model.load, self._artifacts))
        except BaseException as error:
            if os.getpid() != self._process:
                # A process that the model has forked ends as it would without us.
                raise
            failure = embedded({"LoadFailure": (1, "Count")})
            log_error("the model cannot be loaded", error, **failure)
            raise self._explained(error) from error
        self._log_cold_start(begin, activated, imported, time.monotonic())
        return model

    def _explained(self, error: BaseException) -> LoadError:
        text = text_of(error)
        if not isinstance(error, ReleaseMissingError | ModelError):
            remedy = needed(error, self._release) or "The function's log has the stack trace"
            text = (
                f"the model cannot be loaded from the release {self._release}: "
                f"{type(error).__name__}: {text}. {remedy}"
            )
        return LoadError(sendable(text))

    def _path(self) -> Path:
        if not self._release:
            raise ReleaseMissingError(
                "RELEASE_PATH is not set; it has to name the release's directory."
            )
        return Path(self._release)

    def _log_cold_start(self, *moments: float) -> None:
        begin, *_, end = moments
        steps = zip(("Activate", "Import", "Load"), pairwise(moments), strict=True)
        seconds = {f"{name}Duration": later - earlier for name, (earlier, later) in steps}
        seconds = {"ColdStartDuration": end - begin} | seconds
        imports = self._cold_start.state
        log(
            "INFO",
            "cold start",
            imports=imports,
            **embedded(
                {name: (round(value, 3), "Seconds") for name, value in seconds.items()}
                | {"BundleUsed": (int(imports.startswith("bundle")), "Count")}
            ),
        )
