"""The file of `[log] file`: appended to, readable by its owner only, and opened again when it was moved away.

So logrotate and others may move it at any time, without a signal.
"""

import os
from pathlib import Path
from typing import Self, TextIO


class LogFile:
    """A text file that is written to by its path. As a context manager it is closed at the end."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises OSError."""
        self._path = path
        self._file = _opened(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def write(self, text: str) -> int:
        """Append a text. Raises OSError."""
        if self._is_moved():
            self._file.close()
            self._file = _opened(self._path)
        return self._file.write(text)

    def flush(self) -> None:
        """Hand what was written to the system. Raises OSError."""
        self._file.flush()

    def isatty(self) -> bool:
        """Say that it is no terminal."""
        return False

    def _is_moved(self) -> bool:
        try:
            present = self._path.stat()
        except FileNotFoundError:
            return True
        return not os.path.samestat(present, os.fstat(self._file.fileno()))


def _opened(path: Path) -> TextIO:
    return open(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8", errors="replace")  # noqa: PTH123 - the mode of a new file
