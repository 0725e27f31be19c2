import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlite_utils
from filelock import FileLock

from state.errors import LockHeld, StateError
from state.file import StateFile
from state.links import Links
from state.lock import hold_connection
from state.schema import TABLES, VERSION, migrate
from state.settings import Settings
from state.version import APPLICATION_ID
from tests.new_state_files import copy_new_files
from tests.state.files import link, opened

pytestmark = pytest.mark.usefixtures("real_migrations")

ROOT = Path(__file__).parents[2]
ONE_SETTING = "INSERT INTO setting VALUES ('growthhub', 'users', '[]', 0)"
HOMELESS_CURSOR = "INSERT INTO cursor VALUES (99, 'contacts', 'left', 'covered', 0, 1)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sync.db"


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def change(state: StateFile, *steps: str | type[BaseException]) -> None:
    """Make one change of several statements, or one that an error ends."""
    with state.atomic() as db:
        for step in steps:
            if not isinstance(step, str):
                raise step
            db.execute(step)


def settings_of(state: StateFile) -> list[str]:
    return [row["key"] for row in state.db.execute("SELECT key FROM setting ORDER BY key")]


@pytest.mark.usefixtures("open_umask")
def test_only_the_owner_can_read_the_files_of_the_state(path: Path) -> None:
    with opened(path) as state:
        assert modes(path.parent) == dict.fromkeys(("sync.db", "sync.db-wal", "sync.db-shm"), 384)
        with hold_connection(state, "sales", 0):
            assert modes(path.parent)["sync.db-sales.lock"] == 0o600
    assert set(modes(path.parent).values()) == {0o600}


@pytest.mark.usefixtures("open_umask")
def test_a_file_that_others_could_read_gets_mode_0600(path: Path) -> None:
    with opened(path) as state:
        for name in modes(path.parent):
            path.with_name(name).chmod(0o644)
        again = StateFile.open(path)
        assert set(modes(path.parent).values()) == {0o600}
        again.close()
        assert state.db.execute("SELECT count(*) FROM connection").fetchone()[0] == 1


def test_the_file_is_durable_and_its_tables_agree_with_each_other(path: Path) -> None:
    with opened(path) as state:
        pragmas = {name: state.db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}
        with pytest.raises(sqlite3.IntegrityError):
            change(state, HOMELESS_CURSOR)


def test_missing_folders_are_created(tmp_path: Path) -> None:
    path = tmp_path / "var" / "lib" / "sync.db"
    StateFile.open(path).close()
    assert path.exists()


