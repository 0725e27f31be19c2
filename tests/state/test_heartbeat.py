import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from state.errors import LockHeld
from state.heartbeat import is_daemon_running, last_heartbeat, touch_heartbeat
from state.lock import hold_connection, hold_daemon
from tests.state.files import opened

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from pathlib import Path
from state.file import StateFile
from state.lock import hold_daemon
with hold_daemon(StateFile.open(Path(sys.argv[1])), 0):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def daemon(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start another process that holds the daemon's lock until it is killed."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own code)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_other_processes_see_a_daemon_while_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path):
        assert not is_daemon_running(path)
        with daemon(path):
            assert is_daemon_running(path)
            assert is_daemon_running(path)  # looking does not take it away
        assert not is_daemon_running(path)
        assert last_heartbeat(path) is None


def test_the_error_of_a_second_daemon_names_the_first(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path) as state, daemon(path) as process, pytest.raises(LockHeld) as held, hold_daemon(state, 0):
        pass
    assert f"kill {process.pid}" in str(held.value)


def test_no_connection_can_have_the_lock_of_the_daemon(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with (
        opened(path) as state,
        hold_daemon(state, 0),
        hold_connection(state, "daemon", 0),
        hold_connection(state, "sales", 0),
    ):
        holders = {row["connection"] for row in state.db.execute("SELECT connection FROM holder").fetchall()}
    assert holders == {".daemon", "daemon", "sales"}


def test_a_daemon_that_is_well_sets_the_time_of_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path) as state, hold_daemon(state, 0) as lock:
        os.utime(lock, (0, 0))
        assert last_heartbeat(path) == datetime(1970, 1, 1, tzinfo=UTC)
        touch_heartbeat(lock)
        seen = last_heartbeat(path)
        assert seen is not None
        assert abs(datetime.now(UTC) - seen) < timedelta(minutes=5)
