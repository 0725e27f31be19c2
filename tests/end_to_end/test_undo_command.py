"""`sync undo` as users type it: what it prints, how it asks, and how it ends."""

import sqlite3
import sys
from contextlib import closing
from typing import Any

import pytest

from tests.end_to_end.world import World
from tests.sync.commands.test_run_command import Seat


def carried(world: World) -> tuple[str, str]:
    """Let a run carry an edit to the right and make a contact there; return its name and the right id of the first."""
    left = world.gg.add(first_name="Ann", email="ann@example.com", city="Oslo", title="CEO")
    world.run()
    world.gg.edit(left, city="Rome", title="CTO")
    world.gg.add(first_name="Bob", email="bob@example.com")
    return world.run().run, world.links()[left]


def test_users_read_what_was_put_back_what_was_not_and_which_contacts_stay(live_world: World) -> None:
    world = live_world
    run, right = carried(world)
    world.gh.edit(right, city="Bonn")
    plan = world.sync("undo", run, "--dry-run")
    assert plan.code == 1
    assert plan.out.splitlines()[:2] == ["gh: update ann@example.com", '  title: "CTO" -> "CEO"']
    done = world.sync("undo", run)
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[0].startswith("sales: partial in ")
    assert lines[-3:] == [
        "  left alone at gh: ann@example.com: city was changed since",
        f"  1 record that run {run} created at gh stays",
        f"  delete what it created, too: sync undo {run} --created",
    ]
    assert world.gh.custom(right, "contact.job_title") == "CEO"


def test_the_document_is_that_of_a_run_with_what_an_undo_adds(live_world: World) -> None:
    world = live_world
    run, right = carried(world)
    world.gh.edit(right, city="Bonn")
    found = world.sync("undo", run, "--json")
    assert found.code == 1
    report = found.run
    assert report["undoes"] == run
    assert (report["connection"], report["status"]) == ("sales", "partial")
    assert report["streams"]["contacts"]["gh"] == {"read": 1, "created": 0, "updated": 1, "deleted": 0}
    assert report["left_alone"] == [
        {"who": "ann@example.com", "account": "gh", "id": right, "field": "city", "reason": "was changed since"}
    ]
    assert report["kept"] == {"gh": 1}
    assert "messages" not in report["streams"]


def test_an_unknown_run_is_refused_with_the_last_ones_and_without_a_call(live_world: World) -> None:
    world = live_world
    run, _ = carried(world)
    with world.calls() as calls:
        found = world.sync("undo", "r1")
    assert (found.code, found.out, calls.counts) == (2, "", (0, 0))
    lines = found.err.splitlines()
    assert lines[0] == "there is no run r1 in the state file; the latest runs are"
    assert lines[1].split()[:2] == [run, "sales"]
    assert len(lines) == 3
    document = world.sync("undo", "r1", "--json").document
    assert document["runs"] == []
    assert document["error"].startswith("there is no run r1")


def test_a_run_of_a_connection_that_is_gone_from_the_config_is_refused(live_world: World) -> None:
    world = live_world
    run, _ = carried(world)
    world.write_config()
    text = world.config_path.read_text().replace("connections.sales", "connections.other")
    world.config_path.write_text(text)
    with world.start("undo", run, write_config=False) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"run {run} was a run of the connection sales, which" in err


def test_status_counts_what_is_held_and_verify_lists_it(live_world: World) -> None:
    world = live_world
    run, _ = carried(world)
    assert world.sync("undo", run).code == 0
    (connection,) = world.sync("status", "--json").document["connections"]
    assert connection["held"] == 2
    verified = world.sync("verify", "--json")
    assert verified.code == 0
    held = verified.document["connections"][0]["held"]
    assert [{**one, "since": None} for one in held] == [entry("city", "Rome", "Oslo"), entry("title", "CTO", "CEO")]
    assert all(one["since"].endswith("Z") for one in held)
    with closing(sqlite3.connect(world.state_path)) as db, db:
        db.execute("UPDATE held SET since_ms = since_ms - 5 WHERE field = 'title'")
    again = world.sync("verify", "--json").document["connections"][0]["held"]
    assert [one["field"] for one in again] == ["city", "title"]  # whichever came first


def entry(field: str, left: str, right: str) -> dict[str, Any]:
    return {"who": "ann@example.com", "field": field, "left": left, "right": right, "since": None}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_on_a_terminal_it_asks_each_time_and_writes_only_after_a_yes(live_world: World) -> None:
    world = live_world
    run, right = carried(world)
    world.write_config()
    seat = Seat(world.folder, ("undo", run))
    world.clock.skip(2)
    code, shown = seat.run("n")
    assert code == 130
    assert f"Undoing run {run} of sales would do this:" in shown
    assert world.gh.person(right)["city"] == "Rome"
    code, shown = seat.run("y")
    assert code == 0
    assert world.gh.person(right)["city"] == "Oslo"
    code, shown = seat.run("", "--yes")
    assert (code, "Write this?" in shown) == (0, False)