def test_what_was_committed_is_there_when_the_file_is_opened_again(path: Path) -> None:
    with opened(path) as state:
        Settings(state, "growthhub", lambda: 0).put("users", [])
    with opened(path) as state:
        assert settings_of(state) == ["users"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_an_error_within_a_change_undoes_all_of_it(path: Path, error: type[BaseException]) -> None:
    with opened(path) as state:
        with pytest.raises(error):
            change(state, ONE_SETTING, error)
        assert settings_of(state) == []
        Settings(state, "growthhub", lambda: 0).put("location", {})
        assert settings_of(state) == ["location"]


def test_an_error_after_a_rollback_by_sqlite_is_raised_unchanged(path: Path) -> None:
    with opened(path) as state:
        with pytest.raises(sqlite3.IntegrityError):
            change(state, ONE_SETTING, ONE_SETTING.replace("INSERT", "INSERT OR ROLLBACK"))
        assert settings_of(state) == []


def test_a_commit_that_fails_leaves_no_change_behind_and_the_file_usable(path: Path) -> None:
    with opened(path) as state:
        with pytest.raises(sqlite3.IntegrityError):  # at the commit
            change(state, "PRAGMA defer_foreign_keys = ON", HOMELESS_CURSOR)
        Settings(state, "growthhub", lambda: 0).put("users", [])
        assert settings_of(state) == ["users"]
        assert state.db.execute("SELECT count(*) FROM cursor").fetchone()[0] == 0


DYING_SCRIPT = """
import os, signal, sys
from pathlib import Path
from state.file import StateFile
state = StateFile.open(Path(sys.argv[1]))
with state.atomic() as db:
    db.execute("INSERT INTO setting VALUES ('growthhub', 'first', '[]', 0)")
with state.atomic() as db:
    db.execute("INSERT INTO setting VALUES ('growthhub', 'second', '[]', 0)")
    os.kill(os.getpid(), signal.SIGKILL)
"""


OPEN_SCRIPT = """
from pathlib import Path
from state.file import StateFile
StateFile.open(Path(sys.argv[1])).close()
"""


READ_SCRIPT = """
import sys
from pathlib import Path
from state.file import StateFile
state = StateFile.open(Path(sys.argv[1]))
print([row["key"] for row in state.db.execute("SELECT key FROM setting ORDER BY key")])
state.close()
"""


def test_another_process_may_open_and_close_a_file_that_several_threads_use(path: Path) -> None:
    """The locks of a process on a file are gone when it closes that file in any other way than SQLite does."""
    first, second = StateFile.open(path), StateFile.open(path)
    looked = [sys.executable, "-c", READ_SCRIPT, str(path)]
    for key in ("one", "two", "three"):
        change(first, ONE_SETTING.replace("users", key))
        seen = subprocess.run(looked, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603 (our own code)
        assert key in seen
    second.close()
    first.close()


def test_a_killed_process_leaves_only_what_it_committed(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DYING_SCRIPT, str(path)], cwd=ROOT, check=False)  # noqa: S603 (our own code)
    assert done.returncode == -signal.SIGKILL
    with opened(path) as state:
        assert settings_of(state) == ["first"]


def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    with opened(path) as state:
        state.db.execute(f"PRAGMA user_version = {VERSION + 7}")
    before = contents(path.parent)
    for opening in (StateFile.open, StateFile.open_copy):
        with pytest.raises(StateError, match=rf"newer growthsync \(schema {VERSION + 7}.*upgrade"):
            opening(path)
    assert contents(path.parent) == before


def test_the_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as foreign:
        foreign.execute("CREATE TABLE places (url TEXT)")
    path.chmod(0o644)
    before = contents(path.parent)
    for opening in (StateFile.open, StateFile.open_copy):
        with pytest.raises(StateError, match="belongs to another program; set another `path`"):
            opening(path)
    assert contents(path.parent) == before
    assert modes(path.parent) == {"sync.db": 0o644}


@pytest.mark.parametrize(
    "content", [b"This is no database, but some other text.\n" * 9, b"x", b"SQLite format 3\0" * 9]
)
def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for opening in (StateFile.open, StateFile.open_copy):
        with pytest.raises(StateError, match=r"the state file can't be used .*restore it from a backup"):
            opening(path)
    assert contents(path.parent) == {"sync.db": content}


def test_a_folder_is_no_state_file(tmp_path: Path) -> None:
    for opening in (StateFile.open, StateFile.open_copy):
        with pytest.raises(StateError, match="it is a folder; set a file in it"):
            opening(tmp_path)


def test_an_empty_file_becomes_a_state_file(path: Path) -> None:
    path.touch()
    with opened(path) as state:
        assert settings_of(state) == []
    assert modes(path.parent)["sync.db"] == 0o600


def test_a_copy_has_the_same_content_and_changes_nothing(path: Path) -> None:
    with opened(path) as state:
        Settings(state, "growthhub", lambda: 0).put("users", [])
    before = contents(path.parent)
    copy = StateFile.open_copy(path)
    Settings(copy, "growthhub", lambda: 0).put("location", {})
    assert settings_of(copy) == ["location", "users"]
    copy.close()
    assert contents(path.parent) == before


def test_a_copy_has_what_a_running_process_has_committed(path: Path) -> None:
    with opened(path) as state:
        Settings(state, "growthhub", lambda: 0).put("users", [])
        copy = StateFile.open_copy(path)
        Settings(state, "growthhub", lambda: 0).put("later", [])
        assert settings_of(copy) == ["users"]
        copy.close()
        assert settings_of(state) == ["later", "users"]


def test_a_copy_of_a_missing_file_is_empty_and_creates_no_file(tmp_path: Path) -> None:
    copy = StateFile.open_copy(tmp_path / "no" / "sync.db")
    assert settings_of(copy) == []
    copy.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("steps", [1, 10, 50, 100, 200, 400, 800, 1600])
def test_an_interrupted_migration_is_completed_by_the_next_start(path: Path, steps: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        done = iter(range(steps))
        db.set_progress_handler(lambda: next(done, None) is None, 10)
        try:
            migrate(sqlite_utils.Database(db))
        except sqlite3.OperationalError as error:
            assert "interrupted" in str(error)  # noqa: PT017 (late cuts come after the end)
    with opened(path) as state:
        assert {row[0] for row in state.db.execute("SELECT name FROM about")} == set(TABLES)


def test_a_copied_new_file_is_what_a_migration_makes(tmp_path: Path) -> None:
    def written(name: str) -> bytes:
        with opened(tmp_path / name):
            pass
        return (tmp_path / name).read_bytes()

    def dump(name: str) -> list[str]:
        with closing(sqlite3.connect(tmp_path / name)) as db:
            applied = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+")
            return [applied.sub("then", line) for line in db.iterdump()]

    migrated = written("migrated")
    with pytest.MonkeyPatch.context() as patch:
        copy_new_files(patch)
        copied = written("copied"), written("copied too")
    assert dump("migrated") == dump("copied too")
    assert {len(one) for one in (migrated, *copied)} == {len(migrated)}
    assert migrated[:40] == copied[1][:40]  # page size, WAL, sizes; then comes a counter of changes to the schema
    assert migrated[60:72] == copied[1][60:72]  # version of the schema, id of the program


def test_processes_that_start_together_create_one_file(path: Path) -> None:
    command = [sys.executable, "-c", "import sys\n" + OPEN_SCRIPT, str(path)]
    processes = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(6)]  # noqa: S603 (our own code)
    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 6
    with opened(path) as state:
        applied = [row[0] for row in state.db.execute("SELECT name FROM _sqlite_migrations")]
        assert "001_contacts" in applied
        assert len(applied) == len(set(applied))
    assert sorted(modes(path.parent)) == ["sync.db"]


def test_waiting_too_long_for_another_process_to_create_the_file_is_an_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("state.file.BUSY_SECONDS", 0.01)
    with FileLock(path.with_name("sync.db.lock")), pytest.raises(LockHeld, match="another process creates or upgrades"):
        StateFile.open(path)


def test_sqlite_utils_can_open_the_file_and_every_table_is_described_in_it(path: Path) -> None:
    with opened(path):
        pass
    database = sqlite_utils.Database(path)
    tables = {name for name in database.table_names() if not name.startswith(("_", "sqlite_"))}
    about = {row["name"]: row["meaning"] for row in database["about"].rows}
    assert tables == about.keys()
    assert about == TABLES
    assert all(meaning.endswith(".") for meaning in about.values())
    database.close()


def test_times_are_stored_as_milliseconds(path: Path) -> None:
    with opened(path):
        pass
    database = sqlite_utils.Database(path)
    for table in TABLES:
        for column in database[table].columns:
            assert column.type == "INTEGER" or not column.name.endswith("_ms"), f"{table}.{column.name}"
    database.close()


@pytest.mark.usefixtures("open_umask")
def test_a_backup_is_a_complete_state_file_that_only_its_owner_can_read(path: Path) -> None:
    with opened(path) as state:
        with state.atomic() as transaction:
            Links(state.db, 1, "contacts").save_link(transaction, link(), "r1")
        backup = path.with_name("backup.db")
        state.back_up(backup)
    assert modes(path.parent)["backup.db"] == 0o600
    again = StateFile.open(backup)
    assert again.db.execute("SELECT count(*) FROM link").fetchone()[0] == 1
    again.close()


def test_open_items_are_found_by_an_index(path: Path) -> None:
    with opened(path) as state:
        for table, decision in (("conflict", "resolution"), ("failure", "dismissed")):
            query = f"EXPLAIN QUERY PLAN SELECT count(*) FROM {table} WHERE connection = 1 AND {decision} IS NULL"
            assert f"{table}_open" in state.db.execute(query).fetchone()["detail"]
