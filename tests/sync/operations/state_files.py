"""A state file with a linked pair, a conflict and a failure, for the tests of operations."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from state import connections
from state.conflicts import Conflict, Conflicts
from state.database import Transaction
from state.failures import Failure, Failures
from state.file import StateFile
from state.links import Link, Links, LinkSide
from sync.config.model import Config

NOON_MS = 1772366400000  # 2026-03-01T12:00:00Z
CITY = Conflict(1, "city", "ada@example.com", '"Oslo"', "null", NOON_MS, None, NOON_MS + 1500, "r1")
LOST = Failure("left", "7", "growthhub", "grace@example.org", "create", "never answered", (), b"d" * 16, NOON_MS)


@contextmanager
def change(config: Config) -> Iterator[Transaction]:
    with closing(StateFile.open(config.state.path)) as state, state.atomic() as transaction:
        number = connections.connection_id(transaction, "sales", "growthgenius", "growthhub")
        if not connections.mappings(transaction, number):
            connections.add_mapping(transaction, number, "first", ["city"])
        yield transaction


def fill(config: Config) -> None:
    """Remember one linked pair with a conflict, one pair that lost a side, and one failure."""
    with change(config) as transaction:
        for number, gone in ((1, None), (2, "right")):
            pair = Link(LinkSide(str(number), "[]"), LinkSide(f"hub-{number}", "[]"), 1, gone)
            Links(transaction, 1, "contacts").save_link(transaction, pair, "r1")
        Conflicts(transaction, 1, "contacts").put_conflict(transaction, CITY)
        Failures(transaction, 1, "contacts").put_failure(transaction, LOST, NOON_MS)


def stored(config: Config, query: str) -> list[dict[str, Any]]:
    with change(config) as transaction:
        return [dict(row) for row in transaction.execute(query)]
