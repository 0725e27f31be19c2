"""The stage: what a run has observed and what it means to do, in a database of its own that vanishes with the run.

It is an attached temporary database (SQLite unlinks its file at once), so nothing observed is left behind by a kill,
nothing inflates the state file, and neither deciding nor writing holds more than a page in memory. What has been
observed is looked at again by the next run; only links, shadows and cursors are remembered.
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
    """A record as it was read.

    `contact` is the person as JSON, None when nothing about it is new; `raw` is the record itself, where it will be
    asked for again. `changed_ms` is when it changed, on our clock, None when no time can be told (R14).
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
    """One thing to do.

    `writes` are the sides it writes to ('', 'left', 'right' or 'both'); `note` is what else the operation wants to
    know: JSON for people and retries, or a domain that is to be asked for. `changes` is what it writes, as JSON.
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
        """Throw the stage away."""
        self._db.execute("DETACH stage")

    def put_records(self, transaction: Transaction, records: Iterable[Staged]) -> None:
        """Stage records; of one that comes twice, the later counts."""
        transaction.executemany(
            "INSERT INTO stage.record (side, id, raw, contact, digest, changed_ms, link) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (side, id) DO UPDATE SET raw = excluded.raw, contact = excluded.contact,"
            " digest = excluded.digest, changed_ms = excluded.changed_ms, link = excluded.link",
            [(r.side, r.id, r.raw, r.contact, r.digest, r.changed_ms, r.link) for r in records],
        )

    def changed_records(self, side: str, ids: Sequence[str]) -> dict[str, Staged]:
        """Return those of the records that are staged with something new, by id."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT * FROM stage.record WHERE side = ? AND id IN ({marks}) AND contact IS NOT NULL", (side, *ids)
        )
        return {row["id"]: _staged(row) for row in rows}

    def has_record(self, side: str, record_id: str) -> bool:
        """Say whether a record was read at all, changed or not."""
        row = self._db.execute("SELECT 1 FROM stage.record WHERE side = ? AND id = ?", (side, record_id)).fetchone()
        return row is not None

    def mark_shown(self, transaction: Transaction, side: str, ids: Iterable[str]) -> None:
        """Note that records were shown, though they are left for the next run."""
        transaction.executemany(
            "INSERT OR IGNORE INTO stage.record (side, id) VALUES (?, ?)", [(side, record_id) for record_id in ids]
        )

    def missing_links(self, side: str, connection: int, after: int) -> list[tuple[int, str]]:
        """Return a page of the links of people past number `after` whose record on a side was not shown, with its id.

        Those of which it is known to be gone are left out.
        """
        rows = self._db.execute(
            f"SELECT l.id, l.{side}_id FROM link l WHERE l.connection = ? AND l.stream = 'contacts' AND l.id > ?"
            " AND l.gone IS NOT ? AND NOT EXISTS"
            f" (SELECT 1 FROM stage.record r WHERE r.side = ? AND r.id = l.{side}_id) ORDER BY l.id LIMIT ?",
            (connection, after, side, side, PAGE),
        )
        return [(row[0], row[1]) for row in rows.fetchall()]

    def count_records(self, side: str) -> int:
        """Return how many different records of a side were read."""
        return int(self._db.execute("SELECT count(*) FROM stage.record WHERE side = ?", (side,)).fetchone()[0])

    def count_unchanged(self) -> int:
        """Return how many linked pairs were read and show nothing new on either side."""
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
        """Remember that two people will be linked by this run."""
        self._has_pairs = True
        self._db.execute("INSERT INTO stage.pair VALUES (?, ?)", (left_id, right_id))

    def paired_id(self, side: str, record_id: str) -> str | None:
        """Return the id on the other side that this run pairs a record with."""
        if not self._has_pairs:
            return None
        other = "right" if side == "left" else "left"
        row = self._db.execute(f"SELECT {other}_id FROM stage.pair WHERE {side}_id = ?", (record_id,)).fetchone()
        return None if row is None else str(row[0])

    def plan_step(self, step: Step) -> None:
        """Add a step to the plan. It touches nothing but the stage, so it needs no transaction."""
        self._db.execute(
            "INSERT INTO stage.step (operation, side, left_id, right_id, link, writes, note, changes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (step.operation, step.side, step.left_id, step.right_id, step.link, step.writes, step.note, step.changes),
        )

    def planned_operation(self, side: str, record_id: str) -> str | None:
        """Return what is planned for a person, None where nothing is; the first call makes an index for it."""
        if not self._has_index:
            for name in ("left", "right"):
                self._db.execute(f"CREATE INDEX stage.step_by_{name} ON step ({name}_id)")
            self._has_index = True
        row = self._db.execute(f"SELECT operation FROM stage.step WHERE {side}_id = ? LIMIT 1", (record_id,)).fetchone()
        return None if row is None else str(row[0])

    def steps(self, operation: str, writes: Sequence[str], size: int = PAGE) -> Iterator[list[Step]]:
        """Yield the steps of an operation whose `writes` is one of those given, in order, a page at a time."""
        number = 0
        marks = ",".join("?" * len(writes))
        condition = f"number > ? AND operation = ? AND writes IN ({marks})"
        query = f"SELECT * FROM stage.step WHERE {condition} ORDER BY number LIMIT ?"
        while rows := self._db.execute(query, (number, operation, *writes, size)).fetchall():
            yield [_step(row) for row in rows]
            number = rows[-1]["number"]

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


def _staged(row: sqlite3.Row) -> Staged:
    return Staged(row["side"], row["id"], row["raw"], row["contact"], row["digest"], row["changed_ms"], row["link"])


def _step(row: sqlite3.Row) -> Step:
    return Step(
        row["operation"], row["side"], row["left_id"], row["right_id"], row["link"], row["writes"], row["note"],
        row["number"], row["changes"],
    )  # fmt: skip
