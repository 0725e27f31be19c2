"""The staging of a run: what it has read and what it will do, in a database of its own that is deleted with the run.

It is an attached temporary database, and SQLite unlinks its file at once. So a killed run leaves nothing behind, the
state file does not grow, and neither deciding nor writing holds more than a page in memory. The next run reads again
what was staged; only links, shadows and cursors are kept.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from state.database import Transaction
from state.file import StateFile

PAGE = 200

TABLES = """
CREATE TABLE stage.record (
  number INTEGER PRIMARY KEY, side TEXT NOT NULL, id TEXT NOT NULL, raw TEXT, contact TEXT, digest BLOB,
  changed_ms INTEGER, link INTEGER, UNIQUE (side, id)
);
CREATE TABLE stage.pair (left_id TEXT PRIMARY KEY, right_id TEXT NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE stage.step (
  number INTEGER PRIMARY KEY, operation TEXT NOT NULL, side TEXT NOT NULL, left_id TEXT, right_id TEXT,
  link INTEGER, writes TEXT NOT NULL, note TEXT,
  changes TEXT
)
"""


@dataclass(frozen=True, slots=True)
class Staged:
    """A record that was read.

    `contact` is the contact as JSON, None when nothing about it is new; `raw` is the record itself, where it is needed
    again. `changed_ms` is when it changed, on our clock, None when the time is unknown (R14).
    """

    side: str
    id: str
    raw: str | None = None
    contact: str | None = None
    digest: bytes | None = None
    changed_ms: int | None = None
    link: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the plan.

    `writes` are the sides it writes to ('', 'left', 'right' or 'both'); `note` is what else the operation needs: JSON
    for contacts and retries, or the domain of a company. `changes` is what it writes, as JSON.
    """

    operation: str
    side: str = ""
    left_id: str | None = None
    right_id: str | None = None
    link: int | None = None
    writes: str = ""
    note: str | None = None
    number: int = 0
    changes: str | None = None

    @property
    def ids(self) -> tuple[str, str]:
        """Return the ids of both records, left first, each '' if it has none there."""
        return self.left_id or "", self.right_id or ""

    def record_id(self, side: str) -> str:
        """Return the id of its record on 'left' or 'right', '' if it has none there."""
        return (self.left_id if side == "left" else self.right_id) or ""


class Staging:
    """The staging of one run."""

    def __init__(self, state: StateFile) -> None:
        self._db = state.db
        self._has_pairs = False
        self._has_index = False
        self._db.execute("ATTACH '' AS stage")
        self._db.execute("PRAGMA stage.synchronous = OFF")
        self._db.execute("PRAGMA stage.journal_mode = MEMORY")
        for statement in TABLES.split(";"):
            self._db.execute(statement)

    def detach(self) -> None:
        """Delete the staging."""
        self._db.execute("DETACH stage")

    def put_records(self, transaction: Transaction, records: Iterable[Staged]) -> None:
        """Stage records; a later reading of a record replaces an earlier one."""
        transaction.executemany(
            "INSERT INTO stage.record (side, id, raw, contact, digest, changed_ms, link) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (side, id) DO UPDATE SET raw = excluded.raw, contact = excluded.contact,"
            " digest = excluded.digest, changed_ms = excluded.changed_ms, link = excluded.link",
            [(r.side, r.id, r.raw, r.contact, r.digest, r.changed_ms, r.link) for r in records],
        )

    def changed_records(self, side: str, ids: Sequence[str]) -> dict[str, Staged]:
        """Return the records of these ids that show something new, by id."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT * FROM stage.record WHERE side = ? AND id IN ({marks}) AND contact IS NOT NULL", (side, *ids)
        )
        return {row["id"]: _staged(row) for row in rows}

    def changed_record(self, side: str, record_id: str) -> Staged | None:
        """Return the record with that id if it shows something new."""
        return self.changed_records(side, [record_id]).get(record_id)

    def has_record(self, side: str, record_id: str) -> bool:
        """Return whether a record was read, changed or not."""
        row = self._db.execute("SELECT 1 FROM stage.record WHERE side = ? AND id = ?", (side, record_id)).fetchone()
        return row is not None

    def mark_shown(self, transaction: Transaction, side: str, ids: Iterable[str]) -> None:
        """Store that records were listed, though the next run reads them."""
        transaction.executemany(
            "INSERT OR IGNORE INTO stage.record (side, id) VALUES (?, ?)", [(side, record_id) for record_id in ids]
        )

    def missing_links(self, side: str, connection: int, after: int) -> list[tuple[int, str]]:
        """Return a page of the links of contacts past number `after` with a record on a side that was not listed.

        With each link comes the id of that record. Records that are known to be gone are left out.
        """
        rows = self._db.execute(
            f"SELECT l.id, l.{side}_id FROM link l WHERE l.connection = ? AND l.stream = 'contacts' AND l.id > ?"
            " AND l.gone IS NOT ? AND NOT EXISTS"
            f" (SELECT 1 FROM stage.record r WHERE r.side = ? AND r.id = l.{side}_id) ORDER BY l.id LIMIT ?",
            (connection, after, side, side, PAGE),
        )
        return [(row[0], row[1]) for row in rows.fetchall()]

    def count_missing(self, side: str, connection: int) -> int:
        """Return how many links of contacts have a record on a side that was not listed, as `missing_links` does."""
        row = self._db.execute(
            "SELECT count(*) FROM link l WHERE l.connection = ? AND l.stream = 'contacts' AND l.gone IS NOT ?"
            f" AND NOT EXISTS (SELECT 1 FROM stage.record r WHERE r.side = ? AND r.id = l.{side}_id)",
            (connection, side, side),
        ).fetchone()
        return int(row[0])

    def count_records(self, side: str) -> int:
        """Return how many different records of a side were read."""
        return int(self._db.execute("SELECT count(*) FROM stage.record WHERE side = ?", (side,)).fetchone()[0])

    def count_changed(self) -> int:
        """Return how many records were read that show something new."""
        row = self._db.execute("SELECT count(*) FROM stage.record WHERE contact IS NOT NULL").fetchone()
        return int(row[0])

    def count_unchanged(self) -> int:
        """Return how many links were read that show nothing new on either side."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM (SELECT link FROM stage.record WHERE link IS NOT NULL"
                " GROUP BY link HAVING count(contact) = 0)"
            ).fetchone()[0]
        )

    def record_pages(self, side: str, *, linked: bool) -> Iterator[list[Staged]]:
        """Yield the changed records of a side in the order of reading, a page at a time."""
        condition = "IS NOT NULL" if linked else "IS NULL"
        number = 0
        while True:
            rows = self._db.execute(
                f"SELECT * FROM stage.record WHERE number > ? AND side = ? AND contact IS NOT NULL AND link {condition}"
                " ORDER BY number LIMIT ?",
                (number, side, PAGE),
            ).fetchall()
            if not rows:
                return
            yield [_staged(row) for row in rows]
            number = rows[-1]["number"]

    def add_pair(self, left_id: str, right_id: str) -> None:
        """Store that this run will link two records."""
        self._has_pairs = True
        self._db.execute("INSERT INTO stage.pair VALUES (?, ?)", (left_id, right_id))

    def paired_id(self, side: str, record_id: str) -> str | None:
        """Return the id on the other side that this run pairs a record with, None where it pairs none."""
        if not self._has_pairs:
            return None
        other = "right" if side == "left" else "left"
        row = self._db.execute(f"SELECT {other}_id FROM stage.pair WHERE {side}_id = ?", (record_id,)).fetchone()
        return None if row is None else str(row[0])

    def plan_step(self, step: Step) -> None:
        """Add a step to the plan. The staging alone changes, so it needs no transaction."""
        self._db.execute(
            "INSERT INTO stage.step (operation, side, left_id, right_id, link, writes, note, changes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (step.operation, step.side, step.left_id, step.right_id, step.link, step.writes, step.note, step.changes),
        )

    def planned_operation(self, side: str, record_id: str) -> str | None:
        """Return the operation that is planned for a record, None where none is; the first call creates an index."""
        if not self._has_index:
            for name in ("left", "right"):
                self._db.execute(f"CREATE INDEX stage.step_by_{name} ON step ({name}_id)")
            self._has_index = True
        row = self._db.execute(f"SELECT operation FROM stage.step WHERE {side}_id = ? LIMIT 1", (record_id,)).fetchone()
        return None if row is None else str(row[0])

    def steps(self, operation: str, writes: Sequence[str], size: int = PAGE) -> Iterator[list[Step]]:
        """Yield the steps of an operation that write to one of `writes`, in order, a page at a time."""
        number = 0
        marks = ",".join("?" * len(writes))
        condition = f"number > ? AND operation = ? AND writes IN ({marks})"
        query = f"SELECT * FROM stage.step WHERE {condition} ORDER BY number LIMIT ?"
        while rows := self._db.execute(query, (number, operation, *writes, size)).fetchall():
            yield [_step(row) for row in rows]
            number = rows[-1]["number"]

    def drop_steps(self, numbers: Iterable[int]) -> None:
        """Take steps out of the plan."""
        self._db.executemany("DELETE FROM stage.step WHERE number = ?", [(number,) for number in numbers])

    def set_step_changes(self, number: int, writes: str, changes: str | None) -> None:
        """Replace what a step of the plan writes, and to which sides."""
        self._db.execute("UPDATE stage.step SET writes = ?, changes = ? WHERE number = ?", (writes, changes, number))

    def noted_steps(self, operation: str, writes: Sequence[str] = ()) -> Iterator[list[Step]]:
        """Yield the steps of an operation that have a note, a page at a time; with `writes`, only those."""
        number, marks = 0, ",".join("?" * len(writes))
        condition = f"number > ? AND operation = ? AND note IS NOT NULL{f' AND writes IN ({marks})' if writes else ''}"
        query = f"SELECT * FROM stage.step WHERE {condition} ORDER BY number LIMIT ?"
        while rows := self._db.execute(query, (number, operation, *writes, PAGE)).fetchall():
            yield [_step(row) for row in rows]
            number = rows[-1]["number"]

    def notes(self, operations: Sequence[str]) -> Iterator[list[str]]:
        """Yield the different notes of all steps of these operations, a page at a time, in alphabetical order."""
        marks = ",".join("?" * len(operations))
        condition = f"note > ? AND operation IN ({marks})"
        query = f"SELECT DISTINCT note FROM stage.step WHERE {condition} ORDER BY note LIMIT ?"
        after = ""
        while rows := self._db.execute(query, (after, *operations, PAGE)).fetchall():
            yield [row["note"] for row in rows]
            after = rows[-1]["note"]

    def count_steps(self, operation: str, side: str) -> int:
        """Return how many steps of an operation write to a side."""
        row = self._db.execute(
            "SELECT count(*) FROM stage.step WHERE operation = ? AND writes IN (?, 'both')", (operation, side)
        ).fetchone()
        return int(row[0])

    def failing_records(self) -> Iterator[list[tuple[str, str]]]:
        """Yield side and id of the records that the plan lists as failures, a page at a time."""
        for page in self.steps("fail", ("",)):
            yield [(step.side, step.record_id(step.side)) for step in page]


def _staged(row: sqlite3.Row) -> Staged:
    return Staged(row["side"], row["id"], row["raw"], row["contact"], row["digest"], row["changed_ms"], row["link"])


def _step(row: sqlite3.Row) -> Step:
    return Step(
        row["operation"], row["side"], row["left_id"], row["right_id"], row["link"], row["writes"], row["note"],
        row["number"], row["changes"],
    )  # fmt: skip
