"""Whether contacts are in scope, where the rows of a list do not show what decides that (R49).

A row of the table holds the verdict about one record, and a digest of what its row showed: the same row needs no second
reading of the record. Any verdict may be lost, since the record says it again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from state.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class ScopeVerdict:
    """The verdict about a record, None where its own values do not decide it. `basis` is the digest of its row."""

    record_id: str
    basis: bytes
    holds: bool | None


class ScopeVerdicts:
    """The verdicts about the contacts of one connection."""

    def __init__(self, db: Database, connection: int) -> None:
        self._db = db
        self._connection = connection

    def of_records(self, side: str, ids: Sequence[str]) -> dict[str, ScopeVerdict]:
        """Return the verdicts about these records, by id."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT record_id, basis, holds FROM scope_verdict WHERE connection = ? AND side = ?"
            f" AND record_id IN ({marks})",
            (self._connection, side, *ids),
        )
        found = (ScopeVerdict(row[0], bytes(row[1]), None if row[2] is None else bool(row[2])) for row in rows)
        return {verdict.record_id: verdict for verdict in found}

    def put_verdicts(self, transaction: Transaction, side: str, verdicts: Iterable[ScopeVerdict]) -> None:
        """Store verdicts; a later one about a record replaces an earlier one."""
        transaction.executemany(
            "INSERT OR REPLACE INTO scope_verdict (connection, side, record_id, basis, holds) VALUES (?, ?, ?, ?, ?)",
            [(self._connection, side, one.record_id, one.basis, one.holds) for one in verdicts],
        )
