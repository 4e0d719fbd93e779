"""The import that proves a release cannot write to it, and nothing that it writes is published."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lambda_src.release.bundle import BUNDLE
from lambda_src.release.layout import Manifest

from ..conftest import Index, Populate, Wheel, build_wheel
from ..proofs import tried
from .conftest import Trial

BESIDE = "import os, shutil\nHERE = os.path.dirname(__file__)\nROOT = os.path.dirname(HERE)\n"
TRIES = """
def attempt(function, *arguments, name="this"):
    try:
        function(*arguments)
    except OSError:
        return
    raise SystemError(f"{name} can be written")
"""
WRITES = {
    "new-file": "open(HERE + '/new.py', 'w').write(HERE)",
    "new-folder": "os.mkdir(HERE + '/new')",
    "cache": "open(HERE + '/__pycache__/numba.nbi', 'w').write(HERE)",
    "beside-the-package": "open(ROOT + '/generated.py', 'w').write('')",
    "in-the-release": "open(ROOT + '/../new', 'w').write('')",
    "append": "open(HERE + '/data.txt', 'a').write('more')",
    "same-size": "open(HERE + '/data.txt', 'r+').write('DATA')",
    "same-size-and-time": "then = os.stat(HERE + '/data.txt')\n"
    "open(HERE + '/data.txt', 'r+').write('DATA')\n"
    "os.utime(HERE + '/data.txt', ns=(then.st_atime_ns, then.st_mtime_ns))",
    "truncate": "os.truncate(HERE + '/data.txt', 0)",
    "delete": "os.remove(HERE + '/data.txt')",
    "delete-bytecode": "shutil.rmtree(HERE + '/__pycache__')",
    "delete-itself": "shutil.rmtree(HERE)",
    "delete-all": "shutil.rmtree(ROOT)",
    "move": "os.rename(HERE + '/data.txt', HERE + '/moved.txt')",
    "move-itself": "os.rename(HERE, ROOT + '/other')",
    "move-all": "os.rename(ROOT, ROOT + '-2')",
    "link": "os.symlink('/etc', HERE + '/link')",
    "fifo": "os.mkfifo(HERE + '/fifo')",
    "mode": "os.chmod(HERE + '/data.txt', 0o777)",
    "mode-of-folder": "os.chmod(HERE, 0o777)",
    "time": "os.utime(HERE + '/data.txt', (1, 1))",
    "another-process": "if os.system(f'touch {HERE}/new 2>/dev/null'): raise PermissionError(HERE)",
    "code": "open(os.getcwd() + '/new.py', 'w').write('')",
    "model": "open(os.getcwd() + '/model.py', 'a').write('')",
    "home": "os.makedirs(os.path.expanduser('~/.cache'))",
    "home-of-root": "open('/root/.cache-of-a-package', 'w')",
    "var": "open('/var/lib/a-package', 'w')",
    "etc": "open('/etc/a-package', 'w')",
}


def writing(statement: str) -> Wheel:
    code = BESIDE + statement + "\n"
    return build_wheel("busy", {"busy/__init__.py": code, "busy/data.txt": "data"})


def trying(*names: str) -> Wheel:
    """A package that tries each of these, one after the other."""
    code = BESIDE + TRIES
    for name in names:
        body = WRITES[name].replace("\n", "\n    ")
        code += f"def use():\n    {body}\nattempt(use, name={name!r})\n"
    return build_wheel("busy", {"busy/__init__.py": code, "busy/data.txt": "data"})


def files(populate: Populate) -> set[str]:
    return {file.path for file in Manifest.read(populate.release).files}


@pytest.mark.parametrize("what", WRITES)
def test_a_package_that_has_to_write_beside_itself_is_refused(trial: Trial, what: str) -> None:
    trial.stage(writing(WRITES[what]))
    assert "only /tmp can be written" in trial.refusal("import busy")


def test_a_package_that_only_tries_to_write_is_published_without_that(populate: Populate) -> None:
    run = tried(populate, "import busy", trying(*WRITES))
    assert run.code == 0, run.message
    site_packages = populate.release / "site-packages"
    assert {path for path in files(populate) if "busy/" in path} == {
        "site-packages/busy/__init__.py",
        f"site-packages/{importlib.util.cache_from_source('busy/__init__.py')}",
        "site-packages/busy/data.txt",
    }
    assert (site_packages / "busy/data.txt").read_text() == "data"


def test_an_import_may_write_below_tmp_and_nothing_of_it_stays(
    populate: Populate, tmp_path: Path
) -> None:
    model = f"""
