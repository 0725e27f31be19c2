"""Follow records through the links of other connections that share their accounts.

Where connections form a circle (A with B, B with C, C with A), two records may be known to be one contact before the
connection between them has a link. Only connections of today's config count, and of these those that lead from one
account of a connection to its other account without that connection: one that was renamed or removed runs no more, so
it would settle nothing. In most configs there are none, and nothing is looked up.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from state.connections import StoredConnection, all_connections
from state.database import Database
from state.intent_store import ContactIntents
from state.links import Link, Links

STREAM = "contacts"


@dataclass(frozen=True, slots=True)
class OpenCreate:
    """A create of another connection with an unknown outcome, and when it was sent (ms of the target's server)."""

    connection: str
    sent_ms: int


class LinkedElsewhere:
    """The links of the connections that form a circle with one connection, of those that are `configured` by name."""

    def __init__(self, db: Database, connection: int, configured: Collection[str]) -> None:
        self._db = db
        connections = all_connections(db)
        own = next(one for one in connections if one.id == connection)
        others = [one for one in connections if one.id != connection and one.name in configured]
        self._circle = _circle(others, own.left_account, own.right_account)

    def __bool__(self) -> bool:
        """Say whether the connection is part of a circle."""
        return bool(self._circle)

    def counterpart(self, account: str, record_id: str, target: str) -> str | None:
        """Return the record of the account `target` that a record is linked to by way of others.

        None where there is none, and where two ways lead to different records. A record that was deleted on the way
        still says that the others are one contact.
        """
        ways = self._reached(account, record_id)
        reached = {found for (name, found), is_gone in ways.items() if name == target and not is_gone}
        return reached.pop() if len(reached) == 1 else None

    def is_deleted(self, account: str, record_id: str, target: str) -> bool:
        """Say whether the record of the account `target` that a record was linked to by way of others was deleted."""
        return any(
            self._db.execute(
                f"SELECT 1 FROM link WHERE connection = ? AND stream = ? AND {side}_id = ? AND gone = ?",
                (one.id, STREAM, found, one.side_of(target)),
            ).fetchone()
            for name, found in self._reached(account, record_id)
            for one in self._circle
            if (side := one.side_of(name)) and one.side_of(target) not in {None, side}
        )

    def links_of(self, account: str, record_id: str) -> Iterator[tuple[int, Link, str, tuple[str, str]]]:
        """Yield the links of a record: their connection, the side of the record, and the record at the other side."""
        for one in self._circle:
            side = one.side_of(account)
            if side is None:
                continue
            link = Links(self._db, one.id, STREAM).by_record(side, [record_id]).get(record_id)
            if link is not None and link.gone is None:
                other = ("right", one.right_account) if side == "left" else ("left", one.left_account)
                yield one.id, link, side, (other[1], link.side(other[0]).id)

    def open_creates(self, account: str) -> list[OpenCreate]:
        """Return the creates at an account that another connection of the circle sent and has no outcome of yet."""
        return [
            OpenCreate(one.name, intent.sent_ms)
            for one in self._circle
            for intent in ContactIntents(self._db, one.id, STREAM).open_creates()
            if account == (one.left_account if intent.side == "left" else one.right_account)
        ]

    def _reached(self, account: str, record_id: str) -> dict[tuple[str, str], bool]:
        """Return every record that links lead to, and whether one of them says that it was deleted."""
        known = {(account, record_id): False}
        fresh = [(account, record_id)]
        while fresh:
            for each, is_gone in self._linked(*fresh.pop()):
                if each not in known:
                    fresh.append(each)
                known[each] = known.get(each, False) or is_gone
        return known

    def _linked(self, account: str, record_id: str) -> Iterator[tuple[tuple[str, str], bool]]:
        for one in self._circle:
            side = one.side_of(account)
            if side is None:
                continue
            other, name = ("right", one.right_account) if side == "left" else ("left", one.left_account)
            rows = self._db.execute(
                f"SELECT {other}_id, gone FROM link WHERE connection = ? AND stream = ? AND {side}_id = ?",
                (one.id, STREAM, record_id),
            )
            yield from (((name, row[0]), row[1] == other) for row in rows)


def _circle(connections: list[StoredConnection], start: str, end: str) -> list[StoredConnection]:
    """Return the connections that are reached from one account, none where they do not lead to the other one."""
    reached, found = {start}, list[StoredConnection]()
    while more := [
        one for one in connections if one not in found and not reached.isdisjoint({one.left_account, one.right_account})
    ]:
        found += more
        reached |= {account for one in more for account in (one.left_account, one.right_account)}
    return found if end in reached else []
