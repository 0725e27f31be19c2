"""The state file: one SQLite database, opened so that nothing in it is lost or readable by other users.

Rules kept here:
- WAL, synchronous FULL, foreign keys; a transaction takes the write lock when it begins;
- mode 0600 before the first byte is written, so that `-wal` and `-shm`, to which SQLite gives the mode of the file,
  have it too;
- a file that is unreadable, of a newer version or of another program is refused (StateError, exit 2) and never
  repaired without a command;
- sqlite-utils creates and migrates the tables, in one process at a time; it is imported only for that, because its
  import is slow;
- a dry run works on a copy, so that it changes nothing (R27);
- a full disk is reported as such (StateUnwritable, exit 3).
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from state.access import access_problem, is_writable
from state.database import Database, Transaction
from state.disk import has_too_many_files, is_refused, raising_unwritable, too_many_files, unwritable
from state.errors import LockHeld, StateError
from state.schema import VERSION, migrate
from state.version import APPLICATION_ID, confirm_current, confirm_ours, has_wal, unusable_text, version_of

BUSY_SECONDS = 30
PAGE_BYTES = 8192
"""A link with both shadows takes some 1.4 kB: a page of 4096 bytes holds two of them, a page of 8192 holds five."""


STEPS = 20_000
"""Instructions of SQLite between two checks of the time limit of a snapshot."""


class StateFile:
    """An open state file. `db` is in autocommit mode and only read; `atomic` yields a transaction to write with."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self.db = db

    @classmethod
    def open(cls, path: Path) -> "StateFile":
        """Open the file; create it if it is missing, migrate it if it is old.

        Raises StateError, StateUnwritable, LockHeld.
        """
        _check_access(path)
        with _usable(path):
            _create_missing(path)
            return cls(path, _prepared(_connect(path), path, _upgrade_alone))

    @classmethod
    def open_copy(cls, path: Path) -> "StateFile":
        """Open a private copy that is deleted when it is closed; an empty one where there is no file.

        Raises StateError, StateUnwritable.
        """
        with _usable(path):
            copy = _connect("")
            if path.exists():
                with _source(path) as source:
                    confirm_ours(source, path)
                    source.backup(copy)
            return cls(path, _prepared(copy, path, _migrate))

    @classmethod
    def open_read_only(cls, path: Path, seconds: float) -> "StateFile":
        """Open the file only to read it, waiting at most so many seconds for other processes; nothing is changed.

        Raises StateError, also where there is no file, or one of an older version.
        """
        try:
            db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=seconds, isolation_level=None)
            db.row_factory = sqlite3.Row
            return cls(path, _prepared_read_only(db, path))
        except sqlite3.DatabaseError as error:
            raise StateError(unusable_text(path, error)) from error

    @contextmanager
    def snapshot(self, seconds: float) -> Iterator[Database]:
        """Yield the database as it is at this moment; a query is interrupted after so many seconds."""
        deadline = time.monotonic() + seconds
        self.db.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
        self.db.execute("BEGIN")
        yield self.db

    def wait_at_most(self, seconds: float) -> None:
        """Wait at most this long for another process that writes."""
        self.db.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def overwrite_deleted(self) -> None:
        """Overwrite the bytes of everything that is deleted from now on."""
        self.db.execute("PRAGMA secure_delete = ON")

    def back_up(self, path: Path) -> None:
        """Write a consistent copy, also during a run. An incomplete copy is deleted.

        Raises StateError where that path exists already, StateUnwritable.
        """
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise StateError(f"{path}: this file exists already; give another path") from None
        except OSError as error:
            raise StateError(f"{path}: can't be written ({error})") from error
        try:
            with raising_unwritable(path), closing(_connect(path)) as copy:
                self.db.backup(copy)
        except BaseException as error:
            path.unlink()  # an incomplete copy could be restored by mistake
            if isinstance(error, sqlite3.DatabaseError):
                raise StateError(f"{path}: can't be written ({error})") from error
            raise

    def vacuum(self) -> None:
        """Rewrite the file, so that no deleted byte is left in it or in its log.

        Raises StateError where the disk has no room for that, or other processes read the file for too long.
        """
        try:
            self.db.execute("VACUUM")
            busy = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError as error:
            reason = f"{self.path}: deleted data may still be in the file ({error}); run the command again"
            raise StateError(reason) from error
        if busy:
            raise StateError(
                f"{self.path}: another process reads the file, so deleted data may still be in it; "
                "wait for it to end, and run the command again"
            )

    @contextmanager
    def atomic(self) -> Iterator[Transaction]:
        """Yield a transaction: one durable commit at the end of the block, or no change at all."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield Transaction(self.db)
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:  # some errors, such as a full disk, have rolled it back already
                self.db.execute("ROLLBACK")
            raise

    @contextmanager
    def atomic_or_joined(self) -> Iterator[Transaction]:
        """Yield the open transaction, which another block commits, or a new one where none is open."""
        if self.db.in_transaction:
            yield Transaction(self.db)
            return
        with self.atomic() as transaction:
            yield transaction

    @contextmanager
    def savepoint(self, transaction: Transaction) -> Iterator[None]:
        """Make the block a part of a transaction that an error undoes alone; the error is raised again."""
        transaction.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if transaction.in_transaction:
                transaction.execute("ROLLBACK TO part")
                transaction.execute("RELEASE part")
            raise
        transaction.execute("RELEASE part")

    def close(self) -> None:
        """Close the file."""
        self.db.close()


def _connect(path: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    return db


def _create_missing(path: Path) -> None:
    """Create a missing file. An existing one is left to SQLite: to close it here would release SQLite's locks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _set_private_mode(path: Path) -> None:
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        if name.exists() and name.stat().st_mode & 0o077:
            name.chmod(0o600)


