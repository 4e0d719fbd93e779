"""Package: files as one zip that is the same each time, named by its SHA-256."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

# What Lambda and the populate task see: everybody may read, and run what its owner may run.
_FILE = stat.S_IFREG | 0o644
_PROGRAM = stat.S_IFREG | 0o755
_UNIX = 3


class Package:
    """Files as one zip, in a folder of its own until `remove`, at the latest until Python ends.

    The same names, contents and executable bits give the same bytes on every machine: names are
    sorted, dates and modes are fixed, and nothing is compressed, which each zlib does its own way.

    Args:
        files: For each path in the zip the file, or the content.

    Attributes:
        names: The paths in the zip.
        path: The zip.
        sha256: Of the zip, hexadecimal.
    """

    def __init__(self, files: Mapping[str, Path | bytes]) -> None:
        self.names = sorted(files)
        self._folder = tempfile.mkdtemp(prefix="efs-inference-")
        # Not a weak reference's work: Pulumi reads the file by its name.
        atexit.register(self.remove)
        self.path = Path(self._folder) / "package.zip"
        with zipfile.ZipFile(self.path, "w") as archive:
            for name, file in sorted(files.items()):
                _add(archive, name, file)
        with self.path.open("rb") as written:
            self.sha256 = hashlib.file_digest(written, "sha256").hexdigest()

    def remove(self) -> None:
        """Remove the zip and its folder. May be called again."""
        atexit.unregister(self.remove)
        shutil.rmtree(self._folder, ignore_errors=True)


def _add(archive: zipfile.ZipFile, name: str, file: Path | bytes) -> None:
    # ZipInfo's own date is 1980-01-01.
    entry = zipfile.ZipInfo(name)
    entry.create_system = _UNIX
    if isinstance(file, bytes):
        entry.external_attr = _FILE << 16
        archive.writestr(entry, file)
        return
    runs = file.stat().st_mode & stat.S_IXUSR
    entry.external_attr = (_PROGRAM if runs else _FILE) << 16
    entry.file_size = file.stat().st_size
    with file.open("rb") as source, archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target)
