"""Write the log: one line per event, as text on a terminal and as JSON elsewhere.

Rules kept here:
- every fact passes through `sync.output.privacy`, so that no line shows personal data by mistake;
- warnings and errors of other libraries are logged in the same way;
- a log that cannot be written (a full disk, a closed pipe) stops no run.
structlog takes longer to import than a quiet run takes, so the first line imports it.
"""

import logging
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any, Literal, Protocol, TextIO, cast

from sync.output import event_log
from sync.output.event_log import Write
from sync.output.privacy import public_facts

Format = Literal["auto", "human", "json"]


class LogStream(Protocol):
    """What a log is written to."""

    def write(self, text: str, /) -> int:
        """Write a text."""

    def flush(self) -> None:
        """Hand what was written on."""

    def isatty(self) -> bool:
        """Say whether it is a terminal."""


@contextmanager
def logging_to(stream: LogStream, level: str, form: Format) -> Iterator[None]:
    """Write the events of the block to the stream; `auto` means text on a terminal and JSON elsewhere."""
    human = stream.isatty() if form == "auto" else form == "human"
    libraries = _Libraries(logging.WARNING)
    root = logging.getLogger()
    root.addHandler(libraries)
    try:
        with event_log.listening(level, lambda: _writer(stream, human=human)):
            yield
    finally:
        root.removeHandler(libraries)


class _Libraries(logging.Handler):
    """Pass on the log records of other libraries."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log the message of the record and the name of its logger."""
        level = "error" if record.levelno >= logging.ERROR else "warning"
        log = event_log.error if level == "error" else event_log.warning
        log("a library reports", kind=record.name, text=record.getMessage())


def _writer(stream: LogStream, *, human: bool) -> Write:
    """Return a function that writes lines to the stream."""
    import structlog  # takes longer than a quiet run, so the first line imports it

    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), sort_keys=False, pad_event_to=24)
        if human
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    logger = structlog.wrap_logger(
        structlog.WriteLogger(cast("TextIO", stream)),  # it writes and flushes, no more
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_personal_data,
            renderer,
        ],
        wrapper_class=structlog.BoundLogger,
    )

    def write(level: str, event: str, facts: Mapping[str, Any]) -> None:
        # A full disk or a closed pipe must not stop the run that is logged.
        with suppress(OSError, ValueError):  # ValueError: the stream is closed
            getattr(logger, level)(event, **facts)

    return write


def _without_personal_data(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Remove personal data; put time, level and event first."""
    head = {name: line.pop(name) for name in ("timestamp", "level", "event")}
    return head | public_facts(line)
