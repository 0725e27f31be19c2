"""Store the events of webhooks: each id once, all waiting events in one durable commit, and a limited number of hints.

Rules kept here:
- the id of an event is kept as a digest, as long as the event could be sent again within the time window;
- an event that is too late for the window is accepted if its id is known, or if it was deferred (FULL), and refused
  (LATE) otherwise;
- an event for which there is no room leaves no trace, so that it can be sent again.
Calls come from one thread. An outcome is true once the transaction of `queue_events` has committed.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from state.database import Database, Transaction
from state.webhook_hints import Hint, count_all_hints

PRUNED_AT_ONCE: Final = 2000
"""Ids that one commit deletes: a run that wants to write waits no longer than that."""
DEFERRED: Final = 50_000
"""How many ids of deferred events are remembered, the latest ones; these events may arrive late."""

Place = tuple[str, str]
"""A connection and a stream, by their names."""


class Outcome(Enum):
    """The outcome of an event."""

    QUEUED = "queued"
    DUPLICATE = "duplicate"
    LATE = "late"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event: the digest of its id, the places of its hints, and whether it is too late for the time window."""

    digest: bytes
    hints: Sequence[tuple[Place, Hint]]
    heard_ms: int
    late: bool = False


class WebhookQueue:
    """The queue of one state file, which no other process fills."""

    def __init__(self, db: Database, now_ms: int) -> None:
        self._db = db
        last = db.execute("SELECT coalesce(max(number), 0) FROM hint").fetchone()[0]
        self._number = max(int(last), now_ms * 1000)  # above every number that was ever given, across restarts
        self._deferred: OrderedDict[bytes, None] = OrderedDict()
        self.waiting = 0

    def queue_events(self, transaction: Transaction, arrivals: Sequence[QueuedEvent], capacity: int) -> list[Outcome]:
        """Store events in the order of their arrival; `waiting` is the number of all hints then."""
        self.waiting = count_all_hints(self._db)
        outcomes = []
        heard: dict[str, int] = {}
        for arrival in arrivals:
            outcome, taken = self._take(transaction, arrival, capacity - self.waiting)
            outcomes.append(outcome)
            self.waiting += taken
            if outcome is Outcome.QUEUED:
                heard.update((place[0], arrival.heard_ms) for place, _ in arrival.hints)
        transaction.executemany("INSERT OR REPLACE INTO heard VALUES (?, ?)", heard.items())
        return outcomes

    def defer_events(self, arrivals: Iterable[QueuedEvent]) -> None:
        """Remember events that the sender has to send again: they may arrive late."""
        for arrival in arrivals:
            self._deferred[arrival.digest] = None
            if len(self._deferred) > DEFERRED:
                self._deferred.popitem(last=False)

    def forget_deferred(self, arrivals: Iterable[QueuedEvent]) -> None:
        """Forget deferred events that have arrived."""
        for arrival in arrivals:
            self._deferred.pop(arrival.digest, None)

    def forget_ids(self, transaction: Transaction, before_ms: int) -> int:
        """Delete some of the ids that arrived before a time; return how many."""
        rows = transaction.execute(
            "DELETE FROM webhook WHERE digest IN (SELECT digest FROM webhook WHERE heard_ms < ? LIMIT ?)",
            (before_ms, PRUNED_AT_ONCE),
        )
        return rows.rowcount

    def keep_hints_for(self, transaction: Transaction, wanted: Collection[tuple[str, str, str]]) -> None:
        """Delete all hints except those of a connection, stream and account that is wanted."""
        for row in transaction.execute("SELECT DISTINCT connection, stream, account FROM hint").fetchall():
            if tuple(row) not in wanted:
                transaction.execute("DELETE FROM hint WHERE connection = ? AND stream = ? AND account = ?", tuple(row))

    def _take(self, transaction: Transaction, arrival: QueuedEvent, room: int) -> tuple[Outcome, int]:
        """Return the outcome of an event, and how many hints it adds."""
        if self._is_known(arrival.digest):
            return Outcome.DUPLICATE, 0
        if arrival.late and arrival.digest not in self._deferred:
            return Outcome.LATE, 0
        needed = sum(not self._has(place, hint) for place, hint in arrival.hints)
        if needed > room:
            return Outcome.FULL, 0
        transaction.execute("INSERT INTO webhook VALUES (?, ?)", (arrival.digest, arrival.heard_ms))
        for place, hint in arrival.hints:
            self._put(transaction, place, hint, arrival.heard_ms)
        return Outcome.QUEUED, needed

    def _is_known(self, digest: bytes) -> bool:
        return self._db.execute("SELECT 1 FROM webhook WHERE digest = ?", (digest,)).fetchone() is not None

    def _has(self, place: Place, hint: Hint) -> bool:
        row = self._db.execute(
            "SELECT 1 FROM hint WHERE connection = ? AND stream = ? AND account = ? AND record = ?",
            (*place, hint.account, hint.record),
        ).fetchone()
        return row is not None

    def _put(self, transaction: Transaction, place: Place, hint: Hint, heard_ms: int) -> None:
        """Store a hint, or merge it with an earlier one. A record that was once said to be gone is asked for by id."""
        self._number += 1
        transaction.execute(
            "INSERT INTO hint (connection, stream, account, record, contact, gone, event_ms, heard_ms, number)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (connection, stream, account, record) DO UPDATE SET"
            " contact = excluded.contact, gone = max(gone, excluded.gone),"
            " event_ms = max(event_ms, excluded.event_ms), heard_ms = excluded.heard_ms, number = excluded.number",
            (*place, hint.account, hint.record, hint.contact, hint.gone, hint.event_ms, heard_ms, self._number),
        )