import os, tempfile
folder = tempfile.gettempdir()
assert os.environ["TMPDIR"] == folder
assert os.listdir(folder) == []
open(folder + "/cache", "w").write(__file__)
assert not os.path.exists(os.path.expanduser("~"))
assert os.environ["HOME"] == os.path.expanduser("~") != {str(Path.home())!r}
"""
    (tmp_path / "tmp").mkdir()
    populate.environment = {"TMPDIR": str(tmp_path / "tmp")}
    run = tried(populate, model)
    assert run.code == 0, run.message
    assert list((tmp_path / "tmp").iterdir()) == []
    assert populate.left_behind() == set()


def test_a_bundle_is_made_by_an_import_without_rights(populate: Populate) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    model = "import os\nassert os.geteuid() not in (0,) and os.getgroups() == []\nimport shapes"
    run = tried(populate, model)
    assert run.code == 0, run.message
    packed = next(line for line in run.lines if line["phase"] == "cold-start" and "bytes" in line)
    assert packed["modules"] == 2


# What the kernel allows nobody else: inside, root is the only user, and may mount or may not.
ALONE = ("unshare", "--user", "--map-root-user")
POWERLESS = (*ALONE, "sh", "-c", """
echo 0 >/proc/sys/user/max_mnt_namespaces
echo 0 >/proc/sys/user/max_user_namespaces
exec "$@"
""", "sh")  # fmt: skip
needs_namespaces = pytest.mark.skipif(
    os.system(" ".join([*ALONE, "true"])) != 0,
    reason="this machine allows no user namespaces",
)


@needs_namespaces
def test_where_users_cannot_be_changed_the_release_is_mounted_read_only(populate: Populate) -> None:
    populate.prefix = ALONE
    some = ("new-file", "same-size", "delete-all", "mode", "fifo", "code")
    run = tried(populate, "import busy", trying(*some))
    assert run.code == 0, run.message


CHANGED = {
    "fifo": "new is busy/fifo",
    "new-file": "new is busy/new.py",
    "same-size": "changed is busy/data.txt",
    "same-size-and-time": "changed is busy/data.txt",
    "delete": "gone is busy/data.txt",
    "delete-all": "gone is busy",
    "delete-bytecode": f"gone is {'busy/__pycache__'}",
    "mode": "changed is busy/data.txt",
    "move-itself": "gone is busy",
    "cache": "new is busy/__pycache__/numba.nbi",
}


@needs_namespaces
@pytest.mark.parametrize("what", CHANGED)
def test_where_nothing_can_be_taken_away_a_changed_release_is_refused(
    populate: Populate, what: str
) -> None:
    populate.prefix = POWERLESS
    run = tried(populate, "import busy", writing(WRITES[what]))
    assert (run.code, run.last["kind"]) == (13, "import")
    assert f"the import of model.py changed the staged release: {CHANGED[what]}" in run.message
    assert not populate.release.exists()
    assert populate.left_behind() == set()


def test_nothing_in_a_release_names_the_place_where_it_was_staged(populate: Populate) -> None:
    scripts = {
        "busy/__init__.py": BESIDE + "print(HERE)\nCODE = compile('1', HERE, 'eval')\n",
        "busy/broken.py": "{{ no Python }}\n",
        "busy-1.0.data/scripts/tool": "#!python\nprint(1)\n",
        "busy-1.0.data/data/share/busy.txt": "",
        "busy-1.0.dist-info/entry_points.txt": "[console_scripts]\nbusy = busy:main\n",
    }
    run = tried(populate, "import busy, shapes", build_wheel("busy", scripts))
    assert run.code == 0, run.message
    names = {file.path for file in Manifest.read(populate.release).files}
    assert {"site-packages/bin/tool", "site-packages/bin/busy"} <= names
    for name in (*names, "manifest.json"):
        content = (populate.release / name).read_bytes()
        assert b".staging-" not in content, name
        assert os.fsencode(populate.staging) not in content, name


def test_an_installer_with_a_strict_umask_proves_and_publishes_readable_files(
    populate: Populate,
) -> None:
    populate.prefix = ("sh", "-c", 'umask 077; exec "$@"', "sh")
    assert populate.run().code == 0
    assert (populate.release / "site-packages/shapes/sides.py").stat().st_mode & 0o777 == 0o644
    assert (populate.release / "site-packages/shapes").stat().st_mode & 0o777 == 0o755


DOCKER = ("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap")
"""Capabilities of root in a container of Docker's and Fargate's, of those that matter here."""
OPEN_PYTHON = "/usr/bin/python3"


@pytest.mark.skipif(
    os.geteuid() != 0
    or os.system(f"{OPEN_PYTHON} -c 'import sys, pip; assert sys.version_info > (3, 11)'") != 0,
    reason="this needs root, and a Python with pip that every user can read",
)
def test_root_of_a_container_makes_the_import_as_a_user_without_any_rights(index: Index) -> None:
    model = f"""
import os
assert "CapEff:\\t0000000000000000" in open("/proc/self/status").read()
assert os.geteuid() != 0 and os.getgroups() == []
{TRIES}
import busy
attempt(open, os.path.join(os.path.dirname(busy.__file__), "new.py"), "w")
attempt(open, "model.py", "a")
attempt(os.setuid, 0)
attempt(os.kill, os.getppid(), 0)
"""
    with TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        populate = Populate(Path(folder), index)
        populate.program.chmod(0o700)  # as the task makes it
        populate.python = OPEN_PYTHON
        bounding = ",".join(["-all", *(f"+{name}" for name in DOCKER)])
        populate.prefix = ("setpriv", f"--bounding-set={bounding}", f"--inh-caps={bounding}")
        run = tried(populate, model, build_wheel("busy", {"busy/__init__.py": ""}))
        assert run.code == 0, run.message
        assert (populate.release / BUNDLE).exists()
