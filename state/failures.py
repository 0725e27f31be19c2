"""Failures: records that could not be synced, listed until they are, or until a user dismisses them (R22).

A failure belongs to the record that could not be synced, by its side and id. `account` is where the attempt failed.
`blockers` are records ("left:ID"); their change may remove the cause. A dismissed failure is hidden until its record
changes. Transient errors of single records are counted in the table `trouble`; after three runs a failure is listed.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from state.database import Database, Transaction

RETRY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure. Times are milliseconds.

    `digest` is that of the record when it failed, `due_ms` when to retry, `noted_ms` when the failure was last stored.
    """

    side: str
    record_id: str
    account: str
    who: str
    operation: str
    reason: str
    blockers: tuple[str, ...] = ()
    digest: bytes | None = None
    due_ms: int = 0
    dismissed: bool = False
    noted_ms: int = field(default=0, compare=False)

    def is_due(self, now_ms: int) -> bool:
        """Return whether to retry now. A failure that was stored in the future is due: our clock was set back since."""
        return self.due_ms <= now_ms or self.noted_ms > now_ms


class Failures:
    """The failures of one stream of one connection."""

    def __init__(self, db: Database, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def put_failure(self, transaction: Transaction, failure: Failure, now_ms: int) -> None:
        """List a failure, or count one more attempt of a listed one."""
        transaction.execute(
            "INSERT INTO failure (connection, stream, side, record_id, account, who, operation, reason, blockers,"
            " digest, attempts, first_ms, last_ms, due_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)"
            " ON CONFLICT (connection, stream, side, record_id) DO UPDATE SET account = excluded.account,"
            " who = excluded.who, operation = excluded.operation, reason = excluded.reason,"
            " blockers = excluded.blockers, digest = excluded.digest, attempts = attempts + 1,"
            " last_ms = excluded.last_ms, due_ms = excluded.due_ms, dismissed = NULL",
            (
                *self._key, failure.side, failure.record_id, failure.account, failure.who, failure.operation,
                failure.reason, json.dumps(failure.blockers), failure.digest, now_ms, now_ms,
                failure.due_ms or now_ms + RETRY_MS,
            ),
        )  # fmt: skip

    def close_failures(self, transaction: Transaction, side: str, *record_ids: str) -> None:
        """Delete the failures of records, and their counts of transient errors: they were synced, or are gone."""
        for table in ("failure", "trouble"):
            transaction.executemany(
                f"DELETE FROM {table} WHERE connection = ? AND stream = ? AND side = ? AND record_id = ?",
                [(*self._key, side, record_id) for record_id in record_ids],
            )

    def of_records(self, side: str, ids: Sequence[str]) -> dict[str, Failure]:
        """Return the failures of these records by id, dismissed ones too."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT * FROM failure WHERE connection = ? AND stream = ? AND side = ? AND record_id IN ({marks})",
            (*self._key, side, *ids),
        )
        return {row["record_id"]: _failure(row) for row in rows}

    def waiting_failures(self) -> list[Failure]:
        """Return every failure that is not dismissed."""
        rows = self._db.execute(
            "SELECT * FROM failure WHERE connection = ? AND stream = ? AND dismissed IS NULL ORDER BY id",
            self._key,
        )
        return [_failure(row) for row in rows.fetchall()]

    def count_listed(self) -> int:
        """Return how many failures are not dismissed."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM failure WHERE connection = ? AND stream = ? AND dismissed IS NULL",
                self._key,
            ).fetchone()[0]
        )

    def count_trouble(self, transaction: Transaction, side: str, record_id: str) -> int:
        """Count one more run in which the record met a transient error, and return the number of such runs."""
        row = transaction.execute(
            "INSERT INTO trouble VALUES (?, ?, ?, ?, 1)"
            " ON CONFLICT (connection, stream, side, record_id) DO UPDATE SET runs = runs + 1 RETURNING runs",
            (*self._key, side, record_id),
        ).fetchone()
        return int(row[0])


def make_due(transaction: Transaction, failure_ids: Iterable[int]) -> None:
    """Have the next run retry failures, dismissed ones too."""
    transaction.executemany(
        "UPDATE failure SET due_ms = 0, digest = NULL, dismissed = NULL WHERE id = ?", [(one,) for one in failure_ids]
    )


def dismiss_failure(transaction: Transaction, failure_id: int, why: str) -> None:
    """Hide a failure until its record changes; `why` is the reason that the user gave."""
    transaction.execute("UPDATE failure SET dismissed = ? WHERE id = ?", (why, failure_id))


def _failure(row: sqlite3.Row) -> Failure:
    return Failure(
        row["side"], row["record_id"], row["account"], row["who"], row["operation"], row["reason"],
        tuple(json.loads(row["blockers"])), row["digest"], row["due_ms"], row["dismissed"] is not None, row["last_ms"],
    )  # fmt: skip
