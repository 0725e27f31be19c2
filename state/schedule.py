"""The planned runs of the daemon, for `sync status`. True only while a daemon holds its lock (`state.lock`)."""

from collections.abc import Iterable
from dataclasses import dataclass

from state.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """The next run of a stream, in milliseconds, None for none. `delayed` is the reason of a delay, '' without one.

    `connection` is the name in the config file; the state need not know it yet.
    """

    connection: str
    stream: str
    next_ms: int | None
    delayed: str = ""


def plan_run(transaction: Transaction, planned: PlannedRun) -> None:
    """Store when a stream runs next."""
    transaction.execute(
        "INSERT OR REPLACE INTO schedule VALUES (?, ?, ?, ?)",
        (planned.connection, planned.stream, planned.next_ms, planned.delayed),
    )


def plan_runs(transaction: Transaction, runs: Iterable[PlannedRun]) -> None:
    """Replace all planned runs by these."""
    transaction.execute("DELETE FROM schedule")
    for planned in runs:
        plan_run(transaction, planned)


def planned_runs(db: Database) -> list[PlannedRun]:
    """Return the planned runs, the next one first."""
    rows = db.execute("SELECT * FROM schedule ORDER BY next_ms IS NULL, next_ms, connection, stream")
    return [PlannedRun(row["connection"], row["stream"], row["next_ms"], row["delayed"]) for row in rows.fetchall()]
