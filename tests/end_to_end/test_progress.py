"""How far a long run is can be seen while it runs, by whoever looks; an interrupted run says what it has done."""

import signal
import sqlite3
from typing import Any

import pytest

from connectors.sandbox.server import Call
from sync.config.model import load
from sync.errors import Interrupted
from sync.operations.status import read_status
from sync.output.progress import SilentProgress
from sync.text_output.state import status_lines
from tests.end_to_end.world import World


def status_of(world: World) -> Any:
    """Return what `status` says of the connection."""
    return read_status(load(world.config_path))["connections"][0]


def test_status_shows_the_step_of_a_run_that_another_process_started(world: World) -> None:
    for number in range(60):
        world.gg.add(first_name="Ann", email=f"person{number}@example.com")
    seen: list[dict[str, Any]] = []
    said: list[str] = []

    def look(call: Call) -> None:
        if call.method == "POST" and call.path.endswith("/contacts/"):
            world.clock.skip(3)
            seen.append(status_of(world).get("progress", {}))
            if len(seen) == 40:
                said.extend(status_lines({"connections": [status_of(world)]}))

    world.gh.before_answer = look
    assert world.run().exit_code == 0
    world.gh.before_answer = None
    writing = [one for one in seen if one.get("step") == "writing"]
    assert writing
    assert {one["total"] for one in writing} == {60}
    assert writing[-1]["done"] > writing[0]["done"]
    assert writing[-1]["per_second"]
    assert writing[-1]["seconds_left"] is not None
    assert any("running since" in line and "of 60" in line for line in said)
    assert "progress" not in status_of(world)  # it has ended
    assert world.rows("SELECT * FROM activity") == []


def test_a_short_run_stores_no_progress(world: World) -> None:
    world.gg.add(first_name="Ann", email="ann@example.com")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync.engine.run_progress.note_activity", lambda *_: pytest.fail("it was stored"))
        assert world.run().exit_code == 0


def test_what_a_killed_run_left_behind_is_no_progress(world: World) -> None:
    world.run()
    with sqlite3.connect(world.state_path) as db:
        db.execute("INSERT INTO activity VALUES ('sales', 'r', 'writing', 1, 2, 0, 0, 0)")
    assert "progress" not in status_of(world)


def test_an_interrupted_run_says_what_is_done_and_that_the_rest_comes_with_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        world.gg.add(first_name="Ann", email=f"person{number}@example.com")
    notes: list[str] = []
    monkeypatch.setattr(SilentProgress, "note", lambda _self, text: notes.append(text))

    def interrupt(progress: SilentProgress, count: int = 1) -> None:
        if any("person" in str(person) for person in world.gh.people()):
            raise Interrupted(signal.SIGINT)

    monkeypatch.setattr(SilentProgress, "advance", interrupt)
    with pytest.raises(Interrupted):
        world.run()
    (note,) = [text for text in notes if "interrupted" in text]
    assert "writing" in note
    assert "of 30 done" in note
    monkeypatch.undo()
    assert world.run().exit_code == 0
    assert len(world.gh.people()) == 30


def test_status_watch_shows_it_again_until_ctrl_c(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run()
    rounds: list[float] = []

    def sleep(seconds: float) -> None:
        rounds.append(seconds)
        if len(rounds) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("sync.commands.status.time.sleep", sleep)
    shown = world.sync("status", "--watch")
    assert shown.code == 130
    assert shown.out.count("CONNECTION") == 3
    assert world.sync("status", "--watch", "--json").code == 2
