"""A number of a conflict or a failure is given once: an old `resolve 1` never settles another contact's field."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from state.failures import Failure, Failures
from state.file import StateFile
from state.schema import MIGRATIONS


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateFile]:
    """A new state file with a connection."""
    file = StateFile.open(tmp_path / "sync.db")
    with file.atomic() as db:
        db.execute("INSERT INTO connection (id, name, left_account, right_account) VALUES (1, 'sales', 'gg', 'gh')")
    yield file
    file.close()


def _numbers(db: sqlite3.Connection) -> list[int]:
    return [row[0] for row in db.execute("SELECT id FROM failure ORDER BY id")]


def test_the_number_of_a_closed_failure_is_not_used_again(state: StateFile) -> None:
    failures = Failures(state.db, 1, "contacts")
    for record_id in ("a", "b", "c"):
        with state.atomic() as transaction:
            failures.put_failure(transaction, Failure("left", record_id, "gh", "ana@example.com", "create", "no"), 0)
        seen = _numbers(state.db)
        with state.atomic() as transaction:
            failures.close_failures(transaction, "left", record_id)
    assert seen == [3]


def test_the_number_of_a_conflict_is_not_used_again(state: StateFile) -> None:
    insert = (
        "INSERT INTO conflict (connection, stream, link, field, who, left_value, right_value, found_ms, run)"
        " VALUES (1, 'contacts', 1, ?, 'ana', '1', '2', 0, 'r')"
    )
    with state.atomic() as db:
        db.execute("INSERT INTO mapping VALUES (1, 1, 'x', '[]')")
        db.execute(
            "INSERT INTO link (id, connection, stream, left_id, right_id, left_shadow, right_shadow, mapping, run)"
            " VALUES (1, 1, 'contacts', '1', '2', '', '', 1, 'r')"
        )
        db.execute(insert, ("city",))
        db.execute("DELETE FROM conflict")
        db.execute(insert, ("title",))
    assert state.db.execute("SELECT id FROM conflict").fetchall()[0][0] == 2


def test_a_file_that_had_runs_uses_no_number_that_it_may_have_used_before(tmp_path: Path) -> None:
    """Its open failure keeps its number; what comes next lies beyond all that were ever shown."""
    db = sqlite3.connect(":memory:")
    for name, script in MIGRATIONS:
        if name == "012_numbers":
            db.execute("INSERT INTO connection (id, name, left_account, right_account) VALUES (1, 'sales', 'gg', 'gh')")
            db.execute("INSERT INTO run (id, connection, started_ms) VALUES ('r', 1, 0)")
            db.execute(
                "INSERT INTO failure VALUES (7, 1, 'contacts', 'left', 'a', 'gh', 'ana', 'create', 'no', '[]', NULL,"
                " 1, 0, 0, 0, NULL)"
            )
        db.executescript(script)
    db.execute(
        "INSERT INTO failure (connection, stream, side, record_id, account, who, operation, reason, blockers,"
        " attempts, first_ms, last_ms, due_ms) VALUES (1, 'contacts', 'left', 'b', 'gh', 'bob', 'create', 'no', '[]',"
        " 1, 0, 0, 0)"
    )
    assert _numbers(db) == [7, 10_000]
    db.close()
