"""Links: the ids of two records of one contact, with what each side showed when both last agreed (shadows).

Shadows and memories are JSON text of the rules and the connectors. A digest is that of the last reading that was synced
completely; NULL has the next reading mapped and merged even if it shows nothing new.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from state.database import Database, Transaction

SIDES = ("left", "right")
CHUNK = 200


@dataclass(slots=True)
class LinkSide:
    """One side of a link. Times are milliseconds of that side's server.

    `unmapped` is JSON of the values that have no meaning on the other side, by field (R17), None where there are none.
    `kept` is JSON of the fields that wait, each with the value and the time before our own write (R40), or None.
    """

    id: str
    shadow: str
    memory: str | None = None
    digest: bytes | None = None
    seen_ms: int | None = None
    wrote_ms: int | None = None
    unmapped: str | None = None
    kept: str | None = None


@dataclass(slots=True)
class Link:
    """Two linked records. `gone` is the side on which the record was deleted. `id` is 0 until it is stored."""

    left: LinkSide
    right: LinkSide
    mapping: int
    gone: str | None = None
    id: int = 0

    @property
    def ids(self) -> tuple[str, str]:
        """Return the ids of both records, left first."""
        return self.left.id, self.right.id

    def side(self, name: str) -> LinkSide:
        """Return 'left' or 'right'."""
        return self.left if name == "left" else self.right


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """What is compared to see whether a linked record shows anything new, without its shadows."""

    link: int
    digest: bytes | None
    mapping: int
    gone: str | None


PARTS = ("id", "shadow", "memory", "digest", "seen_ms", "wrote_ms", "unmapped", "kept")
COLUMNS = tuple(f"{side}_{part}" for side in SIDES for part in PARTS)


class Links:
    """The links of one stream of one connection."""

    def __init__(self, db: Database, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def by_record(self, side: str, ids: Sequence[str]) -> dict[str, Link]:
        """Return the links of these records of a side, by record id."""
        found: dict[str, Link] = {}
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            marks = ",".join("?" * len(chunk))
            rows = self._db.execute(
                f"SELECT * FROM link WHERE {side}_id IN ({marks}) AND connection = ? AND stream = ?",
                (*chunk, *self._key),
            )
            found.update({row[f"{side}_id"]: _link(row) for row in rows})
        return found

    def of_record(self, side: str, record_id: str) -> Link | None:
        """Return the link of one record."""
        return self.by_record(side, [record_id]).get(record_id)

    def seen_records(self, side: str, ids: Sequence[str]) -> dict[str, SeenRecord]:
        """Return what was last seen of the linked ones of these records of a side, by record id."""
        found: dict[str, SeenRecord] = {}
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            marks = ",".join("?" * len(chunk))
            rows = self._db.execute(
                f"SELECT {side}_id, id, {side}_digest, mapping, gone FROM link"
                f" WHERE {side}_id IN ({marks}) AND connection = ? AND stream = ?",
                (*chunk, *self._key),
            )
            found.update({record_id: SeenRecord(*seen) for record_id, *seen in rows})
        return found

    def by_id(self, link_id: int | None) -> Link | None:
        """Return one link, None where there is none."""
        row = self._db.execute("SELECT * FROM link WHERE id = ?", (link_id,)).fetchone()
        return None if row is None else _link(row)

    def all_links(self) -> Iterator[Link]:
        """Yield every link, in the order of their numbers."""
        for row in self._db.execute("SELECT * FROM link WHERE connection = ? AND stream = ? ORDER BY id", self._key):
            yield _link(row)

    def record_ids(self, side: str, after_link: int = 0) -> Iterator[str]:
        """Yield the ids of the records of one side that have links past a number, and are not gone."""
        rows = self._db.execute(
            f"SELECT {side}_id FROM link WHERE connection = ? AND stream = ? AND id > ? AND gone IS NULL ORDER BY id",
            (*self._key, after_link),
        )
        yield from (str(row[0]) for row in rows)

    def count_links(self) -> int:
        """Return how many links there are."""
        return int(
            self._db.execute("SELECT count(*) FROM link WHERE connection = ? AND stream = ?", self._key).fetchone()[0]
        )

    def first_unfinished(self) -> int | None:
        """Return the lowest number of the links created since the last complete run, None where there are none."""
        query = (
            "SELECT min(id) FROM link WHERE connection = ? AND stream = ? AND run IN (SELECT id FROM run"
            " WHERE connection = ? AND started_ms > (SELECT coalesce(max(started_ms), 0) FROM run"
            " WHERE connection = ? AND status IN ('ok', 'partial') AND undoes IS NULL))"
        )
        found: int | None = self._db.execute(query, (*self._key, self._key[0], self._key[0])).fetchone()[0]
        return found

    def count_gone(self) -> int:
        """Return how many links have lost one side."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM link WHERE connection = ? AND stream = ? AND gone IS NOT NULL",
                self._key,
            ).fetchone()[0]
        )

    def gone_links(self) -> Iterator[Link]:
        """Yield the links that have lost one side, in the order of their numbers; links may be changed meanwhile."""
        query = (
            "SELECT * FROM link WHERE connection = ? AND stream = ? AND gone IS NOT NULL AND id > ? ORDER BY id LIMIT ?"
        )
        after = 0
        while rows := self._db.execute(query, (*self._key, after, CHUNK)).fetchall():
            yield from map(_link, rows)
            after = rows[-1]["id"]

    def copy_links(self, side: str) -> Iterator[Link]:
        """Yield the links of messages with their copy on a side, grouped by contact; links may be changed meanwhile."""
        query = (
            f"SELECT * FROM link WHERE connection = ? AND stream = ? AND gone IS NULL AND {side}_shadow = 'copy'"
            f" AND ({side}_memory, id) > (?, ?) ORDER BY {side}_memory, id LIMIT ?"
        )
        place = ("", 0)
        while rows := self._db.execute(query, (*self._key, *place, CHUNK)).fetchall():
            yield from map(_link, rows)
            place = (rows[-1][f"{side}_memory"], rows[-1]["id"])

    def remove_link(self, transaction: Transaction, link_id: int) -> None:
        """Delete a link."""
        transaction.execute("DELETE FROM link WHERE id = ?", (link_id,))

    def save_link(self, transaction: Transaction, link: Link, run: str) -> None:
        """Store a new link (and set its `id`) or the present state of an old one.

        A new link replaces an old one that lost a side: the deleted record may have been created again.
        """
        values = [getattr(side, part) for side in (link.left, link.right) for part in PARTS]
        if link.id:
            assignments = ", ".join(f"{column} = ?" for column in COLUMNS)
            transaction.execute(
                f"UPDATE link SET {assignments}, mapping = ?, gone = ? WHERE id = ?",
                (*values, link.mapping, link.gone, link.id),
            )
            return
        transaction.execute(
            "DELETE FROM link WHERE connection = ? AND stream = ? AND gone IS NOT NULL"
            " AND (left_id = ? OR right_id = ?)",
            (*self._key, link.left.id, link.right.id),
        )
        marks = ", ".join("?" * len(COLUMNS))
        cursor = transaction.execute(
            f"INSERT INTO link ({', '.join(COLUMNS)}, connection, stream, mapping, gone, run)"
            f" VALUES ({marks}, ?, ?, ?, ?, ?)",
            (*values, *self._key, link.mapping, link.gone, run),
        )
        link.id = cursor.lastrowid or 0


def records_of_link(db: Database, link: int) -> dict[str, str]:
    """Return both records of a link as ACCOUNT:ID, by side."""
    row = db.execute(
        "SELECT n.left_account, l.left_id, n.right_account, l.right_id"
        " FROM link l JOIN connection n ON n.id = l.connection WHERE l.id = ?",
        (link,),
    ).fetchone()
    return {"left": f"{row[0]}:{row[1]}", "right": f"{row[2]}:{row[3]}"}


def _link(row: sqlite3.Row) -> Link:
    left, right = (LinkSide(*(row[f"{side}_{part}"] for part in PARTS)) for side in SIDES)
    return Link(left, right, row["mapping"], row["gone"], row["id"])
