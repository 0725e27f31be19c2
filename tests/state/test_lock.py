import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from state.errors import LockHeld
from state.file import StateFile
from state.lock import hold_connection
from tests.state.files import opened

ROOT = Path(__file__).parents[2]
NOON_MS = 1772366400000  # 2026-03-01T12:00:00Z

HOLDER = f"""
import sys
from pathlib import Path
from state.file import StateFile
from state.lock import hold_connection
with hold_connection(StateFile.open(Path(sys.argv[1])), "sales", {NOON_MS}):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start another process that holds the lock until its standard input ends."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own code)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def take(state: StateFile, connection: str = "sales", now_ms: int = NOON_MS) -> None:
    with hold_connection(state, connection, now_ms):
        pass


def test_the_error_names_the_holder_its_time_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path) as state, holder(path) as process:
        with pytest.raises(LockHeld) as held:
            take(state, now_ms=NOON_MS + 125_900)
        message = str(held.value)
        parts = ("sales", f"process {process.pid}", os.uname().nodename, "2026-03-01T12:00:00", "125 s ago")
        assert all(part in message for part in parts)
        assert f"kill {process.pid}" in message


def test_a_holder_that_was_killed_frees_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path) as state, holder(path) as process:
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        take(state)


def test_a_holder_that_ends_frees_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path) as state, holder(path) as process:
        process.communicate()
        assert process.returncode == 0
        take(state)


def test_one_process_cannot_hold_a_lock_twice(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path) as state:
        with hold_connection(state, "sales", NOON_MS), pytest.raises(LockHeld, match=f"process {os.getpid()}"):
            take(StateFile.open(path))
        take(state)


def test_an_error_frees_the_lock(tmp_path: Path) -> None:
    with opened(tmp_path / "sync.db") as state:
        with pytest.raises(ZeroDivisionError), hold_connection(state, "sales", NOON_MS):
            raise ZeroDivisionError
        take(state)


def test_each_connection_and_each_state_file_has_a_lock_of_its_own(tmp_path: Path) -> None:
    with (
        opened(tmp_path / "sync.db") as state,
        opened(tmp_path / "other.db") as other,
        hold_connection(state, "sales", NOON_MS),
    ):
        take(state, "support")
        take(other, "sales")


def test_a_lock_without_a_stored_holder_is_held(tmp_path: Path) -> None:
    with opened(tmp_path / "sync.db") as state, hold_connection(state, "sales", NOON_MS):
        state.db.execute("DELETE FROM holder")
        with pytest.raises(LockHeld, match="another run has just begun"):
            take(state)


def test_a_clock_that_was_set_back_gives_no_negative_age(tmp_path: Path) -> None:
    with opened(tmp_path / "sync.db") as state, hold_connection(state, "sales", NOON_MS):
        earlier = NOON_MS - 5000
        with pytest.raises(LockHeld, match=r"\b0 s ago"):
            take(state, now_ms=earlier)
