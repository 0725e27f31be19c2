"""A cause of notifications: a plain shape, so that decisions can use it without a database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotificationCause:
    """A cause of a call of the command under `[notify]`: since when, the number of tries, and the time of the call.

    A cause may have several keys (each open conflict is one), or the single key ''. Times are milliseconds.
    """

    cause: str
    key: str
    since_ms: int
    tries: int = 0
    notified_ms: int | None = None
