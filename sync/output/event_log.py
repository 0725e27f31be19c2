"""Where the engine and the daemon tell, line by line, what they do: for logs. Nobody listens until a log is opened.

A line is an event, always the same words, and facts by name. Whose facts they are goes with the thread: within `about`
each line carries its run, its connection and its stream. Facts are ids, numbers, times and words of ours: what people
typed or servers said goes through `sync.output.privacy`, which the log itself makes sure of once more.

This module costs nothing to import and next to nothing to call while nobody listens; what writes the lines
(`sync.output.log_format`) is opened by the first one.
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
"""Writes a line: its level, its event and its facts."""

_facts: ContextVar[Mapping[str, Any]] = ContextVar("facts", default=MappingProxyType({}))


@dataclass(slots=True)
class _Listener:
    """Who listens, from which level on; `open` becomes `write` at the first line."""

    level: int = NOTHING
    open: Callable[[], Write] | None = None
    write: Write | None = None


_listener = _Listener()


@contextmanager
def listening(level: str, opening: Callable[[], Write]) -> Iterator[None]:
    """Write what is told within the block from this level on; `opening` is called at the first such line."""
    before = (_listener.level, _listener.open, _listener.write)
    _listener.level, _listener.open, _listener.write = LEVELS[level], opening, None
    try:
        yield
    finally:
        _listener.level, _listener.open, _listener.write = before


@contextmanager
def about(**facts: Any) -> Iterator[None]:
    """Add these facts to every line that this thread tells within the block."""
    token = _facts.set({**_facts.get(), **facts})
    try:
        yield
    finally:
        _facts.reset(token)


def listens(level: str) -> bool:
    """Say whether somebody listens at this level: for lines that cost something to make."""
    return LEVELS[level] >= _listener.level


def debug(event: str, **facts: Any) -> None:
    """Tell a step, for who looks for a mistake."""
    _tell("debug", event, facts)


def info(event: str, **facts: Any) -> None:
    """Tell what happens, as it should."""
    _tell("info", event, facts)


def warning(event: str, **facts: Any) -> None:
    """Tell what a person should look at some day."""
    _tell("warning", event, facts)


def error(event: str, **facts: Any) -> None:
    """Tell what a person should look at."""
    _tell("error", event, facts)


def _tell(level: str, event: str, facts: Mapping[str, Any]) -> None:
    if not listens(level):
        return
    if _listener.write is None and _listener.open is not None:
        _listener.write = _listener.open()
    if _listener.write is not None:
        _listener.write(level, event, {**_facts.get(), **facts})
