"""Run commands of `sync` in separate processes, and kill them at a given step.

A step is a commit that changes the state file, or an HTTP call; SIGKILL ends the process right before it. Nothing
durable happens between two steps, so the steps together are all the states in which a kill can leave the file and the
servers. Counts of calls (the table `allowance`) and the temporary database of a run are no steps.

A disk can be full from a step on: then no file may grow beyond ROOM, neither log nor temporary database nor shared
memory.

Standard input has one JSON object per line: `arguments`, `folder`, `kill_at` and `full_at` (a number, null for never),
`shift` (the seconds from the machine's clock to that of the process). The answer is one line: `code` (negative for a
signal), `out`, `err`, and the passed `steps`.
Each command is a fork of this process, which has only imported the program.
"""

import gc
import importlib
import json
import os
import pkgutil
import re
import resource
import signal
import sqlite3
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from urllib3 import BaseHTTPResponse

import connectors
import state
import sync
from connectors.clock import SystemClock
from connectors.http.request import Request
from connectors.http.transport import Transport
from sync.cli import main

WRITE = re.compile(
    r"\s*(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|UPDATE|DELETE\s+FROM|CREATE\s\w+)\s+([\w.\"\[\]]+)", re.IGNORECASE
)
SETTING = re.compile(r"\s*PRAGMA\s+(journal_mode|application_id|user_version)\s*=", re.IGNORECASE)
END = re.compile(r"\s*(?:COMMIT|RELEASE|END)\b", re.IGNORECASE)


ROOM = 4096
"""The largest file on a full disk, in bytes: less than a page of the state, and more than a command prints."""


class Countdown:
    """Writes each step to a file, and kills the process, or fills the disk, right before a given one."""

    def __init__(self, log: int, kill_at: int | None, full_at: int | None) -> None:
        self._log = log
        self._kill_at = kill_at
        self._full_at = full_at
        self._passed = 0

    def step(self, what: str) -> None:
        """Pass a step."""
        if self._passed == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._passed == self._full_at:
            resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
        if self._full_at is None or self._passed < self._full_at:
            os.write(self._log, f"{what}\n".encode())
        self._passed += 1


class Watch:
    """Sees each statement of one connection right before it runs."""

    def __init__(self, db: sqlite3.Connection, countdown: Countdown) -> None:
        self._db = db
        self._countdown = countdown
        self._tables: list[str] = []

    def __call__(self, statement: str) -> None:
        setting = SETTING.match(statement)
        if setting:
            self._countdown.step(f"set {setting[1]}")
            return
        write = WRITE.match(statement)
        if write and not write[1].startswith("stage.") and write[1] != "allowance":
            if not self._db.in_transaction:
                self._countdown.step(f"write {write[1]}")
            elif write[1] not in self._tables:
                self._tables.append(write[1])
        elif END.match(statement) and self._tables:
            self._countdown.step(f"commit {' '.join(self._tables)}")
            self._tables.clear()
        elif statement.lstrip().upper().startswith(("ROLLBACK", "BEGIN")):
            self._tables.clear()


def watch(countdown: Countdown) -> None:
    """Count the steps of every database connection and every call of this process."""
    connect, send = sqlite3.connect, Transport.send

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*arguments, **options)
        if arguments[0]:
            db.set_trace_callback(Watch(db, countdown))
        return db

    def sent(transport: Transport, request: Request) -> BaseHTTPResponse:
        countdown.step(f"{request.method} {request.url.partition('?')[0].partition('127.0.0.1')[2][6:]}")
        return send(transport, request)

    sqlite3.connect = connected  # type: ignore[assignment]
    Transport.send = sent  # type: ignore[method-assign,assignment]


def import_all() -> None:
    """Import everything now: imports take most of the time of a short run."""
    for package in (connectors, state, sync):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()  # or each fork copies the memory of all modules when it collects garbage


def serve() -> None:
    """Run commands, one after the other, until the input ends."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run_one(**json.loads(line))) + "\n")
        sys.stdout.flush()


def run_one(
    arguments: list[str], shift: float, folder: str, kill_at: int | None, full_at: int | None
) -> dict[str, Any]:
    """Fork, let the child run one command, and return how it ended."""
    with tempfile.TemporaryDirectory() as place:
        notes = {name: Path(place, name) for name in ("out", "err", "steps")}
        files = {name: os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND) for name, path in notes.items()}
        child = os.fork()
        if child == 0:
            become(files, folder)
            shift_clock(shift)
            watch(Countdown(files["steps"], kill_at, full_at))
            os._exit(main(arguments))
        _, status = os.waitpid(child, 0)
        for file in files.values():
            os.close(file)
        said = {name: path.read_text() for name, path in notes.items()}
    return {"code": os.waitstatus_to_exitcode(status), **said, "steps": said["steps"].splitlines()}


def shift_clock(seconds: float) -> None:
    """Give this process the time of the world that it works in."""
    SystemClock.now = lambda _: datetime.now(UTC) + timedelta(seconds=seconds)  # type: ignore[method-assign,assignment]


def become(files: dict[str, int], folder: str) -> None:
    """Make this process what a shell would have started: its own streams and folder."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(files["out"], 1)
    os.dup2(files["err"], 2)
    os.chdir(folder)


if __name__ == "__main__":
    import_all()
    serve()
