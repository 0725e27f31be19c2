"""Read a state file without delaying any other process."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from state.errors import StateError
from state.file import StateFile
from state.schema import VERSION


@pytest.fixture
def path(tmp_path: Path) -> Path:
    StateFile.open(tmp_path / "sync ?#%.db").close()
    return tmp_path / "sync ?#%.db"


def look(path: Path) -> int:
    with closing(StateFile.open_read_only(path, 0.1)) as state:
        return int(state.db.execute("SELECT count(*) FROM connection").fetchone()[0])


def test_a_reader_can_change_nothing(path: Path) -> None:
    with closing(StateFile.open_read_only(path, 0.1)) as state:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            state.db.execute("DELETE FROM connection")
        with pytest.raises(sqlite3.OperationalError, match="readonly"), state.atomic():
            state.db.execute("DELETE FROM connection")


def test_readers_and_writers_do_not_wait_for_each_other(path: Path) -> None:
    with closing(StateFile.open(path)) as writer:
        with writer.atomic() as db:
            db.execute("INSERT INTO connection (name, left_account, right_account) VALUES ('a', 'b', 'c')")
            assert look(path) == 0
        with closing(StateFile.open_read_only(path, 0.1)) as state:
            state.db.execute("BEGIN")
            assert state.db.execute("SELECT count(*) FROM connection").fetchone()[0] == 1
            with writer.atomic() as db:
                db.execute("DELETE FROM connection")
            assert state.db.execute("SELECT count(*) FROM connection").fetchone()[0] == 1
        assert look(path) == 0


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="can't be opened"):
        look(tmp_path / "sync.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("version", "reason"), [(VERSION - 1, "of an older version"), (VERSION + 1, "newer")])
def test_a_file_of_another_version_is_left_as_it_is(path: Path, version: int, reason: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(StateError, match=reason):
        look(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == version


def test_a_file_that_is_no_database_is_an_error(path: Path) -> None:
    path.write_bytes(b"no database, whatever its name says " * 100)
    with pytest.raises(StateError, match="can't be used"):
        look(path)


def test_a_reader_does_not_wait_for_an_exclusive_lock(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StateError, match="locked"):
            look(path)
