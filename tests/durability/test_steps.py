"""R20: intent, call, result are three durable steps, and every change of the state is part of a transaction."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

import state.file
from connectors.sandbox.base import Call, Fault
from sync.output.report import RunReport
from tests.durability.world import SCENARIOS, KillWorld
from tests.end_to_end.world import is_write

CHANGES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


@dataclass(slots=True)
class Watch:
    """Watches every statement on the state file, and the disk when a server gets a write."""

    world: KillWorld
    open: bool = False
    loose: list[str] = field(default_factory=list)
    unannounced: list[str] = field(default_factory=list)
    writes: int = 0

    def statement(self, text: str) -> None:
        """Follow a statement; the temporary database of a run, and the counts of calls, need no transaction."""
        first = text.split(None, 1)[0].upper()
        if first in {"BEGIN", "COMMIT", "ROLLBACK"}:
            self.open = first == "BEGIN"
        elif first in CHANGES and "stage." not in text and not self.open:
            self.loose.append(text)

    def call(self, side: str, call: Call) -> None:
        """Check that a write to a contact was noted before it is sent; a deletion may be sent twice."""
        if not is_write(call) or "/contacts" not in call.path or call.method == "DELETE":
            return
        self.writes += 1
        intents = self.world.rows("SELECT side, source_id, source FROM intent")
        if self.open or not any(self._announces(intent, side, call) for intent in intents):
            self.unannounced.append(f"{call.method} {call.path}")

    def _announces(self, intent: dict[str, str], side: str, call: Call) -> bool:
        place = call.path.partition("/contacts/")[2].partition("/")[0]
        if not place:
            return intent["side"] == side and "record" not in json.loads(intent["source"])
        updated = (intent["side"], json.loads(intent["source"]).get("record")) == (side, place)
        marked = intent["side"] != side and intent["source_id"] == place
        return updated or marked


@pytest.fixture
def world(tmp_path: Path) -> Iterator[KillWorld]:
    stage = KillWorld.create(tmp_path, live=False)
    with stage.gg, stage.gh:
        yield stage


@pytest.fixture
def watch(world: KillWorld, monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch, connect = Watch(world), state.file._connect

    def traced(path: Path | str) -> sqlite3.Connection:
        db = connect(path)
        db.set_trace_callback(watch.statement)
        return db

    monkeypatch.setattr(state.file, "_connect", traced)
    return watch


def live(world: KillWorld, watch: Watch) -> list[RunReport]:
    """Run all scenarios, with lost answers and refusals."""
    faults = [
        Fault("reset_after", method="POST", path=r"/contacts/?$", skip=1, times=1),
        Fault("status", method="PUT", status=422, body={"message": ["no"]}, skip=1, times=1),
        Fault("reset_after", method="PUT", skip=2, times=None),
    ]
    reports = []
    for prepare, command in SCENARIOS.values():
        prepare(world)
        world.gh.faults = [replace(fault) for fault in faults]
        world.gg.faults = [Fault("reset_after", method="POST", path=r"/contacts$", skip=1, times=1)]
        for _ in range(3):
            watched = world.run(skip=90.0, whole=command[0] == "reconcile", unguarded=True)
            reports.append(watched)
            world.gh.faults = world.gg.faults = []
    return reports


def test_every_change_of_the_state_is_part_of_a_transaction(world: KillWorld, watch: Watch) -> None:
    reports = live(world, watch)
    assert sum(report.exit_code != 0 for report in reports) >= 1  # what went wrong on the way is listed
    assert watch.loose == []


def test_every_write_is_noted_on_the_disk_before_it_is_sent(world: KillWorld, watch: Watch) -> None:
    world.gg.before_answer = lambda call: watch.call("left", call)
    world.gh.before_answer = lambda call: watch.call("right", call)
    live(world, watch)
    assert watch.writes > 30
    assert watch.unannounced == []
