"""The proof of a model, without the installer around it."""

from __future__ import annotations

import compileall
import io
import signal
import zipfile
from collections.abc import Iterator

import pytest

from lambda_src.release.installation.trial.smoke import Smoke
from lambda_src.release.layout import ExitCode, InstallError

from ..conftest import SHAPES, Populate, Wheel


class Trial:
    """The program of an installer, and packages as it would have staged them."""

    def __init__(self, populate: Populate) -> None:
        self.populate = populate
        self.packages = populate.folder / "site-packages"
        self.scratch = populate.staging / "scratch"
        self.scratch.mkdir()
        self.stage(SHAPES)

    def stage(self, wheel: Wheel) -> None:
        with zipfile.ZipFile(io.BytesIO(wheel.content)) as archive:
            archive.extractall(self.packages)
        compileall.compile_dir(self.packages, quiet=2)

    def run(self, model: str) -> str:
        """What there is to say of a model that is proven."""
        self.populate.write_model(model)
        said = Smoke(self.packages, self.populate.program, self.scratch, 60).run()
        self.populate.all_ended()
        return said

    def refusal(self, model: str) -> str:
        """Why a model is not proven; nothing that it has started is left."""
        with pytest.raises(InstallError) as caught:
            self.run(model)
        assert caught.value.code is ExitCode.IMPORT
        self.populate.all_ended()
        return str(caught.value)


@pytest.fixture
def trial(populate: Populate) -> Iterator[Trial]:
    # An installer handles it, so its processes begin with the default, even where a shell, which
    # starts what runs in the background so, has it ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield Trial(populate)
    signal.signal(signal.SIGINT, before)
