"""Answers the questions of lazy_questions.py, as a program, so that every Python can be asked.

With a folder and names it makes a release there, with the folder alone it answers.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
import traceback
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))

from tests.lambda_src.cold_start.lazy_questions import (  # noqa: E402
    FAILS,
    FILES,
    IMPORTS,
    MODEL,
    QUESTIONS,
    START,
)


def make(folder: Path, names: list[str]) -> None:
    """Make a release, tried with a model, in which what is below the names waits."""
    from lambda_src.release.installation.libraries.compile import compile_tree
    from lambda_src.release.installation.trial.again import import_again
    from lambda_src.release.installation.trial.pack import pack
    from lambda_src.release.installation.trial.smoke import Smoke
    from lambda_src.release.layout import Manifest

    release = folder / "releases" / ("0" * 16)
    program, scratch, packages = folder / "program", folder / "scratch", release / "site-packages"
    for path in (program, scratch, packages):
        path.mkdir(parents=True)
    for name, text in FILES.items():
        path = packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (program / "model.py").write_text(MODEL)
    shutil.copytree(ROOT / "lambda_src/release", program / "release")
    compile_tree(packages, packages, scratch)
    smoke = Smoke(packages, program, scratch, 60)
    smoke.run()
    pack(release, release.name, scratch, import_again(smoke, names))
    Manifest(release=release.name, python="", architecture="", created="", files=()).write(release)


def answers(release: Path) -> dict[str, str]:
    """Answer each question in a process of its own, forked from this one."""
    import multiprocessing  # noqa: F401

    from lambda_src.release.activation.activate import activate
    from lambda_src.release.activation.cold_start import ColdStart

    found = {}
    for name, question in {**QUESTIONS, "fails": FAILS}.items():
        reading, writing = os.pipe()
        if (pid := os.fork()) == 0:
            output = io.StringIO()
            try:
                with contextlib.redirect_stdout(output), ColdStart(str(release)) as cold_start:
                    activate(release, cold_start)
                    exec(START + IMPORTS + question, {"__name__": "__main__"})
            except BaseException:
                output.write(traceback.format_exc())
            os.write(writing, output.getvalue().encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as stream:
            found[name] = stream.read()
        os.waitpid(pid, 0)
    return found


if __name__ == "__main__":
    if sys.argv[2:]:
        make(Path(sys.argv[1]), sys.argv[2:])
    else:
        print(json.dumps(answers(Path(sys.argv[1]) / "releases" / ("0" * 16))))
