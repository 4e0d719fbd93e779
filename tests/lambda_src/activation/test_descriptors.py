"""A model that closes every descriptor keeps what it opens afterwards, and gets its answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..conftest import Populate, Run
from ..function import WAITS, Function
from ..runtime import running

TAKE = """
import fcntl, os, socket
TAKEN = []
def take(first):
    os.closerange(first, 1000)
    for number in range(60):
        pair = socket.socketpair()
        for end in pair:
            end.sendall(b"%d" % number)
            TAKEN.append((number, end, end.fileno(), fcntl.fcntl(end, fcntl.F_GETFL)))
def predict(instances):
    import shapes.sides
    for number, end, descriptor, flags in TAKEN:
        assert end.fileno() == descriptor
        assert fcntl.fcntl(end, fcntl.F_GETFL) == flags
        assert end.recv(100) == b"%d" % number
    for number, end, _, _ in TAKEN:
        end.sendall(b"%d" % number)
    return [[len(TAKEN), shapes.SIDES, shapes.sides.__spec__.origin == shapes.sides.__file__]]
"""

MODELS = {
    "before-the-imports": "take(3)\nimport shapes\n",
    "between-the-imports": "import shapes.sides\ntake(3)\nimport importlib, json.tool\n",
    "before-load": "import shapes\ntake(3)\ndef load():\n    import shapes.sides\n",
    "again": "take(3)\nTAKEN.clear()\ntake(3)\nimport shapes\nTAKEN.clear()\ntake(3)\n",
    "as-a-daemon": "os.closerange(0, 1000)\n"
    "assert [os.open(os.devnull, os.O_RDWR) for _ in range(3)] == [0, 1, 2]\n"
    "import shapes\ntake(3)\n",
    "without-streams": "os.closerange(0, 1000)\nimport shapes\n"
    "assert os.open(os.devnull, os.O_RDWR) == 0\n",
    "by-number": "for number in range(3, 1000):\n    try:\n        os.close(number)\n"
    "    except OSError:\n        pass\ntake(3)\nimport shapes\n",
    "limit": "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))\ntake(3)\n"
    "FILL = []\ntry:\n    while True:\n        FILL.append(os.open('/', 0))\nexcept OSError:\n"
    "    [os.close(number) for number in FILL]\nimport shapes\n",
}


@pytest.mark.parametrize("late", [False, True], ids=["in-time", "late"])
@pytest.mark.parametrize("name", MODELS)
def test_what_has_a_number_that_was_ours_is_left_alone(
    published: tuple[Populate, Run], tmp_path: Path, name: str, late: bool
) -> None:
    function = Function(tmp_path)
    function.environment["RELEASE_PATH"] = str(published[0].release)
    function.write_model(TAKE + MODELS[name] + (WAITS if late else ""))
    if late:
        function.shorten_init(0.1)
    with running(function) as process:
        process.ready()
        function.initialize()
        for _ in range(2):
            answer = process.call({"instances": [1]})
            assert answer == (
                "response",
                {"predictions": [[120 if "take" in MODELS[name] else 0, 4, True]]},
            ), process.lines
            process.ready()
        if name not in {"as-a-daemon", "without-streams"}:  # where no log comes
            assert [log["BundleUsed"] for log in process.logs if "BundleUsed" in log] == [1]
