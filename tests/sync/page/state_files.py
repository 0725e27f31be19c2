"""State files for the page: a conflict, a failure, a run and its changes."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from state import connections, daily_counts
from state.conflicts import Conflict, Conflicts
from state.cursors import COVERED, Cursors
from state.daily_counts import DailyCount
from state.database import Transaction
from state.failures import Failure, Failures
from state.file import StateFile
from state.history import CREATED, History, HistoryEntry, begin_run, end_run
from state.identity_index import IdentityIndex
from state.indexed_contact import IndexedContact
from state.links import Link, Links, LinkSide
from state.progress import note_comparison, note_end
from sync.config.model import Config

RUN = "20260301T120000-abc123"
NOW_MS = int(datetime.now(UTC).timestamp() * 1000)
BEGUN_MS = NOW_MS - 60_000
EMAIL, PHONE, LOST = "ada@example.com", "+13035550142", "grace@example.com"
LEFT, RIGHT = "growthgenius", "growthhub"


@contextmanager
def change(config: Config) -> Iterator[Transaction]:
    """Change the state, which knows the connection `sales` and nothing else at first."""
    with closing(StateFile.open(config.state.path)) as state, state.atomic() as transaction:
        number = connections.connection_id(transaction, "sales", LEFT, RIGHT)
        if not connections.mappings(transaction, number):
            connections.add_mapping(transaction, number, "first", ["email", "city"])
        yield transaction


def report(**changes: Any) -> dict[str, Any]:
    counts = {"read": 12, "created": 1, "updated": 3, "deleted": 0}
    stream = {
        "window": {LEFT: None, RIGHT: None},
        LEFT: counts,
        RIGHT: counts | {"read": 7, "created": 0},
        **dict.fromkeys(("unchanged", "conflicts", "failed", "unmapped", "left_out"), 1),
    }
    calls = {"reads": 4, "writes": 2, "retries": 1, "throttled": 0}
    return {
        "run": RUN, "connection": "sales", "status": "partial", "started_at": "2026-03-01T12:00:00Z",
        "finished_at": "2026-03-01T12:00:02Z", "dry_run": False, "streams": {"contacts": stream}, "fields_created": {},
        "requests": {LEFT: calls, RIGHT: calls}, "errors": [], **changes,
    }  # fmt: skip


def fill(config: Config, *, city: str = "Oslo", who: str = EMAIL, reason: str = "never answered") -> None:
    """Remember one linked pair with a conflict and a history, one failure, a run, and what was counted."""
    with change(config) as transaction:
        begin_run(transaction, RUN, 1, BEGUN_MS)
        shadow = json.dumps([who, city])
        pair = Link(LinkSide("1", shadow), LinkSide("hub-1", shadow), 1)
        Links(transaction, 1, "contacts").save_link(transaction, pair, RUN)
        IdentityIndex(transaction, 1, "left").put_contacts(
            transaction, [IndexedContact("1", who.casefold(), "ada", (PHONE,), None, BEGUN_MS)]
        )
        Conflicts(transaction, 1, "contacts").put_conflict(
            transaction,
            Conflict(1, "city", who, json.dumps(city), json.dumps("Bergen"), BEGUN_MS - 5000, BEGUN_MS, BEGUN_MS, RUN),
        )
        Failures(transaction, 1, "contacts").put_failure(
            transaction, Failure("left", "7", RIGHT, LOST, "create", reason), BEGUN_MS
        )
        History(transaction, 1, "contacts").add_entries(
            transaction,
            [
                HistoryEntry(1, RIGHT, "hub-1", "*", None, None, CREATED, f"{LEFT}:1"),
                HistoryEntry(1, LEFT, "1", "city", json.dumps("Turku"), json.dumps(city), "carried", f"{RIGHT}:hub-1"),
            ],
            RUN,
            BEGUN_MS,
        )
        for side in ("left", "right"):
            Cursors(transaction, 1, "contacts").add_intervals(transaction, side, COVERED, [(0, BEGUN_MS)])
        end_run(transaction, RUN, BEGUN_MS + 2000, "partial", json.dumps(report()))
        note_end(transaction, 1, "contacts", BEGUN_MS + 2000)
        note_comparison(transaction, 1, "contacts", BEGUN_MS)
        daily_counts.add_counts(
            transaction,
            1,
            NOW_MS,
            [DailyCount("contacts", LEFT, "read", 12), DailyCount("contacts", RIGHT, "updated", 3)],
        )


def stored(config: Config, query: str) -> list[dict[str, Any]]:
    with change(config) as transaction:
        return [dict(row) for row in transaction.execute(query).fetchall()]
