"""Log the events of the engine and the daemon, one line each. Lines are dropped until a log is opened.

A line is an event, always in the same words, and named facts. Within `about`, each line of the thread also names its
run, connection and stream. Facts are ids, numbers, times and fixed words. Texts that users typed or servers sent go
through `sync.output.privacy`; the log applies it to every line once more.

Importing this module costs nothing, and a call costs next to nothing while no log is open. The first line opens the
writer (`sync.output.log_format`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
NOTHING: Final = 100

Write = Callable[[str, str, Mapping[str, Any]], None]
"""A function that writes a line: its level, its event and its facts."""

_facts: ContextVar[Mapping[str, Any]] = ContextVar("facts", default=MappingProxyType({}))


@dataclass(slots=True)
class _Log:
    """The open log and its lowest level. The first line calls `open` and keeps the result as `write`."""

    level: int = NOTHING
    open: Callable[[], Write] | None = None
    write: Write | None = None


_log = _Log()


@contextmanager
def listening(level: str, opening: Callable[[], Write]) -> Iterator[None]:
    """Write the lines of the block from this level on. The first such line calls `opening`."""
    before = (_log.level, _log.open, _log.write)
    _log.level, _log.open, _log.write = LEVELS[level], opening, None
    try:
        yield
    finally:
        _log.level, _log.open, _log.write = before


@contextmanager
def about(**facts: Any) -> Iterator[None]:
    """Add these facts to every line of this thread within the block."""
    token = _facts.set({**_facts.get(), **facts})
    try:
        yield
    finally:
        _facts.reset(token)


def is_enabled(level: str) -> bool:
    """Return whether lines of this level are written, for lines that are expensive to build."""
    return LEVELS[level] >= _log.level


def debug(event: str, **facts: Any) -> None:
    """Log a step, for debugging."""
    _write("debug", event, facts)


def info(event: str, **facts: Any) -> None:
    """Log a normal event."""
    _write("info", event, facts)


def warning(event: str, **facts: Any) -> None:
    """Log an event that a user should look at some day."""
    _write("warning", event, facts)


def error(event: str, **facts: Any) -> None:
    """Log an event that a user should look at."""
    _write("error", event, facts)


def _write(level: str, event: str, facts: Mapping[str, Any]) -> None:
    if not is_enabled(level):
        return
    # The writer is opened by the first line, because a quiet run should not pay for it.
    if _log.write is None and _log.open is not None:
        _log.write = _log.open()
    if _log.write is not None:
        _log.write(level, event, {**_facts.get(), **facts})
