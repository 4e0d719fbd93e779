"""What goes wrong in an installer."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens in a process of the installer, and where.

    Attributes:
        action: A signal that the process sends itself, the errno of the error that is raised, or
            POWERCUT.
        at: At which of the operations that match, from 1; 0 for never.
        process: ``release`` (the installer itself), ``pip``, ``compileall`` or ``import``.
        kind: Only operations of this kind, see prelude.py; all if empty.
        path: Only paths in which this pattern is found.
        clock: Seconds by which the clock is wrong.
        locks: Whether it shares its locks with others.
        threads: How many threads can be started; -1 for as many as it wants.
    """

    action: str = "SIGKILL"
    at: int = 1
    process: str = "release"
    kind: str = ""
    path: str = ""
    clock: float = 0
    locks: bool = True
    threads: int = -1

    def prelude(self, word: Path, *under: Path) -> tuple[str, ...]:
        """The words between Python and what it runs.

        ``word`` is the file that tells where the fault struck, ``under`` where operations count.
        """
        word.touch()
        word.chmod(0o666)  # the import runs as another user
        specification = asdict(self) | {"word": str(word), "under": [str(path) for path in under]}
        return (str(HERE / "prelude.py"), json.dumps(specification))
