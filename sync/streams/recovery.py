"""Find out what became of writes with an unknown outcome: of a killed run, and unanswered (R20)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from connectors.errors import RecordGone
from state.intents import Intent
from sync.streams.connection import ConnectionSides, Run, Side
from sync.streams.record_boundary import Boundary

Sent = TypeVar("Sent", bound=Intent)

PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds to wait before an update without an answer is looked for, and sent again if need be."""


def settle_each(
    connection: ConnectionSides,
    boundary: Boundary,
    intents: Iterable[Sent],
    operation: str,
    settle: Callable[[Side, Sent], None],
    *,
    first: bool = False,
) -> list[Sent]:
    """Settle intents one by one on the side that they write to; return those that raised an error, which is listed.

    `first` ends the run where a server has trouble with one of them. Raises AuthError, TransientError.
    """
    unsettled: list[Sent] = []
    for intent in intents:
        target = connection.side(intent.side)
        with boundary.around(
            connection.other(target), intent.source_id, operation, account=target.account, first=first
        ):
            settle(target, intent)
            continue
        unsettled.append(intent)
    return unsettled


@dataclass(frozen=True, slots=True)
class SettleTime:
    """How long a write without an answer may still take effect: until `settle` has passed since it was sent."""

    run: Run
    connection: ConnectionSides

    def has_passed(self, target: Side, intent: Intent) -> bool:
        """Return whether a write can no longer take effect."""
        return self._left_ms(target, intent) <= 0

    def ends_ms(self, target: Side, intent: Intent) -> int:
        """Return when it has passed, or now where it has: milliseconds since 1970 on our clock."""
        return self.run.now_ms() + max(0, self._left_ms(target, intent))

    def _left_ms(self, target: Side, intent: Intent) -> int:
        # The time of sending is the server's, so the server's clock counts here as well (R1).
        return self.connection.settle_ms - (target.server_now_ms(self.run.clock) - intent.sent_ms)


def is_gone(read: Callable[[], object]) -> bool:
    """Return whether reading a record by id shows that it does not exist."""
    try:
        read()
    except RecordGone:
        return True
    return False
