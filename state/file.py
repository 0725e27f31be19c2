"""The state file: one SQLite database, opened so that nothing in it is lost or shown to others.

Rules kept here:
- WAL, synchronous FULL, foreign keys; every change inside `atomic`, which takes the write lock at once;
- mode 0600 before the first byte is written, so that `-wal` and `-shm`, which SQLite makes in the image of the file,
  have it too;
- a file of a newer version, of another program, or unreadable is refused (StateError, exit 2), never repaired in
  silence;
- sqlite-utils makes and migrates the tables, in one process at a time; it is imported only when there is something to
  make, since it is slow to import;
- a dry run works on a `copy`, so that it can't move anything (R27);
- a full disk is told as one (StateUnwritable, exit 3).
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
from state.disk import PRIMARY, is_refused, raising_unwritable, unwritable
from state.errors import LockHeld, StateError
from state.schema import VERSION, migrate

APPLICATION_ID = 0x67737963
BUSY_SECONDS = 30
PAGE_BYTES = 8192
"""A link with both shadows takes some 1.4 kB, of which pages of 4096 hold two and pages of 8192 hold five."""

BROKEN = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
"""What SQLite says of a file that is no database, or not any more."""

STEPS = 20_000
"""Instructions of SQLite between two looks at the clock, where a query may not take too long."""

SMALLEST = 512
"""Bytes of the smallest page, and so of the smallest database, that SQLite makes."""


class StateFile:
    """An open state file. `db` is in autocommit mode: changes belong inside `atomic`."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self.db = db

    @classmethod
    def open(cls, path: Path) -> "StateFile":
        """Open the file, made if it is missing and migrated if it is old.

        Raises StateError, StateUnwritable, LockHeld.
        """
        _check_access(path)
        with _usable(path):
            _make(path)
            return cls(path, _prepared(_connect(path), path, _renew_alone))

    @classmethod
    def open_copy(cls, path: Path) -> "StateFile":
        """Open a private copy that vanishes when it is closed; of a missing file, an empty one.

        Raises StateError, StateUnwritable.
        """
        with _usable(path):
            copy = _connect("")
            if path.exists():
                with _source(path) as source:
                    _check(source, path)
                    source.backup(copy)
            return cls(path, _prepared(copy, path, _migrate))

    @classmethod
    def open_read_only(cls, path: Path, seconds: float) -> "StateFile":
        """Open the file for reading alone, waiting so long for others at most; nothing is made, migrated or changed.

        Raises StateError, also where there is none or it is of an older version.
        """
        try:
            db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=seconds, isolation_level=None)
            db.row_factory = sqlite3.Row
            return cls(path, _prepared_to_look(db, path))
        except sqlite3.DatabaseError as error:
            raise StateError(_unusable(path, error)) from error

    @contextmanager
    def snapshot(self, seconds: float) -> Iterator[Database]:
        """Yield the database as it is at this moment; a query that runs past so many seconds is interrupted."""
        deadline = time.monotonic() + seconds
        self.db.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
        self.db.execute("BEGIN")
        yield self.db

    def wait_at_most(self, seconds: float) -> None:
        """Wait no longer than this for another process that writes."""
        self.db.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def overwrite_deleted(self) -> None:
        """Overwrite from now on what is deleted, so that its bytes do not stay in the file."""
        self.db.execute("PRAGMA secure_delete = ON")

    def back_up(self, path: Path) -> None:
        """Write a consistent copy, while runs go on, or none at all.

        Raises StateError when there is something at that path already, StateUnwritable.
        """
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise StateError(f"{path}: there is a file already; name another one") from None
        except OSError as error:
            raise StateError(f"{path}: can't be written ({error})") from error
        try:
            with raising_unwritable(path), closing(_connect(path)) as copy:
                self.db.backup(copy)
        except BaseException as error:
            path.unlink()  # half a copy is none
            if isinstance(error, sqlite3.DatabaseError):
                raise StateError(f"{path}: can't be written ({error})") from error
            raise

    def vacuum(self) -> None:
        """Rewrite the file, so that nothing that was deleted is left in it, nor in its log.

        Raises StateError where the disk has no room for that, or others read the file for longer than can be waited.
        """
        try:
            self.db.execute("VACUUM")
            busy = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError as error:
            reason = f"{self.path}: what was deleted may still be in the file ({error}); run it again"
            raise StateError(reason) from error
        if busy:
            raise StateError(
                f"{self.path}: another process reads the file, so what was deleted may still be in it; "
                "wait for that to end, and run it again"
            )

    @contextmanager
    def atomic(self) -> Iterator[Transaction]:
        """Yield a transaction: one durable commit at the end of the block, or no change at all."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield Transaction(self.db)
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:  # some errors, a full disk among them, have ended it already
                self.db.execute("ROLLBACK")
            raise

    @contextmanager
    def atomic_or_joined(self) -> Iterator[Transaction]:
        """Yield the transaction that is open already, which others commit, or else a new one."""
        if self.db.in_transaction:
            yield Transaction(self.db)
            return
        with self.atomic() as transaction:
            yield transaction

    @contextmanager
    def savepoint(self, transaction: Transaction) -> Iterator[None]:
        """Do a part of a transaction: an error takes back this part alone, and is raised on."""
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


def _make(path: Path) -> None:
    """Make a file that is missing. One that is there is left to SQLite: closing it here would drop SQLite's locks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _make_private(path: Path) -> None:
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        if name.exists() and name.stat().st_mode & 0o077:
            name.chmod(0o600)


