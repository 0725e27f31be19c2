"""State files for the tests: with one connection, number 1, and its mapping, number 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from state import connections
from state.file import StateFile
from state.links import Link, LinkSide

NOWHERE = Path("no such folder") / "sync.db"


@contextmanager
def opened(path: Path | None = None) -> Iterator[StateFile]:
    """Open a state file, or one in no file at all."""
    state = StateFile.open(path) if path else StateFile.open_copy(NOWHERE)
    with state.atomic() as db:
        connection = connections.connection_id(db, "sales", "growthgenius", "growthhub")
        if not connections.mappings(db, connection):
            connections.add_mapping(db, connection, "first", ["email"])
    try:
        yield state
    finally:
        state.close()


def other_connection(state: StateFile) -> int:
    """Return the number of a second connection between the same accounts."""
    with state.atomic() as db:
        return connections.connection_id(db, "marketing", "growthgenius", "growthhub")


def link(left: str = "1", right: str = "hub-1", gone: str | None = None) -> Link:
    return Link(LinkSide(left, "[]"), LinkSide(right, "[]"), mapping=1, gone=gone)
