"""Runs in a fresh interpreter that sees the standard library alone, and measures itself.

`python -I -S -B probe.py '<JSON>'`, the keys of the JSON being the arguments of `main`. Seconds
count from the first statement of the work; starting the interpreter is not part of it.
"""

import gc
import json
import os
import pathlib
import shutil
import sys
import time
from collections.abc import Callable


def append(program: str, release: str, collector: bool = True) -> Callable[[], object]:
    """The plain way: the libraries behind everything else, then the import."""
    if not collector:
        gc.disable()
    sys.path.append(f"{release}/site-packages")
    sys.path.insert(0, program)
    import model  # type: ignore[import-not-found]

    if not collector:
        gc.enable()
        gc.freeze()
    if hasattr(model, "load"):
        artifacts = os.environ.get("ARTIFACTS_PATH")
        model.load(*([pathlib.Path(artifacts, "artifacts")] if artifacts else []))
    model.demonstrate()
    again: Callable[[], object] = model.demonstrate
    return again


def tar(program: str, release: str) -> Callable[[], object]:
    """All of it as one archive, unpacked onto the local disk, then the plain way."""
    import tarfile

    with tarfile.open(f"{release}/tree.tar") as archive:
        archive.extractall("unpacked", filter="tar")
    return append(program, os.path.abspath("unpacked"))  # noqa: PTH100


def download(program: str, release: str) -> Callable[[], object]:
    """All of it copied to the local disk by 64 threads, then the plain way."""
    with open(f"{release}/manifest.json", encoding="ascii") as stream:  # noqa: PTH123
        manifest = json.load(stream)
    names = [name for name in manifest["files"] if name.startswith("site-packages/")]
    copied(release, os.path.abspath("copied"), names)  # noqa: PTH100
    return append(program, os.path.abspath("copied"))  # noqa: PTH100


def copied(source: str, target: str, names: list[str]) -> None:
    """Copy these files with a pool of threads."""
    from concurrent.futures import ThreadPoolExecutor

    for folder in sorted({os.path.dirname(name) for name in names}):  # noqa: PTH120
        os.makedirs(f"{target}/{folder}", exist_ok=True)  # noqa: PTH103

    def one(name: str) -> None:
        shutil.copyfile(f"{source}/{name}", f"{target}/{name}", follow_symlinks=False)

    with ThreadPoolExecutor(64) as pool:
        list(pool.map(one, names))


def handler(program: str, release: str) -> Callable[[], object]:
    """This project's way: its handler, from being loaded to the answer to an empty event."""
    os.environ["RELEASE_PATH"] = release
    sys.path.insert(0, program)
    import handler as entry  # type: ignore[import-not-found]

    answer = entry.handler({})
    if answer["statusCode"] != 200:
        raise SystemExit(f"the handler answers {answer}")
    return lambda: entry.handler({})


def copytree(program: str, release: str, source: str) -> None:  # noqa: ARG001
    """The plain way to populate."""
    shutil.copytree(source, f"{release}/site-packages", symlinks=True)


def command(program: str, release: str, source: str, words: list[str]) -> None:  # noqa: ARG001
    """What a command of the system does."""
    import subprocess

    subprocess.run([*words, source, f"{release}/site-packages"], check=True)


def threads(program: str, release: str, source: str) -> None:  # noqa: ARG001
    """What a script with a pool of threads does."""
    names = [
        os.path.relpath(f"{folder}/{name}", source)
        for folder, _, found in os.walk(source)
        for name in found
    ]
    copied(source, f"{release}/site-packages", names)


def copy(program: str, release: str, source: str) -> None:
    """The installer's populate, without pip before it and the manifest after it."""
    sys.path.insert(0, program)
    from pathlib import Path

    from release.installation.storage import tree  # type: ignore[import-not-found]

    found = tree.scan(Path(source))
    tree.Copy(Path(source), Path(release), found).run(lambda *_: None)


WAYS: dict[str, Callable[..., object]] = {
    "append": append,
    "tar": tar,
    "download": download,
    "handler": handler,
    "copytree": copytree,
    "command": command,
    "threads": threads,
    "copy": copy,
}


def seconds(again: Callable[[], object]) -> float:
    """How long one more answer takes."""
    begin = time.perf_counter()
    again()
    return time.perf_counter() - begin


def main(
    way: str,
    result: str,
    counters: str | None,
    warm: int = 0,
    **arguments: object,
) -> None:
    """Do it one way, and write seconds and the file system's counters to `result`."""
    begin = time.perf_counter()
    again = WAYS[way](**arguments)
    measured: dict[str, object] = {"seconds": time.perf_counter() - begin}
    if counters:
        with open(counters, encoding="ascii") as stream:  # noqa: PTH123
            measured["requests"] = json.load(stream)
    if warm and callable(again):
        measured["warm"] = sorted(seconds(again) for _ in range(warm))[warm // 2]
    with open(result, "w", encoding="ascii") as stream:  # noqa: PTH123
        json.dump(measured, stream)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
