"""Files that Python code reads during a cold start, answered from the bundle of the release.

Two functions of the standard library are replaced, and only as long as the cold start lasts:
``open``, where the recorded import opened so many data files that this is worth it (transformers
reads 1,700 of its own sources), and ``linecache.updatecache``, which reads the sources of traces
(TensorFlow's import makes many). What is not a plain reading of a file in the bundle goes to the
originals, and so does everything afterwards, also by a reference that somebody has kept.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import io
import linecache
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import BuiltinFunctionType
from typing import Any

from ..bundle import Bundle

_TEXT, _BYTES = ("r", "rt", "tr"), ("rb", "br")
_ARGUMENTS = ("file", "mode", "buffering", "encoding", "errors", "newline")
"""Of ``open``, those of a plain reading."""
_PATH = type(Path())


class Files:
    """What stands for the two functions, from `install` to `remove`."""

    def __init__(self, inside: Callable[[str], str | None], bundle: Bundle) -> None:
        self._inside = inside
        self._bundle = bundle
        self._active = True
        self._plain: Any = io.open, linecache.updatecache
        self._open: Any = _Open(io.open, self._data)
        self._updatecache = self._updating(linecache.updatecache)
        self._cached: dict[str, object] = {}

    def install(self) -> None:
        """Answer from the bundle. An ``open`` that is not the interpreter's own stays."""
        if self._bundle.data and builtins.open is io.open and type(open) is BuiltinFunctionType:
            io.open = builtins.open = self._open
        linecache.updatecache = self._updatecache

    def remove(self) -> None:
        """Restore the originals where nothing else has replaced these."""
        self._active = False
        places: list[tuple[Any, str, Any, Any]] = [
            (io, "open", self._open, self._plain[0]),
            (builtins, "open", self._open, self._plain[0]),
            (linecache, "updatecache", self._updatecache, self._plain[1]),
        ]
        for module, name, ours, plain in places:
            if getattr(module, name) is ours:
                setattr(module, name, plain)
        for name, lines in self._cached.items():
            if linecache.cache.get(name) is lines:
                del linecache.cache[name]

    def _data(self, path: str) -> bytes | None:
        """What ``open`` reads, or None where the original does."""
        name = self._inside(path) if self._active else None
        return self._bundle.read(name) if name in self._bundle.data else None

    def _updating(self, plain: Callable[..., list[str]]) -> Any:
        @wraps(plain)
        def updatecache(filename: str, module_globals: dict[str, Any] | None = None) -> list[str]:
            name = None
            if self._active and type(filename) is str and filename.endswith(".py"):
                name = self._inside(filename)
            data = None if name is None else self._bundle.read(name)
            if data is None:
                return plain(filename, module_globals)
            try:
                lines = io.StringIO(importlib.util.decode_source(data)).readlines()
            except (SyntaxError, UnicodeDecodeError):
                return plain(filename, module_globals)
            if lines and not lines[-1].endswith("\n"):
                lines[-1] += "\n"
            # Without a time, so that linecache does not ask the file system.
            self._cached[filename] = linecache.cache[filename] = len(data), None, lines, filename
            return lines

        return updatecache


class _Open:
    """Stands for ``open``: looks like it, is no method where a class has it, and goes through
    pickle as the function of its name.
    """

    def __init__(self, plain: Any, data: Callable[[str], bytes | None]) -> None:
        self._plain = plain
        self._data_of = data
        self.__doc__ = plain.__doc__
        self.__module__ = plain.__module__

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        stream = self._stream(dict(zip(_ARGUMENTS, arguments, strict=False)), arguments, named)
        return self._plain(*arguments, **named) if stream is None else stream

    def _stream(self, asked: dict[str, Any], arguments: tuple[Any, ...], named: Any) -> Any:
        """The file, or None if this is not a plain reading of a file in the bundle."""
        asked |= named
        path: Any = asked.get("file")
        mode = asked.get("mode", "r")
        coding: list[Any] = [asked.get(name) for name in _ARGUMENTS[3:]]
        if (
            len(asked) != len(arguments) + len(named)
            or not asked.keys() <= {*_ARGUMENTS}
            or type(path) not in (str, _PATH)
            or type(mode) is not str
            or type(asked.get("buffering", -1)) is not int
            or asked.get("buffering", -1) != -1
            or not all(value is None or type(value) is str for value in coding)
        ):
            return None
        is_text = mode in _TEXT
        if is_text and coding[0] is None and sys.flags.warn_default_encoding:
            return None
        if not is_text and (mode not in _BYTES or coding != [None] * 3):
            return None
        path = os.fspath(path)
        data = self._data_of(path)
        if data is None:
            return None
        sys.audit("open", path, "r", os.O_RDONLY | os.O_CLOEXEC)
        stream = io.BufferedReader(_Raw(path, data))
        if not is_text:
            return stream
        text = io.TextIOWrapper(stream, *coding)
        text.mode = mode  # type: ignore[misc]
        return text

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._plain)

    def __repr__(self) -> str:
        return repr(self._plain)

    def __eq__(self, other: object) -> bool:
        return other is self or bool(other == self._plain)

    def __hash__(self) -> int:
        return hash(self._plain)

    def __copy__(self) -> _Open:
        return self

    def __deepcopy__(self, _: object) -> _Open:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (_Module("io"), "open")


class _Module:
    """A module, to pickle."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __reduce__(self) -> tuple[Any, ...]:
        return importlib.import_module, (self._name,)


class _Raw(io.RawIOBase):
    """A file that was read already. Who asks for its descriptor gets that of the file itself."""

    mode = "rb"
    closefd = True

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self._file: io.BytesIO | io.FileIO = io.BytesIO(data)

    def fileno(self) -> int:
        file = self._opened()
        if isinstance(file, io.BytesIO):
            self._file = io.FileIO(self.name)
            self._file.seek(file.tell())
        return self._file.fileno()

    def close(self) -> None:
        super().close()
        self._file.close()

    def readable(self) -> bool:
        return self._opened().readable()

    def seekable(self) -> bool:
        return self._opened().seekable()

    def readinto(self, buffer: Any) -> int | None:
        return self._opened().readinto(buffer)

    def readall(self) -> bytes:
        return self._opened().read()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._opened().seek(offset, whence)

    def tell(self) -> int:
        return self._opened().tell()

    def _opened(self) -> io.BytesIO | io.FileIO:
        if self.closed:
            raise ValueError("I/O operation on closed file")
        return self._file
