"""What stays of a cloud when it closes or is killed, and where nothing can be mounted."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import uuid
from pathlib import Path

import pytest

from local.cloud import Cloud
from local.sandbox import Bind, Host, Process, mapped
from tests.processes import eventually, living

from ..conftest import Stack

pytestmark = pytest.mark.whole


def test_a_file_system_keeps_its_files_from_one_cloud_to_the_next(tmp_path: Path) -> None:
    for expected in ("[]", "['kept']"):
        with Cloud(tmp_path, seconds_to_create=0) as cloud:
            stack = Stack(cloud)
            source = "import os; print(os.listdir('/mnt/shared')); open('/mnt/shared/kept', 'w')"
            stack.ended(stack.run(source))
            assert stack.lines() == [expected]


def busy(stack: Stack, marker: str) -> None:
    """A task with a child that ignores signals, and a warm function."""
    source = f"""
        import subprocess, sys, time
        child = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(300)"
        subprocess.Popen([sys.executable, "-c", child, "{marker}"], start_new_session=True)
        print("on")
        time.sleep(300)
    """
    stack.run(textwrap.dedent(source))
    eventually(lambda: living(marker) and stack.lines())
    stack.create_function(f"def handler(e, c): return 1 # {marker}")
    stack.invoke()


def test_close_leaves_no_process_and_no_scratch_folder(cloud: Cloud, stack: Stack) -> None:
    marker = uuid.uuid4().hex
    busy(stack, marker)
    scratch = cloud.scratch
    assert living(str(scratch))
    cloud.close()
    cloud.close()
    assert not living(marker)
    assert not living(str(scratch))
    assert not scratch.exists()


def test_a_kill_of_the_program_leaves_no_process(tmp_path: Path) -> None:
    marker = uuid.uuid4().hex
    program = f"""
        import time
        from pathlib import Path
        from local.cloud import Cloud
        from tests.local.conftest import Stack
        from tests.local.executors.test_processes import busy
        with Cloud(Path({str(tmp_path)!r}), seconds_to_create=0) as cloud:
            busy(Stack(cloud), "{marker}")
            print(cloud.scratch, flush=True)
            time.sleep(300)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        scratch = Path(process.stdout.readline().strip())
        assert scratch.is_dir()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    eventually(lambda: not living(marker) and not living(str(scratch)))


def test_two_clouds_of_two_processes_work_at_once_on_the_same_state(
    stack: Stack, tmp_path: Path
) -> None:
    program = f"""
        from pathlib import Path
        from local.cloud import Cloud
        from tests.local.conftest import Stack
        with Cloud(Path({str(tmp_path / "state")!r}), seconds_to_create=0) as cloud:
            stack = Stack(cloud)
            stack.ended(stack.run("open('/mnt/shared/other', 'w')"))
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=Path(__file__).parents[3], check=True
    )
    stack.ended(stack.run("import os; print(os.listdir('/mnt/shared'))"))
    assert stack.lines() == ["['other']"]


def test_where_nothing_can_be_mounted_the_path_is_mapped(tmp_path: Path) -> None:
    lines: list[str] = []
    source = "import os, sys; print(os.environ['RELEASE'], sys.argv[1]); open(sys.argv[1], 'w')"
    process = Process(
        Host(tmp_path, namespaces=False),
        [sys.executable, "-c", source, "/mnt/shared/file"],
        environment={"RELEASE": "/mnt/shared"},
        folder=tmp_path,
        binds=[Bind(str(tmp_path), "/mnt/shared")],
        on_output=lines.extend,
    )
    process.join(10)
    assert lines == [f"{tmp_path} {tmp_path}/file"]
    assert (tmp_path / "file").exists()


def test_a_host_without_namespaces_is_named_once_property_by_property_and_served_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.cloud.server.namespaces_work", lambda: False)
    said: list[str] = []
    with Cloud(tmp_path, log=said.append, seconds_to_create=0) as cloud:
        stack = Stack(cloud)
        stack.ended(stack.run("open('/mnt/shared/model', 'w').write('42')"))
        stack.create_function(
            "import os\ndef handler(event, context): return open(os.environ['MODEL']).read()",
            Environment={"Variables": {"MODEL": "/mnt/shared/model"}},
        )
        assert stack.invoke()[0] == "42"
    assert len(said) == 1
    assert said[0].startswith("This host allows no mount namespaces: ")
    for word in ("mount path", "read-only", "/tmp", "HOME", "/dev/shm", "network"):
        assert word in said[0]


def test_only_whole_paths_are_mapped() -> None:
    binds = [Bind("/host", "/mnt/a")]
    text = "/mnt/a /mnt/a/b --x=/mnt/a/c:/mnt/a /mnt/ab /x/mnt/a https://mnt/a"
    assert mapped(text, binds) == "/host /host/b --x=/host/c:/host /mnt/ab /x/mnt/a https://mnt/a"
