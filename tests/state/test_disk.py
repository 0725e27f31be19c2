import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from state.call_log import SharedCallLog
from state.disk import is_refused, raising_unwritable
from state.errors import StateError, StateUnwritable
from state.file import StateFile
from tests.state.files import opened

ROOT = Path(__file__).parents[2]
LARGE = "x" * 500_000


@contextmanager
def no_more_room(db: sqlite3.Connection) -> Iterator[None]:
    """Let the database behind a connection grow no further, as on a full disk."""
    largest = db.execute("PRAGMA max_page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
    yield
    db.execute(f"PRAGMA max_page_count = {largest}")


def put(state: StateFile, key: str, value: str) -> None:
    with state.atomic() as db:
        db.execute("INSERT INTO setting VALUES ('growthhub', ?, ?, 0)", (key, value))


def keys(state: StateFile) -> list[str]:
    return [row["key"] for row in state.db.execute("SELECT key FROM setting")]


def test_the_error_of_a_full_disk_names_the_file_and_what_to_do_and_the_change_is_undone(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path) as state:
        with no_more_room(state.db), pytest.raises(StateUnwritable) as raised, raising_unwritable(path):
            put(state, "large", LARGE)
        assert str(path) in str(raised.value)
        assert "database or disk is full" in str(raised.value)
        assert "free some space" in str(raised.value)
        assert keys(state) == []
        put(state, "large", LARGE)
        assert keys(state) == ["large"]


def test_the_folder_for_temporary_files_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path / "missing"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with (
        pytest.raises(StateUnwritable, match=rf"and in {tmp_path}, where SQLite keeps"),
        raising_unwritable(Path("sync.db")),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_an_exceeded_quota_is_reported_as_a_full_disk(number: int) -> None:
    assert is_refused(OSError(number, os.strerror(number)))


@pytest.mark.parametrize("error", [OSError(errno.ENOENT, "no"), ValueError("no"), sqlite3.IntegrityError("no")])
def test_other_errors_are_left_as_they_are(error: Exception) -> None:
    assert not is_refused(error)
    with pytest.raises(type(error)), raising_unwritable(Path("sync.db")):
        raise error


def test_a_call_log_that_does_not_fit_is_an_error_and_the_next_one_is_written(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path), closing(SharedCallLog(path)) as call_log:
        call_log.revise("growthhub", lambda _: "before")
        with no_more_room(call_log._db), pytest.raises(sqlite3.OperationalError, match="full"):
            call_log.revise("growthhub", lambda _: LARGE)
        assert call_log.peek("growthhub") == "before"
        call_log.revise("growthhub", lambda _: "after")
        assert call_log.peek("growthhub") == "after"


LIMITED = """
import resource, sys
from pathlib import Path
from state.errors import StateUnwritable
from state.file import StateFile
state = StateFile.open(Path(sys.argv[1])) if sys.argv[2] == "back_up" else None
resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, resource.RLIM_INFINITY))
try:
    state.back_up(Path(sys.argv[3])) if state else StateFile.open(Path(sys.argv[3]))
except StateUnwritable as error:
    print(error)
"""


@pytest.mark.parametrize("what", ["back_up", "open"])
def test_no_incomplete_copy_or_new_file_is_left(tmp_path: Path, what: str) -> None:
    path, other = tmp_path / "sync.db", tmp_path / "other.db"
    with opened(path) as state:
        put(state, "large", LARGE)
    command = [sys.executable, "-c", LIMITED, str(path), what, str(other)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 (our own code)
    assert str(other) in done.stdout
    assert "free some space" in done.stdout
    if what == "back_up":
        assert not other.exists()
    with opened(other) as fresh:
        assert keys(fresh) == []


def test_a_backup_into_a_read_only_folder_is_not_reported_as_a_full_disk(tmp_path: Path) -> None:
    with opened(tmp_path / "sync.db") as state, pytest.raises(StateError, match="can't be written"):
        state.back_up(tmp_path / "nowhere" / "copy.db")


def test_too_many_open_files_are_named_as_that_and_not_as_a_damaged_file(tmp_path: Path) -> None:
    script = (
        "import os, resource, sys\n"
        "from pathlib import Path\n"
        "from state.errors import StateUnwritable\n"
        "from state.file import StateFile\n"
        "StateFile.open(Path(sys.argv[1])).close()\n"
        "last = os.open(os.devnull, os.O_RDONLY)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (last + 1, last + 1))\n"
        "try:\n"
        "    StateFile.open(Path(sys.argv[1]))\n"
        "except StateUnwritable as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", script, str(tmp_path / "sync.db")],
        capture_output=True, text=True, timeout=60, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert "too many open files" in done.stdout, done.stderr
    assert "LimitNOFILE" in done.stdout
    assert "backup" not in done.stdout
