"""The lists behind the numbers of a connection: its contacts by how they stand.

A list is read page by page, by how many entries come before (`start`), because no address may hold the id of a record.
Nothing here reads the history.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from state.database import Database
from state.webhook_hints import OF_WEBHOOKS, count_hints_of


@dataclass(frozen=True, slots=True)
class ListedRecord:
    """A record in a list. `side` is where, `detail` what the list says of it, `since_ms` since when (None if unknown).

    A message has its own id and the stream 'messages'.
    """

    stream: str
    side: str
    id: str
    detail: str = ""
    since_ms: int | None = None


OPEN: Final = "SELECT link FROM conflict WHERE connection = :connection AND stream = 'contacts' AND resolution IS NULL"
PARKED: Final = "SELECT link FROM parked WHERE connection = :connection AND NOT back"
GONE: Final = "SELECT id FROM link WHERE connection = :connection AND stream = 'contacts' AND gone IS NOT NULL"
LINKED: Final = "FROM link l WHERE l.connection = :connection AND l.stream = 'contacts'"
LEFT_OUT: Final = (
    "FROM person p WHERE p.connection = :connection AND p.side = '{side}'"
    " AND NOT EXISTS (SELECT 1 FROM link l WHERE l.{side}_id = p.id AND l.connection = p.connection"
    " AND l.stream = 'contacts') AND NOT EXISTS (SELECT 1 FROM failure f WHERE f.connection = p.connection"
    " AND f.stream = 'contacts' AND f.side = p.side AND f.record_id = p.id AND f.dismissed IS NULL)"
)
SIDES: Final = ("left", "right")

QUERIES: Final[Mapping[str, str]] = {
    "in-sync": f"SELECT 'contacts', 'left', l.left_id, '', NULL {LINKED}"
    f" AND l.id NOT IN ({GONE}) AND l.id NOT IN ({PARKED}) AND l.id NOT IN ({OPEN}) ORDER BY l.id",
    "left-out": " UNION ALL ".join(
        f"SELECT 'contacts', '{side}', p.id, '', NULL {LEFT_OUT.format(side=side)}" for side in SIDES
    ),
    "parked": "SELECT 'contacts', p.side, CASE p.side WHEN 'left' THEN l.left_id ELSE l.right_id END, '', p.since_ms"
    " FROM parked p JOIN link l ON l.id = p.link WHERE p.connection = :connection AND NOT p.back GROUP BY p.link"
    " ORDER BY p.link",
    "held": "SELECT h.stream, 'left', l.left_id, h.field, h.since_ms FROM held h JOIN link l ON l.id = h.link"
    " WHERE h.connection = :connection ORDER BY h.link, h.field",
    "deleted": "SELECT l.stream, CASE l.gone WHEN 'left' THEN 'right' ELSE 'left' END,"
    " CASE l.gone WHEN 'left' THEN l.right_id ELSE l.left_id END, l.gone, NULL FROM link l"
    " WHERE l.connection = :connection AND l.gone IS NOT NULL ORDER BY l.id",
    "waiting": "SELECT c.stream, 'left', l.left_id, c.field, NULL FROM conflict c JOIN link l ON l.id = c.link"
    " WHERE c.connection = :connection AND c.resolution IS NOT NULL"
    " UNION ALL SELECT h.stream, CASE h.account WHEN n.left_account THEN 'left' ELSE 'right' END, h.record, '',"
    " h.heard_ms FROM hint h JOIN connection n ON n.name = h.connection WHERE n.id = :connection"
    f" AND {OF_WEBHOOKS}",
}
"""The query of each list. What waits for the next run are settled conflicts, and what webhooks reported."""


def listed(db: Database, kind: str, connection: int, start: int, limit: int) -> list[ListedRecord]:
    """Return a page of a list of a connection. Raises KeyError for an unknown list."""
    query = f"{QUERIES[kind]} LIMIT :limit OFFSET :start"
    rows = db.execute(query, {"connection": connection, "limit": limit, "start": start})
    return [ListedRecord(*row) for row in rows.fetchall()]


def count_in_sync(db: Database, connection: int) -> int:
    """Return how many linked contacts are neither parked, nor deleted on one side, nor in conflict."""
    known = {"connection": connection}
    linked = db.execute(f"SELECT count(*) {LINKED}", known).fetchone()[0]
    other = db.execute(f"SELECT count(*) FROM ({GONE} UNION {PARKED} UNION {OPEN})", known).fetchone()[0]
    return int(linked) - int(other)


def count_left_out(db: Database, connection: int) -> int:
    """Return how many known contacts have no partner and no failure: out of scope, without an identity, or doubles."""
    queries = (f"SELECT count(*) {LEFT_OUT.format(side=side)}" for side in SIDES)
    return sum(int(db.execute(query, {"connection": connection}).fetchone()[0]) for query in queries)


def count_waiting(db: Database, connection: int, name: str) -> int:
    """Return how many settled conflicts and reported records the next run carries."""
    query = "SELECT count(*) FROM conflict WHERE connection = ? AND resolution IS NOT NULL"
    return int(db.execute(query, (connection,)).fetchone()[0]) + count_hints_of(db, name)


def named_records(db: Database, part: str, limit: int) -> list[tuple[int, ListedRecord]]:
    """Return at most `limit` records with a part of their (folded) name, each with the number of its connection."""
    query = "SELECT connection, side, id FROM person WHERE instr(name, ?) ORDER BY connection, side, id LIMIT ?"
    rows = db.execute(query, (part, limit)).fetchall()
    return [(row["connection"], ListedRecord("contacts", row["side"], row["id"])) for row in rows]