def _prepared(
    db: sqlite3.Connection, path: Path, upgrade: Callable[[sqlite3.Connection, Path], None]
) -> sqlite3.Connection:
    try:
        confirm_ours(db, path)
        if is_writable(path):
            _set_private_mode(path)  # only a file of growthsync: another program may need its mode
        upgrade(db, path)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        db.close()
        raise
    return db


def _prepared_read_only(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    try:
        confirm_ours(db, path)
        confirm_current(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _upgrade_alone(db: sqlite3.Connection, path: Path) -> None:
    """Create or migrate the tables, one process at a time: SQLite would refuse a second one instead of waiting."""
    if version_of(db) == VERSION and has_wal(db):
        return
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f"{path.name}.lock"), mode=0o600)
    try:
        with lock.acquire(timeout=BUSY_SECONDS):
            confirm_ours(db, path)  # the process before this one may have been a newer version
            db.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # has an effect on a new file only
            db.execute("PRAGMA journal_mode = WAL")
            _migrate(db, path)
            Path(lock.lock_file).unlink(missing_ok=True)  # a process that waits for it finds everything done
    except Timeout:
        raise LockHeld(f"{path}: another process creates or upgrades it; wait for it to end, and run again") from None


def _migrate(db: sqlite3.Connection, _path: Path) -> None:
    if version_of(db) == VERSION:
        return
    from sqlite_utils import Database

    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(Database(db))


@contextmanager
def _source(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file to copy it. Where it can't be written, SQLite can't read its log either: then copy both first."""
    if is_writable(path):
        with closing(_connect(path)) as source:
            yield source
        return
    with TemporaryDirectory(prefix="growthsync-") as folder:
        for end in ("", "-wal"):
            beside = path.with_name(path.name + end)
            if beside.exists():
                shutil.copyfile(beside, Path(folder, f"state{end}"))
        with closing(_connect(Path(folder, "state"))) as source:
            yield source


def _check_access(path: Path) -> None:
    """Raise StateError, with the owner or the path, where the file may not be used."""
    try:
        problem = access_problem(path)
    except OSError as error:
        problem = f"can't be looked at ({error.strerror})"
    if problem is not None:
        raise StateError(f"{path}: {problem}; its content is undamaged")


@contextmanager
def _usable(path: Path) -> Iterator[None]:
    """Raise StateError or StateUnwritable for each error that prevents opening the file."""
    try:
        yield
    except (OSError, sqlite3.DatabaseError) as error:
        if is_refused(error):
            raise unwritable(path, error) from error
        if has_too_many_files():
            raise too_many_files(path) from error
        _check_access(path)
        raise StateError(unusable_text(path, error)) from error