def _prepared(
    db: sqlite3.Connection, path: Path, renew: Callable[[sqlite3.Connection, Path], None]
) -> sqlite3.Connection:
    try:
        _check(db, path)
        if is_writable(path):
            _make_private(path)  # not before it is known to be ours
        renew(db, path)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        db.close()
        raise
    return db


def _prepared_to_look(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    try:
        _check(db, path)
        _check_renewed(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _check_renewed(db: sqlite3.Connection, path: Path) -> None:
    if _version(db) != VERSION:
        raise StateError(f"{path}: not brought up to date yet; the next run does it")


def _renew_alone(db: sqlite3.Connection, path: Path) -> None:
    """Make what is missing, one process at a time: SQLite refuses a second one at once, instead of letting it wait."""
    if _version(db) == VERSION and _has_log(db):
        return
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f"{path.name}.lock"), mode=0o600)
    try:
        with lock.acquire(timeout=BUSY_SECONDS):
            _check(db, path)  # who was first may have been a newer version
            db.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # counts for a new file alone
            db.execute("PRAGMA journal_mode = WAL")
            _migrate(db, path)
            Path(lock.lock_file).unlink(missing_ok=True)  # who waits for it finds everything done
    except Timeout:
        raise LockHeld(f"{path}: another process makes or upgrades it; wait for that to end, and run again") from None


def _migrate(db: sqlite3.Connection, _path: Path) -> None:
    if _version(db) == VERSION:
        return
    from sqlite_utils import Database

    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(Database(db))


def _has_log(db: sqlite3.Connection) -> bool:
    return bool(db.execute("PRAGMA journal_mode").fetchone()[0] == "wal")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _check(db: sqlite3.Connection, path: Path) -> None:
    if path.exists() and 0 < path.stat().st_size < SMALLEST:
        raise StateError(_unusable(path, "file is not a database"))  # SQLite would write over it
    version = _version(db)
    application = int(db.execute("PRAGMA application_id").fetchone()[0])
    tables = int(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if tables and application != APPLICATION_ID:
        raise StateError(f"{path}: this database belongs to another program; set another `path` under [state]")
    if version > VERSION:
        raise StateError(
            f"{path}: written by a newer growthsync (schema {version}, this one knows {VERSION}); "
            "upgrade growthsync, or set another `path` under [state]"
        )


@contextmanager
def _source(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file to be copied. Where it can't be written, SQLite can't read its log either: then a copy of both."""
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
    """Tell who may not use the file, or what is in its place, before SQLite calls it unusable."""
    try:
        hindered = access_problem(path)
    except OSError as error:
        hindered = f"can't be looked at ({error.strerror})"
    if hindered is not None:
        raise StateError(f"{path}: {hindered}; nothing is wrong with what it holds")


@contextmanager
def _usable(path: Path) -> Iterator[None]:
    """Tell whatever keeps the file from being opened."""
    try:
        yield
    except (OSError, sqlite3.DatabaseError) as error:
        if is_refused(error):
            raise unwritable(path, error) from error
        _check_access(path)
        raise StateError(_unusable(path, error)) from error


def _unusable(path: Path, error: Exception | str) -> str:
    broken = isinstance(error, str) or getattr(error, "sqlite_errorcode", 0) & PRIMARY in BROKEN
    if not broken:
        return f"{path}: the state file can't be opened ({error}); nothing is wrong with what it holds"
    return (
        f"{path}: the state file can't be used ({error}); "
        "restore it from a backup, or set another `path` under [state] to begin anew"
    )
