"""Logs: one line per event on a stream, for people on a terminal and as JSON elsewhere.

Rules kept here:
- every fact passes through `sync.output.privacy` on its way, so that a line which forgot about it shows nothing;
- what other libraries log is told from warnings on, in the same way;
- a log that can't be written (a full disk, a reader that is gone) harms no run.
structlog takes longer to import than a quiet run takes to work: it is imported for the first line.
"""

import logging
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any, Literal, TextIO

from sync.output import event_log
from sync.output.event_log import Write
from sync.output.privacy import public_facts

Format = Literal["auto", "human", "json"]


@contextmanager
def logging_to(stream: TextIO, level: str, form: Format) -> Iterator[None]:
    """Write what is told within the block to the stream; `auto` is for people where the stream is a terminal."""
    human = stream.isatty() if form == "auto" else form == "human"
    libraries = _Libraries(logging.WARNING)
    root = logging.getLogger()
    root.addHandler(libraries)
    try:
        with event_log.listening(level, lambda: _opened(stream, human=human)):
            yield
    finally:
        root.removeHandler(libraries)


class _Libraries(logging.Handler):
    """Passes on what other libraries log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell the record's message, and where it comes from."""
        level = "error" if record.levelno >= logging.ERROR else "warning"
        tell = event_log.error if level == "error" else event_log.warning
        tell("a library says", kind=record.name, text=record.getMessage())


def _opened(stream: TextIO, *, human: bool) -> Write:
    """Return what writes lines to the stream."""
    import structlog

    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), sort_keys=False, pad_event_to=24)
        if human
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    logger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_people,
            renderer,
        ],
        wrapper_class=structlog.BoundLogger,
    )

    def write(level: str, event: str, facts: Mapping[str, Any]) -> None:
        with suppress(OSError, ValueError):  # ValueError: the stream is closed
            getattr(logger, level)(event, **facts)

    return write


def _without_people(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Take out whatever is a person's; time, level and event come first in a line."""
    head = {name: line.pop(name) for name in ("timestamp", "level", "event")}
    return head | public_facts(line)
