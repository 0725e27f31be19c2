"""Two systems and a growthsync between them: servers, config and state file of one benchmark."""

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from benchmarks.own_fields import config as own_fields_table
from benchmarks.process_cost import ROOT, Cost, python

WIDE = (10_000, 10.0)
"""A limit that no run reaches, so that only CPU counts; calls are counted all the same."""

CONFIG = """
[state]
history = "365d"
[accounts.growthgenius]
connector = "growthgenius"
api_key = "{key}"
user_id = 78
base_url = "{growthgenius}"
[accounts.growthhub]
connector = "growthhub"
token = "{token}"
location_id = "{location}"
base_url = "{growthhub}"
[connections.sales]
left = "growthgenius"
right = "growthhub"
settle = "0s"
"""
MESSAGES = """
lookback = "0s"
[connections.sales.messages]
lookback = "0s"
"""


class World:
    """People at GrowthGenius and, with `on_both`, the same ones at GrowthHub, under a limit of (calls, seconds).

    With `own_fields` they have values in many more places (benchmarks.own_fields), which are mapped if `mapped`.
    So many `messages` were written at either side, a month ago; they stay there until they are let travel.
    """

    def __init__(
        self,
        people: int,
        *,
        on_both: bool,
        limit: tuple[int, float] = WIDE,
        messages: int = 0,
        own_fields: bool = False,
        mapped: bool = False,
    ) -> None:
        self.people = people
        self.folder = Path(tempfile.mkdtemp(prefix="growthsync-benchmark-"))
        options = json.dumps(
            {"people": people, "on_both": on_both, "limit": limit, "messages": messages, "own_fields": own_fields}
        )
        self._server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.world", options],
            cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.places: dict[str, str] = self._answer()
        self.config = self.folder / "config.toml"
        self.config.write_text(CONFIG.format(**self.places) + (own_fields_table() if mapped else ""))
        self.config.chmod(0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate()
        shutil.rmtree(self.folder)

    @property
    def state(self) -> Path:
        """Where growthsync keeps its state."""
        return self.folder / "sync.db"

    def counts(self) -> dict[str, int]:
        """Return how many calls the servers have had, and how many of them were over the limit."""
        if self._server.stdin is None:
            raise AssertionError("the server has no input")
        self._server.stdin.write("counts\n")
        self._server.stdin.flush()
        counts: dict[str, int] = self._answer()
        return counts

    def sync(self, *arguments: str) -> Cost:
        """Run a command of growthsync."""
        return python("-m", "sync", *arguments, "--config", str(self.config))

    def run(self) -> Cost:
        """Run growthsync once, and make sure that both sides agree afterwards."""
        return self.sync("run", "--json")

    def let_messages_travel(self) -> None:
        """Put messages into the config, without looking back: servers here show at once what was changed."""
        self.config.write_text(CONFIG.format(**self.places) + MESSAGES)

    def floor(self, name: str, *arguments: str) -> Cost:
        """Run a floor against the same servers."""
        places = self.places
        where = (places["growthgenius"], places["key"], places["growthhub"], places["token"], places["location"])
        return python("-m", f"benchmarks.floors.{name}", *where, str(self.folder / f"{name}.db"), *arguments)

    def change(self, *statements: str) -> None:
        """Change the state file by hand."""
        with closing(sqlite3.connect(self.state)) as db, db:
            for statement in statements:
                db.execute(statement)

    def ask(self, question: str) -> Any:
        """Return the first value of the first row that a query of the state file gives."""
        with closing(sqlite3.connect(self.state)) as db:
            return db.execute(question).fetchone()[0]

    def _answer(self) -> Any:
        if self._server.stdout is None:
            raise AssertionError("the server has no output")
        line = self._server.stdout.readline()
        if not line:
            raise RuntimeError("the sandboxes did not start")
        return json.loads(line)
