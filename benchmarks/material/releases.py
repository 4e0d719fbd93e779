"""Releases to measure on, made by the installer once and kept in `.local/benchmarks`."""

from __future__ import annotations

import compileall
import hashlib
import io
import json
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from components import Target
from components.lock import lock
from tools.files import APPLICATION

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".local" / "benchmarks"
INDEX = "https://pypi.org/simple"
SUMMARY = "summary.json"
"""Beside the releases: what the installer said last."""
DEFER = "# release: lazy "
"""Begin of the line in a lock that names modules which run at their first use."""
IMPORT_ONLY = (
    "\ndef predict(instances):\n    return instances\n\ndef demonstrate():\n    return {}\n"
)


class InstallationError(Exception):
    """The installer made no release; the message has its last lines."""


def target() -> Target:
    """The runtime and architecture that this machine is like."""
    runtime = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    machine = platform.machine()
    architecture = "arm64" if machine == "aarch64" else machine
    return Target(runtime=runtime, architecture=architecture)


def program(name: str, model: str, home: Path = HOME, source: Path = APPLICATION.parent) -> Path:
    """What Lambda gets as code, with this model.py, compiled."""
    folder = home / "programs" / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("application", "__pycache__"))
    (folder / "model.py").write_text(model, encoding="utf-8")
    compileall.compile_dir(folder, quiet=1)
    return folder


def source_of(commit: str, home: Path = HOME) -> Path:
    """The folder lambda_src of another commit. Raises InstallationError."""
    folder = home / "commits" / commit
    if not folder.exists():
        command = ["git", "archive", "--format=tar", commit, APPLICATION.parent.name]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()
            raise InstallationError(f"commit {commit} cannot be had: {said}")
        making = folder.with_suffix(".part")
        shutil.rmtree(making, ignore_errors=True)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(making, filter="data")
        making.rename(folder)
    return folder / APPLICATION.parent.name


def archive(made: Path, home: Path = HOME) -> Path:
    """A folder with the libraries of a release as one file, `tree.tar`, made unless it is there."""
    folder = home / "efs" / "archive" / made.name
    if not folder.exists():
        shutil.rmtree(folder.parent, ignore_errors=True)
        making = folder.with_suffix(".part")
        making.mkdir(parents=True)
        with tarfile.open(making / "tree.tar", "x") as tree:
            tree.add(made / "site-packages", "site-packages")
        making.rename(folder)
    return folder


def deferring(locks: Path, names: str, home: Path = HOME) -> Path:
    """A lock that is another one but for the modules that run at their first use; "" for none."""
    lines = [line for line in locks.read_text(encoding="ascii").splitlines() if DEFER not in line]
    option = [f"{DEFER}{names}"] if names else []
    path = home / "locks" / f"{locks.stem}-{names.replace(' ', '-') or 'plain'}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*option, *lines]) + "\n", encoding="ascii")
    return path


def locked(requirements: str, name: str, home: Path = HOME, index: str = INDEX) -> Path:
    """The lock of these requirements for this machine, made if there is none."""
    digest = hashlib.sha256(requirements.encode()).hexdigest()[:8]
    path = home / "locks" / f"{name}-{target().name}-{digest}.txt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        wishes = path.with_suffix(".in")
        wishes.write_text(requirements, encoding="ascii")
        path.write_text(lock(wishes, target(), index)[0], encoding="ascii")
    return path


def release(locks: Path, code: Path, name: str, home: Path = HOME, index: str = INDEX) -> Path:
    """The release of this lock and program, made by the installer unless it is there.

    Raises InstallationError.
    """
    digest = hashlib.sha256(locks.read_bytes() + platform.python_version().encode())
    for path in sorted(code.rglob("*.py")):
        digest.update(path.read_bytes())
    mount = home / "efs" / name
    made = mount / "releases" / digest.hexdigest()[:16]
    if (made / "manifest.json").exists():
        return made
    shutil.rmtree(mount, ignore_errors=True)
    staging = home / "staging"
    mount.mkdir(parents=True)
    staging.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "release", "install", "--release", str(made)]
    command += ["--requirements", str(locks), "--index-url", index, "--staging", str(staging)]
    done = subprocess.run(command, cwd=code, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
        raise InstallationError(f"{name}: the installer ended with {done.returncode}:\n{said}")
    (mount / SUMMARY).write_text(done.stdout.splitlines()[-1], encoding="ascii")
    return made


def plain(locks: Path, name: str, home: Path = HOME, index: str = INDEX) -> Path:
    """What the plain way copies: the same lock installed by pip into `site-packages` of the
    returned directory, nothing left out, compiled."""
    folder = home / "plain" / f"{name}-{hashlib.sha256(locks.read_bytes()).hexdigest()[:16]}"
    if folder.exists():
        return folder
    making = folder.with_suffix(".part")
    shutil.rmtree(making, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary=:all:", "--index-url", index]
    command += ["--target", str(making / "site-packages")]
    subprocess.run([*command, "-r", str(locks)], check=True)
    making.rename(folder)
    return folder


def versions(made: Path) -> dict[str, str]:
    """Names and versions of the packages of a release."""
    found = sorted((made / "site-packages").glob("*.dist-info"))
    return dict(path.name.removesuffix(".dist-info").split("-", 1) for path in found)


def size(made: Path) -> dict[str, int]:
    """Files and bytes of a release, as its manifest has them."""
    document = json.loads((made / "manifest.json").read_text(encoding="ascii"))
    return {
        "files": len(document["files"]),
        "bytes": sum(entry[0] for entry in document["files"].values()),
    }


def seconds(made: Path) -> dict[str, float]:
    """How long each phase of the installer took that made this release."""
    summary = json.loads((made.parents[1] / SUMMARY).read_text(encoding="ascii"))
    found: dict[str, float] = summary["seconds"]
    return found
