"""A world to sync: both sandboxes over real HTTP, a config file, a state file, and time that need not be waited for.

`run` does one run in this process under the world's clock. `sync` is the command line in this process, `process` and
`start` in a separate one. The command line uses the machine's clock, so its world is a `live` one: the time of its
servers runs like the machine's, plus the skipped time. With SWAPPED=1 in the environment, GrowthHub is at the left; a
test sees no difference (tests.end_to_end.mirror).
"""

import json
import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Self

from connectors.growthgenius.sandbox.server import GrowthGeniusSandbox
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.sandbox.base import Call, SandboxResponse
from sync.config.model import load
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.output.progress import SilentProgress
from sync.output.report import RunReport
from tests.end_to_end import mirror
from tests.end_to_end.command_line import invoke
from tests.end_to_end.forked_command import ForkedCommand
from tests.end_to_end.transactions import no_call_inside_a_transaction

ROOT = Path(__file__).parents[2]
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LINKED = "SELECT left_id, right_id FROM link WHERE stream = 'contacts'"
READS = ("/contacts/search",)


class Timeline:
    """A clock that stands still but for `sleep` and `skip`; a live one goes on as the machine's does, from the same
    time unless a test sets another.
    """

    def __init__(self, start: datetime | None = None, *, live: bool = False) -> None:
        self._start = start or (datetime.now(UTC) if live else START)
        self._began = time.monotonic()
        self._live = live
        self._skipped = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return seconds since the start."""
        return self._skipped + (time.monotonic() - self._began if self._live else 0.0)

    def sleep(self, seconds: float) -> None:
        """Let so much time pass at once."""
        with self._lock:
            self._skipped += max(0.0, seconds)

    skip = sleep


class Hub(GrowthHubSandbox):
    """A GrowthHub at which something may happen just before a call is carried out."""

    before_answer: Callable[[Call], None] | None = None

    def handle(self, call: Call) -> SandboxResponse:
        """Let it happen, and carry out the call."""
        if self.before_answer is not None:
            self.before_answer(call)
        return super().handle(call)


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Return the one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def run(self) -> Any:
        """Return the report of the only run."""
        (report,) = self.document["runs"]
        return report


@dataclass(slots=True)
class World:
    """Two accounts `gg` and `gh`, and the connection `sales` between them.

    `tables` is appended to the config file; `environment` is what its processes have besides.
    """

    folder: Path
    clock: Timeline
    gg: GrowthGeniusSandbox
    gh: Hub
    options: dict[str, str] = field(default_factory=lambda: {"settle": '"0s"', "lookback": '"0s"'})
    contacts: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, dict[str, str]] = field(default_factory=lambda: {"gg": {}, "gh": {}})
    tables: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, folder: Path, *, live: bool = False) -> Self:
        """Return a world without contacts, not started yet."""
        clock = Timeline(live=live)
        return cls(folder, clock, GrowthGeniusSandbox(now=clock.now), Hub(now=clock.now))

    @property
    def config_path(self) -> Path:
        """Where the config file is."""
        return self.folder / "config.toml"

    @property
    def state_path(self) -> Path:
        """Where the state file is."""
        return self.folder / "sync.db"

    def write_config(self) -> None:
        """Write the config file as the world has it now."""
        accounts = {
            "gg": {
                "connector": '"growthgenius"',
                "api_key": f'"{self.gg.api_key}"',
                **({} if "user_ids" in self.accounts["gg"] else {"user_id": "78"}),
                "base_url": f'"{self.gg.base_url}"',
            },
            "gh": {
                "connector": '"growthhub"',
                **({} if "client_id" in self.accounts["gh"] else {"token": f'"{self.gh.token}"'}),
                "location_id": f'"{self.gh.location_id}"',
                "base_url": f'"{self.gh.url}"',
            },
        }
        parts = [_table(f"accounts.{name}", {**own, **self.accounts[name]}) for name, own in accounts.items()]
        connection = _table("connections.sales", {"left": '"gg"', "right": '"gh"', "first_run": '"go"', **self.options})
        contacts = _table("connections.sales.contacts", self.contacts)
        parts += [mirror.text(connection), mirror.text(contacts)]
        if "[status_page]" not in self.tables:  # its address is the same for all that run at once
            parts.append(_table("status_page", {"listen": '"off"'}))
        self.config_path.write_text("\n".join([*parts, mirror.text(self.tables)]), encoding="utf-8")
        self.config_path.chmod(0o600)

    def run(self, skip: float = 2.0, **options: Any) -> RunReport:
        """Let `skip` seconds pass, so that what was done lies before the horizon, and run in this process."""
        self.clock.skip(skip)
        self.write_config()
        chosen = RunOptions(**options)
        with no_call_inside_a_transaction():
            (report,) = run_connections(load(self.config_path), chosen, SilentProgress(), None, self.clock)
        if report.comparison is not None:
            report.comparison.held = mirror.value(report.comparison.held)
            report.comparison.differ = mirror.value(report.comparison.differ)
        return report

    def sync(self, *arguments: str, skip: float = 2.0) -> Finished:
        """Let `skip` seconds pass, and carry out a command in this process."""
        if threading.current_thread() is not threading.main_thread():  # a command takes over signals and streams
            return self.process(*arguments, skip=skip)
        self.clock.skip(skip)
        self.write_config()
        code, *outputs = invoke([mirror.text(one) for one in arguments], self.folder, self._variables())
        return Finished(code, *map(mirror.shown, outputs))

    def process(self, *arguments: str, skip: float = 2.0) -> Finished:
        """Let `skip` seconds pass, and carry out a command in its own process."""
        with self.start(*arguments, skip=skip) as process:
            out, err = process.communicate(timeout=60)
        return Finished(process.returncode, mirror.shown(out), mirror.shown(err))

    def start(
        self,
        *arguments: str,
        skip: float = 2.0,
        write_config: bool = True,
        stdout: int | IO[str] = subprocess.PIPE,
        stdin: int = subprocess.DEVNULL,
    ) -> ForkedCommand:
        """Start a command in a process of its own, and leave it running."""
        self.clock.skip(skip)
        if write_config:
            self.write_config()
        return ForkedCommand(arguments, self.folder, self._variables(), stdin=stdin, stdout=stdout)

    def _variables(self) -> dict[str, str]:
        known = {"PYTHONPATH": str(ROOT), "SYNC_CONFIG": str(self.config_path), "PATH": os.environ["PATH"]}
        return known | self.environment

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Ask the state file."""
        with closing(sqlite3.connect(self.state_path)) as db:
            db.row_factory = sqlite3.Row
            return [
                mirror.row(dict(row)) for row in db.execute(mirror.text(query), [mirror.value(one) for one in values])
            ]

    def tables_of_state(self, *without: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return everything that the state file remembers, table by table."""
        names = [row["name"] for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {
            name: [tuple(row.values()) for row in self.rows(f"SELECT * FROM {name} ORDER BY 1, 2")]
            for name in names
            if name not in without
        }

    @contextmanager
    def calls(self) -> Iterator["Calls"]:
        """Record what is called within the block."""
        marks = len(self.gg.calls), len(self.gh.calls)
        record = Calls()
        yield record
        record.gg = self.gg.calls[marks[0] :]
        record.gh = self.gh.calls[marks[1] :]

    def links(self) -> dict[str, str]:
        """Return the id at the right of each linked id at the left."""
        return {row["left_id"]: row["right_id"] for row in self.rows(LINKED)}

    def at_right(self, left_id: str) -> Mapping[str, Any]:
        """Return the contact at the right that is linked to one at the left."""
        return self.gh.person(self.links()[left_id])

    def at_left(self, right_id: str) -> Mapping[str, Any]:
        """Return the contact at the left that is linked to one at the right."""
        return self.gg.person({right: left for left, right in self.links().items()}[right_id])


@dataclass(slots=True)
class Calls:
    """What both servers were called for."""

    gg: list[Call] = field(default_factory=list)
    gh: list[Call] = field(default_factory=list)

    @property
    def counts(self) -> tuple[int, int]:
        """Return how many calls there were at each side."""
        return len(self.gg), len(self.gh)

    @property
    def writes(self) -> list[str]:
        """Return method and path of everything that was to change something."""
        both = (*self.gg, *self.gh)
        return [f"{call.method} {call.path}" for call in both if is_write(call)]

    def to(self, method: str, ending: str = "") -> list[Call]:
        """Return the calls of a method with a path that ends so."""
        return [call for call in (*self.gg, *self.gh) if call.method == method and call.path.endswith(ending)]


def is_write(call: Call) -> bool:
    """Return whether a call changes something at its server."""
    return call.method != "GET" and not call.path.endswith(READS)


def _table(name: str, keys: Mapping[str, str]) -> str:
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items())
    return f"[{name}]\n{lines}\n"
