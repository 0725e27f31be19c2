"""A cause of notifications: a plain shape, so that decisions can use it without a database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotificationCause:
    """Something that the command under `[notify]` is told once: since when, how often that was tried, when it worked.

    A cause may have several keys (each open conflict is one), or the single key ''. Times are milliseconds.
    """

    cause: str
    key: str
    since_ms: int
    tries: int = 0
    notified_ms: int | None = None
