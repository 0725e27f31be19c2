"""An upgrade moves no field to a place that the release before ignored (R18, P3)."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.end_to_end import mirror
from tests.end_to_end.world import World

ADA: dict[str, Any] = {"email": "ada@example.com", "title": "CEO", "company_name": "Acme"}
MOVED = 'title = { growthgenius = "company_name" }'


def configure(world: World, *lines: str) -> None:
    world.tables = "\n".join(["[connections.sales.contacts.fields]", *lines, ""])


@pytest.fixture
def upgraded(world: World) -> World:
    """A world that an earlier release synced, with a place that it ignored."""
    left = world.gg.add(**ADA)
    world.run()
    assert world.gh.custom(world.links()[left], "contact.job_title") == "CEO"
    with closing(sqlite3.connect(world.state_path)) as db, db:
        stored = json.loads(db.execute("SELECT fields FROM mapping").fetchone()[0])
        places = mirror.text('title {"growthgenius": "company_name"}')
        fields = [places if name == "title" else name for name in stored]
        db.execute("UPDATE mapping SET fields = ?", (json.dumps(fields),))
    configure(world, MOVED)
    assert world.run().exit_code == 0  # of the fingerprint that the earlier release had, which names the place
    return world


def test_a_place_that_was_ignored_stays_ignored_and_is_named(upgraded: World) -> None:
    world = upgraded
    (left,) = world.links()
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    world.clock.skip(60)
    world.gg.edit(left, title="CTO")
    world.run()
    assert world.gh.custom(world.links()[left], "contact.job_title") == "CTO"
    shown = world.gg.person(left)
    assert (shown["title"], shown["company_name"]) == ("CTO", "Acme")
    for command in (["check"], ["fields"], ["plan"], ["verify"]):
        assert "the place company_name is ignored, because an earlier release ignored it" in world.sync(*command).err
    (finding,) = [
        each for one in world.sync("check", "--json").document["accounts"] for each in one["findings"]
        if each["what"].startswith("field title")
    ]  # fmt: skip
    assert finding["problem"].startswith("the place company_name is ignored")


def test_it_is_used_as_a_first_meeting_once_it_was_taken_out_and_put_back(upgraded: World) -> None:
    world = upgraded
    (left,) = world.links()
    configure(world)
    assert world.run().exit_code == 0
    configure(world, 'title = { growthgenius = "company_name", conflicts = "manual" }')
    assert world.run().to_json()["streams"]["contacts"]["conflicts"] == 1
    assert world.gg.person(left)["company_name"] == "Acme"
    assert world.gh.custom(world.links()[left], "contact.job_title") == "CEO"


@pytest.mark.skipif(mirror.SWAPPED, reason="says the same the other way round")
def test_a_new_connection_uses_the_place(world: World) -> None:
    configure(world, MOVED)
    left = world.gg.add(**ADA)
    world.run()
    assert world.gh.custom(world.links()[left], "contact.job_title") == "Acme"


@pytest.mark.parametrize("line", ['country = { growthhub = "contact.land" }', 'title = { growthgenius = "title" }'])
def test_a_place_that_is_ignored_comes_and_goes_without_a_first_meeting(world: World, line: str) -> None:
    left = world.gg.add(email="bo@example.com")
    world.run()
    world.gh.edit(world.links()[left], country="US")  # as servers fill it in
    world.run()
    world.gg.edit(left, country=None)
    world.run()
    for lines in ([line], []):
        configure(world, *lines)
        with world.calls() as calls:
            assert world.run().exit_code == 0
        assert calls.writes == []
